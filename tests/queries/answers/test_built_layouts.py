"""Pivots, totals, periods and measures as rows, built in Python: what is sent answers as SQL by hand."""

import pytest
from queries.answers.period_cases import PERIOD_CASES, SHIPPED
from queries.answers.pivot_cases import PIVOT_CASES
from queries.answers.total_cases import BEHIND_CASES
from queries.answers.transposed_cases import TRANSPOSED_CASES
from queries.answers.wire_answers import assert_sent
from queries.query_cases import FLIGHTS, NOW, ORDERS

from omnipd import Query, field

AIR, SHOP, PEOPLE = Query(FLIGHTS, "flights"), Query(ORDERS, "orders"), Query(ORDERS, "users")
CARRIER, ORIGIN, SHIPPED_ON = field("flights.carrier"), field("flights.origin"), field(SHIPPED)
TWO = AIR.where(CARRIER.isin(["AA", "DL"]))
BY_CATEGORY = SHOP.select("products.category", "order_items.count")

BUILT = {
    "one row per combination, nulls last in both directions": BY_CATEGORY.pivot(
        "order_items.status"
    ),
    "an empty cell has no row": AIR.select("flights.carrier", "flights.count")
    .pivot("flights.origin")
    .where(CARRIER.isin(["AS", "HA", "F9", "DL"])),
    "two pivots are ranked together": SHOP.select("products.category", "order_items.total_quantity")
    .pivot("order_items.status", "order_items.is_gift")
    .where(field("order_items.status").isin(["complete", "returned"])),
    "the limit counts rows of the pivot": AIR.select("flights.carrier", "flights.count")
    .pivot(ORIGIN)
    .sort("-flights.carrier")
    .limit(2),
    "the limit of columns keeps the first in the order that is asked for": AIR.select(
        "flights.origin", "flights.count"
    )
    .pivot("flights.month", column_limit=2)
    .sort("-flights.month"),
    "months as columns": AIR.select("flights.origin", "flights.count")
    .pivot("flights.date[month]")
    .where(field("flights.date") < "2013-05"),
    "a subtotal stands behind the rows of its group, the grand total last": TWO.select(
        "flights.origin", "flights.carrier", "flights.count", "flights.planes"
    )
    .sort("flights.origin")
    .totals("flights.origin"),
    "subtotals of two of three dimensions, as they were seen": TWO.where(field("flights.month") < 3)
    .select("flights.origin", "flights.carrier", "flights.month", "flights.count")
    .sort("flights.origin", "flights.carrier")
    .totals("flights.origin", "flights.carrier", grand=False),
    "subtotals have the limit to themselves, and stay where their rows do not": TWO.select(
        "flights.origin", "flights.carrier", "flights.count"
    )
    .sort("flights.origin")
    .totals("flights.origin")
    .limit(4),
    "rows sorted by a measure, and their grand total last": AIR.select(
        "flights.origin", "flights.count"
    )
    .sort("-flights.count")
    .limit(2)
    .totals(),
    "a month and the one before": BY_CATEGORY.where(SHIPPED_ON.in_the("2024-05")).compare(
        SHIPPED, 1, "month"
    ),
    "a range of two bounds": BY_CATEGORY.where(
        SHIPPED_ON >= "2024-07-10", SHIPPED_ON < "2024-08-20"
    ).compare(SHIPPED, 1, "quarter"),
    "a dynamic period of whole months is as many months": BY_CATEGORY.where(
        SHIPPED_ON.between("2024-03-01", "2024-05-01")
    ).compare(SHIPPED),
    "periods further back are called so": BY_CATEGORY.where(SHIPPED_ON.in_the("2024-05"))
    .compare(SHIPPED, 2, "month")
    .compare(SHIPPED, 3, "week"),
    "measures whose rows a join repeats, in each period": PEOPLE.select(
        "order_items.status", "users.count", "users.total_credit"
    )
    .where(SHIPPED_ON.in_the("2024-05"))
    .compare(SHIPPED, 1, "month"),
    "one row per measure and group, measures in the order they are listed": AIR.select(
        "flights.origin", "flights.average_distance", "flights.count"
    ).transpose("flights.count", "flights.average_distance"),
    "limit and offset count groups, sorted by a measure that becomes a row": AIR.select(
        "flights.dest"
    )
    .transpose("flights.count", "flights.planes")
    .sort("-flights.count")
    .limit(2)
    .offset(1),
    "measures alone are one row each": AIR.transpose(
        "flights.destinations", "flights.count", "flights.planes"
    ),
    "measures whose rows a join repeats": PEOPLE.select("order_items.is_gift").transpose(
        "users.count", "users.total_credit"
    ),
}
CASES = {
    case.name: case for case in (*PIVOT_CASES, *BEHIND_CASES, *PERIOD_CASES, *TRANSPOSED_CASES)
}


@pytest.mark.parametrize("name", BUILT)
def test_what_is_built_has_the_answer_of_the_sql_written_by_hand(engine, name):
    plan = engine.plan(BUILT[name].to_dict(), now=NOW)
    assert plan.missing_fields == []
    assert_sent(engine.execute(plan), CASES[name])
