"""Totals where Omnis have them, and what nobody has seen of them."""

import pyarrow as pa
import pytest
from queries.answers.total_cases import BEHIND_CASES, GRAND, LAST_CASES, TWO_CARRIERS
from queries.answers.wire_answers import assert_sent
from queries.query_cases import NOW, TOTAL, flights, sort

from omnipd_sandbox.engine.engine import Refused


@pytest.mark.parametrize("case", BEHIND_CASES, ids=lambda case: case.name)
def test_totals_stand_behind_their_groups(engine, case):
    plan = engine.plan(case.query, now=NOW)
    assert_sent(engine.execute(plan), case)
    assert list(plan.fields) == case.query["fields"]


@pytest.mark.parametrize("case", LAST_CASES, ids=lambda case: case.name)
def test_totals_stand_behind_all_rows(engine, case):
    assert_sent(engine.execute(engine.plan(case.query, now=NOW, totals="last")), case)


def test_the_helpers_of_totals_are_integers_of_32_bits(engine):
    query = flights(
        ["flights.origin", "flights.month", "flights.count"],
        sorts=[sort("flights.origin")],
        column_totals={"flights.origin": TOTAL, GRAND: TOTAL},
    )
    schema = engine.execute(engine.plan(query, now=NOW)).schema
    assert dict(zip(schema.names, schema.types, strict=True)) == {
        "flights.origin": pa.string(),
        "flights.month": pa.int64(),
        "flights.count": pa.int64(),
        "ssort_0": pa.int32(),
        "$omni_group_grouping": pa.int32(),
        "$omni_column_total_indicator": pa.string(),
        "$omni_total_sort": pa.int32(),
    }


def test_no_row_of_a_query_is_lost_to_its_totals(engine):
    """However small the limit, the rows are those that the query has without totals."""
    totals = {"flights.origin": TOTAL, "flights.carrier": TOTAL, GRAND: TOTAL}
    query = flights(
        ["flights.origin", "flights.carrier", "flights.month", "flights.count"],
        filters=TWO_CARRIERS,
        sorts=[sort("flights.origin"), sort("flights.carrier"), sort("flights.month")],
    )
    whole = engine.execute(engine.plan(query, now=NOW)).to_pylist()
    for limit in (1, 2, 11, 12, 13, 25, 71, 72, 1000):
        asked = {**query, "limit": limit, "column_totals": totals}
        rows = engine.execute(engine.plan(asked, now=NOW)).to_pylist()
        plain = [each for each in rows if each["$omni_column_total_indicator"] is None]
        assert [{name: each[name] for name in query["fields"]} for each in plain] == whole[:limit]
        marks = [each["$omni_column_total_indicator"] for each in rows]
        assert all(marks.count(mark) <= limit for mark in set(marks))


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ({"offset": 1}, '"offset" together with "column_totals" is not modeled by this sandbox'),
        (
            {"sorts": [sort("flights.count")]},
            "Subtotals of rows that a sort takes out of their groups are not modeled",
        ),
        (
            {"sorts": [sort("flights.carrier"), sort("flights.origin")]},
            "Subtotals of rows that a sort takes out of their groups are not modeled",
        ),
        (
            {"transposed_measures": ["flights.count"]},
            '"column_totals" together with "transposed_measures" is not modeled',
        ),
        ({"row_totals": {GRAND: TOTAL}}, '"row_totals" is not modeled by this sandbox'),
    ],
)
def test_what_nobody_has_seen_of_totals_is_refused_by_name(engine, rest, words):
    query = flights(
        ["flights.origin", "flights.carrier", "flights.count"],
        column_totals={"flights.origin": TOTAL},
    )
    with pytest.raises(Refused) as refused:
        engine.plan({**query, **rest}, now=NOW)
    assert words in refused.value.message
