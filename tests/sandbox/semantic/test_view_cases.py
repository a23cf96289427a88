"""Views of queries, and views of one topic, held against SQL written by hand."""

from collections import Counter

import pytest
from queries.query_answers import rows_of
from queries.query_cases import NOW, ORDERS
from sandbox.semantic.view_cases import BINDS, QUERY_VIEWS, TOPIC_VIEWS, VIEW_CASES, ViewCase

from omnipd_sandbox.engine.data.warehouse import warehouse
from omnipd_sandbox.engine.engine import Engine


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


@pytest.mark.parametrize("case", VIEW_CASES, ids=lambda case: case.name)
def test_a_query_has_the_answer_of_the_sql_written_by_hand(case: ViewCase, engine: Engine) -> None:
    model = engine.model_with(ORDERS, case.files)
    assert [each.message for each in model.issues] == []
    plan = engine.plan(case.query, now=NOW, user_attributes=case.attributes, model=model)
    assert plan.missing_fields == []
    answer, expected = engine.execute(plan), warehouse("orders").run(case.sql)
    # Totals have columns of their own that say where they stand.
    helpers = {"$omni_group_grouping", "$omni_total_sort"} & set(answer.column_names)
    answer = answer.drop_columns(sorted(helpers))
    assert answer.column_names == expected.column_names
    got, wanted = rows_of(answer), rows_of(expected)
    assert got
    assert (got == wanted) if case.query.get("sorts") else (Counter(got) == Counter(wanted))


def test_there_are_cases_of_each_kind_and_no_two_share_a_name() -> None:
    assert (len(QUERY_VIEWS) >= 14, len(TOPIC_VIEWS) >= 12, len(BINDS) >= 6) == (True, True, True)
    assert len({case.name for case in VIEW_CASES}) == len(VIEW_CASES)
