"""Periods that are compared, over the sandbox's engine, and what nobody has seen of them."""

import pytest
from queries.answers.period_cases import (
    DYNAMIC,
    PERIOD,
    PERIOD_CASES,
    SHIPPED,
    ago,
    compared,
)
from queries.answers.wire_answers import assert_sent
from queries.query_cases import NOW, date, orders, sort

from omnipd_sandbox.engine.data.warehouse import warehouse
from omnipd_sandbox.engine.engine import Refused

MAY = date("TIME_FOR_UNIT_DURATION", "2024-05")
ONE_MONTH = compared(SHIPPED, ago(1, "MONTH"))


@pytest.mark.parametrize("case", PERIOD_CASES, ids=lambda case: case.name)
def test_periods_have_the_answer_of_the_sql_written_by_hand(engine, case):
    plan = engine.plan(case.query, now=NOW)
    assert_sent(engine.execute(plan), case)
    assert list(plan.fields) == case.query["fields"]
    echoed = plan.query["period_over_period_computations"]
    assert echoed == case.query["period_over_period_computations"]


def test_the_field_of_periods_is_a_dimension_of_texts(engine):
    query = PERIOD_CASES[0].query
    described = engine.plan(query, now=NOW).fields[PERIOD]
    assert (described["data_type"], described["is_dimension"]) == ("STRING", True)
    assert (described["label"], described["fully_qualified_name"]) == ("Period", PERIOD)
    assert "view_name" not in described


def test_without_comparisons_there_is_no_such_field(engine):
    query = orders(["products.category", PERIOD, "order_items.count"], pivots=[PERIOD])
    plan = engine.plan(query, now=NOW)
    assert plan.missing_fields == [PERIOD]
    ignored = {**query, "period_over_period_computations": [{**ONE_MONTH[0], "is_ignored": True}]}
    assert engine.plan(ignored, now=NOW).missing_fields == [PERIOD]


def test_periods_are_months_of_the_zone_that_is_asked_for(engine):
    created = "order_items.created_at"
    query = orders(
        [PERIOD, "order_items.count"],
        pivots=[PERIOD],
        period_over_period_computations=compared(created, ago(1, "MONTH"), DYNAMIC),
        filters={created: date("TIME_FOR_UNIT_DURATION", "2024-11")},
    )
    here = "timezone('America/New_York', created_at)"
    for zone, month in (
        ("America/New_York", f"month({here})"),
        (None, "month(timezone('UTC', created_at))"),
    ):
        rows = engine.execute(engine.plan(query, now=NOW, zone=zone)).to_pylist()
        counted = warehouse("orders").run(
            f"SELECT {month} AS m, count(*) AS n FROM order_items"
            f" WHERE created_at BETWEEN '2024-09-15' AND '2024-12-15' GROUP BY m"
        )
        wanted = {row["m"]: row["n"] for row in counted.to_pylist()}
        assert {row[PERIOD]: row["order_items.count"] for row in rows} == {
            "Current Period": wanted[11],
            "Previous Month": wanted[10],
            "Previous Period": wanted[10],
        }


def test_the_compared_time_of_another_zone_is_refused_among_the_fields(engine):
    created = "order_items.created_at"
    query = orders(
        [f"{created}[date]", PERIOD, "order_items.count"],
        pivots=[PERIOD],
        period_over_period_computations=compared(created, ago(1, "MONTH")),
        filters={created: date("TIME_FOR_UNIT_DURATION", "2024-11")},
    )
    assert len(engine.execute(engine.plan(query, now=NOW))) > 0
    with pytest.raises(Refused, match='in "fields" beside a timezone is not modeled'):
        engine.plan(query, now=NOW, zone="Asia/Tokyo")


REFUSED = {
    "no filter": ({"filters": {}}, "needs a date filter with two ends"),
    "a filter with one end": (
        {"filters": {SHIPPED: date("ON_OR_AFTER", "2024-05")}},
        "needs a date filter with two ends",
    ),
    "a filter that keeps two stretches": (
        {
            "filters": {
                SHIPPED: {
                    "type": "composite",
                    "conjunction": "OR",
                    "filters": [MAY, date("TIME_FOR_UNIT_DURATION", "2024-07")],
                }
            }
        },
        "needs a date filter with two ends",
    ),
    "a filter that keeps all but a stretch": (
        {"filters": {SHIPPED: {**MAY, "is_negative": True}}},
        "needs a date filter with two ends",
    ),
    "a filter that does not fit": (
        {"filters": {SHIPPED: {"type": "number", "kind": "EQUALS", "values": ["1"]}}},
        "needs a date filter with two ends",
    ),
    "a filter that cannot be read": (
        {"filters": {SHIPPED: date("TIME_FOR_UNIT_DURATION", "now")}},
        "Invalid literal value 'now'",
    ),
    "the compared date among the controls": (
        {
            "controls": [
                {
                    "id": "c",
                    "type": "MULTI_FIELD_FILTER",
                    "conjunction": "OR",
                    "filters": [{"id": "f", "fieldName": SHIPPED, "filter": MAY}],
                }
            ]
        },
        f'"{SHIPPED}", whose periods are compared, in "controls" is not modeled',
    ),
    "the field of periods not among the fields": (
        {"fields": ["products.category", "order_items.count"]},
        f'needs "{PERIOD}" in "fields" and in "pivots"',
    ),
    "the field of periods not among the pivots": (
        {"pivots": []},
        f'needs "{PERIOD}" in "fields" and in "pivots"',
    ),
    "a sort by period": ({"sorts": [sort(PERIOD)]}, f'A sort by "{PERIOD}" is not modeled'),
    "no such date": (
        {"period_over_period_computations": compared("order_items.nope", ago(1, "MONTH"))},
        'No such field "order_items.nope"',
    ),
    "a timeframe of a date": (
        {"period_over_period_computations": compared(f"{SHIPPED}[month]", ago(1, "MONTH"))},
        "needs a date, not",
    ),
    "no current period": (
        {"period_over_period_computations": ONE_MONTH[1:]},
        "needs one entry for the current period, the first",
    ),
    "the current period not the first": (
        {"period_over_period_computations": ONE_MONTH[::-1]},
        "needs one entry for the current period, the first",
    ),
    "two fields": (
        {
            "period_over_period_computations": [
                ONE_MONTH[0],
                *compared("order_items.created_at", ago(1, "MONTH"))[1:],
            ]
        },
        "over several fields is not modeled by this sandbox",
    ),
    "a period twice": (
        {"period_over_period_computations": [*ONE_MONTH, ONE_MONTH[1]]},
        "has two entries for the same period",
    ),
    "a unit that is none": (
        {"period_over_period_computations": compared(SHIPPED, ago(1, "FORTNIGHT"))},
        "Invalid time_unit_name 'FORTNIGHT'",
    ),
    "a key that is not known": (
        {"period_over_period_computations": compared(SHIPPED, ago(1, "MONTH", per="MONTH"))},
        '"per" in "period_over_period_computations" is not modeled by this sandbox',
    ),
    "no periods ago": (
        {"period_over_period_computations": compared(SHIPPED, ago(0, "MONTH"))},
        "Invalid periods_ago 0",
    ),
    "a unit and no number": (
        {"period_over_period_computations": compared(SHIPPED, {"time_unit_name": "MONTH"})},
        '"period_over_period_computations" is not readable',
    ),
    "two dynamic periods back": (
        {"period_over_period_computations": compared(SHIPPED, {**DYNAMIC, "periods_ago": 2})},
        "A dynamic previous period more than one back is not modeled by this sandbox",
    ),
    "before the first year": (
        {"period_over_period_computations": compared(SHIPPED, ago(3000, "YEAR"))},
        "reaches back before the first year",
    ),
}


@pytest.mark.parametrize(("rest", "words"), REFUSED.values(), ids=REFUSED)
def test_what_nobody_has_seen_of_periods_is_refused_by_name(engine, rest, words):
    query = orders(
        ["products.category", PERIOD, "order_items.count"],
        pivots=[PERIOD],
        period_over_period_computations=ONE_MONTH,
        filters={SHIPPED: MAY},
    )
    with pytest.raises(Refused) as refused:
        engine.plan({**query, **rest}, now=NOW)
    assert words in refused.value.message
