"""Gaps of a time are filled as SQL by hand fills them, through the library and without it."""

import json
import warnings
from decimal import Decimal

import pytest
from queries.answers.fill_cases import BUILT, SOLD, WITH_TOTAL, bounded, items
from queries.query_answers import assert_answers, by_hand
from queries.query_cases import NOW, ORDERS, date, orders, users

import omnipd
from omnipd import Query, field
from omnipd.queries.language.request import build_request
from omnipd_sandbox.engine.engine import Refused


def test_no_two_cases_share_a_name():
    assert len({case.name for case, _ in BUILT}) == len(BUILT) >= 12


@pytest.mark.parametrize(("case", "query"), BUILT, ids=[case.name for case, _ in BUILT])
def test_what_is_built_is_what_was_written_by_hand(case, query):
    hand, built = (
        json.dumps(each, sort_keys=True)
        for each in (build_request(case.query).body["query"], query.to_dict())
    )
    assert built == hand


@pytest.mark.parametrize(("case", "query"), BUILT, ids=[case.name for case, _ in BUILT])
def test_a_gap_is_filled_as_sql_by_hand_fills_it(dated, case, query):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", omnipd.OmniWarning)
        assert_answers(omnipd.run_query_arrow(query, client=dated), case)


def test_the_sql_by_hand_has_gaps():
    filled = [case for case, _ in BUILT if "not filled" not in case.name]
    with_gaps = [
        case for case in filled if any(None in row.values() for row in by_hand(case).to_pylist())
    ]
    assert len(with_gaps) >= 10


def test_totals_are_of_what_there_is(dated):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", omnipd.OmniWarning)
        table = omnipd.run_query_arrow(WITH_TOTAL, totals=True, client=dated).to_pylist()
    plain = [row for row in table if row["omni_total"] is None]
    [total] = [row for row in table if row["omni_total"] is not None]
    assert len(plain) == 14
    assert total["order_items.count"] == sum(row["order_items.count"] or 0 for row in plain)
    assert total["order_items.total_sale_price"] == sum(
        (row["order_items.total_sale_price"] or Decimal(0)) for row in plain
    )


@pytest.mark.parametrize(
    ("condition", "is_filled"),
    [
        (field(SOLD).in_the("last 200 days"), True),
        (field(SOLD).in_the("2024-02"), True),
        (field(SOLD).in_the("2024-02-03", "2 weeks"), True),
        ((field(SOLD) >= "2024-02-01") & (field(SOLD) < "2024-03-01"), True),
        (field(SOLD).in_the("2024-02-01") | field(SOLD).in_the("2024-02-03"), True),
        (field(SOLD) >= "2024-12-01", False),
        (field(SOLD) < "2023-12-01", False),
        (~field(SOLD).in_the("2024"), False),
        (field(SOLD).in_month("July"), False),
        (field(SOLD).in_the("2024-02") | (field(SOLD) >= "2025-01-01"), False),
        (field("order_items.shipped_on").in_the("2024-02"), False),
    ],
)
def test_what_omni_leaves_in_silence_is_warned_of(dated, condition, is_filled):
    query = Query(ORDERS, "orders").fill(f"{SOLD}[date]").where(condition)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", omnipd.OmniWarning)
        omnipd.run_query_arrow(query, client=dated)
        omnipd.run_query_arrow(query.to_dict(), client=dated)
    words = [str(one.message) for one in caught]
    told = [each for each in words if f"gaps of {SOLD}[date] are not filled" in each]
    assert len(told) == (0 if is_filled else 2)


DAYS = ("date", "2024-02-20", "2024-03-05")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (bounded(*DAYS, fields=[f"{SOLD}[date]", "order_items.status"]), "beside another dimension"),
        (
            bounded(*DAYS, fields=[f"{SOLD}[date]"], fill_fields=[f"{SOLD}[date]", f"{SOLD}[week]"]),
            "with several fields",
        ),
        (bounded(*DAYS, fill_fields=[f"{SOLD}[week]"]), 'in "fields"'),
        (bounded(*DAYS, fields=[SOLD], fill_fields=[SOLD], sorts=[]), "cuts no time"),
        (
            orders(["order_items.status"], fill_fields=["order_items.status"]),
            "cuts no time",
        ),
        (orders(["order_items.count"], fill_fields=["order_items.count"]), "cuts no time"),
        (
            bounded(
                "month_name", *DAYS[1:], fields=[f"{SOLD}[month_name]"],
            ),
            "cuts no time",
        ),
        (bounded(*DAYS, pivots=[f"{SOLD}[date]"]), 'together with "pivots"'),
        (bounded(*DAYS, fields=[f"{SOLD}[date]"], default_group_by=False), "no groups"),
        (bounded("second", "2024-01-01", "2024-02-01"), "more than 1000000 values"),
    ],
)  # fmt: skip
def test_what_is_not_described_is_refused_by_name(engine, query, words):
    with pytest.raises(Refused, match=words):
        engine.plan(query, now=NOW)


def test_a_field_that_is_missing_is_not_filled(engine):
    query = users(["users.nope[date]", "users.count"], fill_fields=["users.nope[date]"])
    plan = engine.plan(query, now=NOW)
    assert plan.missing_fields == ["users.nope[date]"]
    assert engine.execute(plan).to_pylist() == [{"users.count": 40}]


def test_either_of_two_ranges_is_not_filled(engine):
    both = {
        "type": "composite",
        "conjunction": "OR",
        "filters": [date("TIME_FOR_UNIT_DURATION", each) for each in ("2024-01", "2024-03")],
    }
    answer = engine.execute(engine.plan(items("month", "", "", filters={SOLD: both}), now=NOW))
    assert [row[f"{SOLD}[month]"].month for row in answer.to_pylist()] == [1, 3]


def test_times_on_the_clocks_of_a_zone_are_filled_there(engine):
    """New York has no hour from 2 to 3 on 10 March 2024; its clocks show 24 names of hours."""
    query = items("hour", "", "", filters={SOLD: date("TIME_FOR_UNIT_DURATION", "2024-03-10")})
    answer = engine.execute(engine.plan(query, now=NOW, zone="America/New_York")).to_pylist()
    assert [row[f"{SOLD}[hour]"].hour for row in answer] == list(range(24))
    # Sold at 06:59:59 and 07:00 UTC: one at 1, one at 3 on these clocks, and others of that day.
    sold = {row[f"{SOLD}[hour]"].hour for row in answer if row["order_items.count"]}
    assert {1, 3} <= sold
    assert 2 not in sold
