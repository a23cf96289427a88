import math
from collections import Counter
from decimal import Decimal

import pyarrow as pa
import pytest
from queries.query_answers import by_hand, without_helpers
from queries.query_cases import CASES, NOW, REFUSED, Case
from sandbox.semantic.scenario_cases import SCENARIOS

from omnipd_sandbox.engine.engine import Engine

ALL = [*CASES, *SCENARIOS]
# What the client sends as well is held to the same SQL in the tests of queries.
TOLD = [
    pytest.param(case, marks=[pytest.mark.thorough] * (case in CASES and case.name not in REFUSED))
    for case in ALL
]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


@pytest.mark.parametrize("case", TOLD, ids=lambda case: case.name)
def test_a_query_has_the_answer_of_the_sql_written_by_hand_each_time(
    case: Case, engine: Engine
) -> None:
    plan = engine.plan(case.query, now=NOW)
    assert plan.missing_fields == []
    answer = without_helpers(engine.execute(plan))
    again = without_helpers(engine.execute(engine.plan(case.query, now=NOW)))
    assert answer.equals(again), "the same query gives other rows, or another order"
    expected = by_hand(case)
    assert answer.column_names == expected.column_names
    got, wanted = rows(answer), rows(expected)
    if case.is_sorted:
        assert got == wanted
    else:
        assert Counter(got) == Counter(wanted)


def test_no_two_cases_share_a_name() -> None:
    names = Counter(case.name for case in ALL)
    assert [name for name, count in names.items() if count > 1] == []


def rows(table: pa.Table) -> list[tuple[object, ...]]:
    return [tuple(comparable(value) for value in row.values()) for row in table.to_pylist()]


def comparable(value: object) -> object:
    # 1 == 1.0 == Decimal(1) in Python, so the type is part of what is compared.
    if isinstance(value, float):
        return "float", None if math.isnan(value) else float(f"{value:.11e}")
    if isinstance(value, Decimal):
        return "decimal", value
    return type(value).__name__, value
