"""Queries that fill the gaps of a time, each beside SQL written by hand and as a person builds it."""

from typing import Any

from queries.query_cases import TOTAL, Case, date, flights, number, orders, sort, text, users

from omnipd import Query, field

SOLD = "order_items.created_at"
JOINED = "users.signed_up_on"


def by_day(
    start: str, end: str, *, unit: str = "day", step: str = "1 day", having: str = ""
) -> str:
    """The items of each unit of a time, also of those without any; the end is no part of it."""
    return f"""WITH days AS (SELECT unnest(range(TIMESTAMP '{start}', TIMESTAMP '{end}',
                                                INTERVAL '{step}'))::TIMESTAMPTZ AS day),
                    sold AS (SELECT date_trunc('{unit}', created_at) AS day, count(*) AS n,
                                    coalesce(sum(sale_price), 0) AS total
                             FROM order_items WHERE created_at >= TIMESTAMPTZ '{start} 00:00+00'
                             AND created_at < TIMESTAMPTZ '{end} 00:00+00' GROUP BY 1 {having})
               SELECT day AS "{SOLD}[{"date" if unit == "day" else unit}]",
                      n AS "order_items.count", total AS "order_items.total_sale_price"
               FROM days LEFT JOIN sold USING (day) ORDER BY 1"""


def items(timeframe: str, start: str, end: str, **rest: Any) -> dict[str, Any]:
    """Ask for the items sold, filled by a timeframe, in a range."""
    name = f"{SOLD}[{timeframe}]"
    asked = {
        "filters": {SOLD: date("BETWEEN", start, end)},
        "fill_fields": [name],
        "sorts": [sort(name)],
    }
    measures = ["order_items.count", "order_items.total_sale_price"]
    return {**orders([name, *measures]), **asked, **rest}


def built(timeframe: str, *conditions: Any) -> Query:
    """Build the same with the library."""
    name = f"{SOLD}[{timeframe}]"
    query = Query(orders([])["modelId"], "orders", view="order_items").fill(name)
    query = query.select("order_items.count", "order_items.total_sale_price")
    return query.where(*conditions).sort(name)


def between(start: str, end: str) -> Any:
    """Be in a range whose end is no part of it, as one filter of two bounds."""
    return (field(SOLD) >= start) & (field(SOLD) < end)


def two_bounds(start: str, end: str) -> dict[str, Any]:
    """Say a range by its two ends."""
    return {
        "type": "composite",
        "conjunction": "AND",
        "filters": [date("ON_OR_AFTER", start), date("BEFORE", None, end)],
    }


def bounded(timeframe: str, start: str, end: str, **rest: Any) -> dict[str, Any]:
    """Ask for a range by its two ends."""
    return items(timeframe, start, end, **{"filters": {SOLD: two_bounds(start, end)}, **rest})


# Each with how it is built.
BUILT: list[tuple[Case, Query]] = [
    (
        Case(
            "days between two ends",
            bounded("date", "2024-02-20", "2024-03-05"),
            by_day("2024-02-20", "2024-03-05"),
        ),
        built("date", between("2024-02-20", "2024-03-05")),
    ),
    (
        Case(
            "the days of a month, of which the last ones have no row",
            items("date", "", "", filters={SOLD: date("TIME_FOR_UNIT_DURATION", "2025-01")}),
            by_day("2025-01-01", "2025-02-01"),
        ),
        built("date", field(SOLD).in_the("2025-01")),
    ),
    (
        Case(
            "months with the running one",
            items(
                "month", "", "",
                filters={SOLD: date("TIME_FOR_INTERVAL_DURATION", "4 months ago", "4 months")},
            ),
            by_day("2024-08-01", "2024-12-01", unit="month", step="1 month"),
        ),
        built("month", field(SOLD).in_the("last 4 months")),
    ),
    (
        Case(
            "complete weeks, which begin on Monday",
            items(
                "week", "", "",
                filters={SOLD: date("TIME_FOR_INTERVAL_DURATION", "3 complete weeks ago", "3 weeks")},
            ),
            by_day("2024-10-21", "2024-11-11", unit="week", step="7 days"),
        ),
        built("week", field(SOLD).in_the("last 3 complete weeks")),
    ),
    (
        Case(
            "hours of a day",
            items(
                "hour", "", "", filters={SOLD: date("TIME_FOR_UNIT_DURATION", "2024-03-10")}, limit=5
            ),
            by_day("2024-03-10", "2024-03-11", unit="hour", step="1 hour") + " LIMIT 5",
        ),
        built("hour", field(SOLD).in_the("2024-03-10")).limit(5),
    ),
    (
        Case(
            "quarters, beyond what was ever sold",
            bounded("quarter", "2023-04-01", "2026-01-01"),
            by_day("2023-04-01", "2026-01-01", unit="quarter", step="3 months"),
        ),
        built("quarter", between("2023-04-01", "2026-01-01")),
    ),
    (
        Case(
            "years from the middle of one to the middle of another",
            bounded("year", "2022-06-01", "2026-06-01"),
            by_day("2022-06-01", "2026-06-01", unit="year", step="1 year").replace(
                "range(TIMESTAMP '2022-06-01'", "range(TIMESTAMP '2022-01-01'"
            ),
        ),
        built("year", between("2022-06-01", "2026-06-01")),
    ),
    (
        Case(
            "a limit and an offset count filled rows, too",
            bounded("date", "2024-02-20", "2024-03-05", limit=4, offset=2),
            by_day("2024-02-20", "2024-03-05") + " LIMIT 4 OFFSET 2",
        ),
        built("date", between("2024-02-20", "2024-03-05")).limit(4).offset(2),
    ),
    (
        Case(
            "the latest day first",
            bounded(
                "date", "2024-02-20", "2024-03-05",
                sorts=[sort(f"{SOLD}[date]", descending=True)],
            ),
            by_day("2024-02-20", "2024-03-05") + " DESC",
        ),
        Query(orders([])["modelId"], "orders", view="order_items")
        .fill(f"{SOLD}[date]")
        .select("order_items.count", "order_items.total_sale_price")
        .where(between("2024-02-20", "2024-03-05"))
        .sort(f"-{SOLD}[date]"),
    ),
    (
        Case(
            "by a measure, of which a filled row has none",
            bounded(
                "date", "2024-02-20", "2024-03-05",
                sorts=[sort("order_items.total_sale_price", descending=True)],
            ),
            f"""SELECT * FROM ({by_day("2024-02-20", "2024-03-05")})
                ORDER BY "order_items.total_sale_price" DESC NULLS LAST, 1""",
        ),
        Query(orders([])["modelId"], "orders", view="order_items")
        .fill(f"{SOLD}[date]")
        .select("order_items.count", "order_items.total_sale_price")
        .where(between("2024-02-20", "2024-03-05"))
        .sort("-order_items.total_sale_price"),
    ),
    (
        Case(
            "a filter on another field leaves gaps that are filled",
            bounded(
                "date", "2024-02-20", "2024-03-05",
                filters={
                    SOLD: two_bounds("2024-02-20", "2024-03-05"),
                    "order_items.status": text("EQUALS", "returned"),
                },
            ),
            by_day("2024-02-20", "2024-03-05").replace("WHERE", "WHERE status = 'returned' AND"),
        ),
        built(
            "date", between("2024-02-20", "2024-03-05"), field("order_items.status") == "returned"
        ),
    ),
    (
        Case(
            "the day of a group that a filter on a measure leaves out is a gap, too",
            bounded(
                "date", "2024-02-20", "2024-03-05",
                filters={
                    SOLD: two_bounds("2024-02-20", "2024-03-05"),
                    "order_items.total_sale_price": number("GREATER_THAN", "40"),
                },
            ),
            by_day("2024-02-20", "2024-03-05", having="HAVING sum(sale_price) > 40"),
        ),
        built(
            "date",
            between("2024-02-20", "2024-03-05"),
            field("order_items.total_sale_price") > 40,
        ),
    ),
    (
        Case(
            "the fields in another order, and a measure whose rows a join repeats",
            users(
                ["users.count", f"{JOINED}[month]", "order_items.count"],
                filters={JOINED: two_bounds("2023-01-01", "2023-09-01")},
                fill_fields=[f"{JOINED}[month]"],
                sorts=[sort(f"{JOINED}[month]")],
            ),
            """WITH months AS (SELECT unnest(range(TIMESTAMP '2023-01-01', TIMESTAMP '2023-09-01',
                                                   INTERVAL 1 MONTH)) AS month),
                    people AS (SELECT *, date_trunc('month', signed_up_on)::TIMESTAMP AS month
                               FROM users WHERE signed_up_on >= '2023-01-01'
                               AND signed_up_on < '2023-09-01')
               SELECT n AS "users.count", month AS "users.signed_up_on[month]",
                      i AS "order_items.count"
               FROM months
               LEFT JOIN (SELECT month, count(*) AS n FROM people GROUP BY month) USING (month)
               LEFT JOIN (SELECT month, count(order_items.id) AS i FROM people
                          LEFT JOIN order_items ON user_id = people.id GROUP BY month) USING (month)
               ORDER BY month""",
        ),
        Query(orders([])["modelId"], "users", view="users")
        .select("users.count")
        .fill(f"{JOINED}[month]")
        .select("order_items.count")
        .where((field(JOINED) >= "2023-01-01") & (field(JOINED) < "2023-09-01"))
        .sort(f"{JOINED}[month]"),
    ),
    (
        Case(
            "dates alone, without a row at all",
            users(
                [f"{JOINED}[date]"],
                filters={JOINED: two_bounds("2030-12-30", "2031-01-03")},
                fill_fields=[f"{JOINED}[date]"],
                sorts=[sort(f"{JOINED}[date]")],
            ),
            f"""SELECT unnest(range(TIMESTAMP '2030-12-30', TIMESTAMP '2031-01-03', INTERVAL 1 DAY))
                       AS "{JOINED}[date]" """,
        ),
        Query(orders([])["modelId"], "users", view="users")
        .fill(f"{JOINED}[date]")
        .where((field(JOINED) >= "2030-12-30") & (field(JOINED) < "2031-01-03"))
        .sort(f"{JOINED}[date]"),
    ),
    (
        Case(
            "a range that is open is not filled",
            items("month", "", "", filters={SOLD: date("ON_OR_AFTER", "2025-01-01")}),
            f"""SELECT date_trunc('month', created_at) AS "{SOLD}[month]",
                       count(*) AS "order_items.count",
                       coalesce(sum(sale_price), 0) AS "order_items.total_sale_price"
                FROM order_items WHERE created_at >= TIMESTAMPTZ '2025-01-01 00:00+00'
                GROUP BY 1 ORDER BY 1""",
        ),
        built("month", field(SOLD) >= "2025-01-01"),
    ),
    (
        Case(
            "without a filter nothing is filled",
            orders(
                [f"{SOLD}[year]", "order_items.count"],
                fill_fields=[f"{SOLD}[year]"],
                sorts=[sort(f"{SOLD}[year]")],
            ),
            f"""SELECT date_trunc('year', created_at) AS "{SOLD}[year]",
                       count(*) AS "order_items.count"
                FROM order_items GROUP BY 1 ORDER BY 1""",
        ),
        Query(orders([])["modelId"], "orders", view="order_items")
        .fill(f"{SOLD}[year]")
        .select("order_items.count")
        .sort(f"{SOLD}[year]"),
    ),
    (
        Case(
            "dates of flights",
            flights(
                ["flights.date[month]", "flights.count"],
                filters={"flights.date": two_bounds("2013-11-01", "2014-03-01")},
                fill_fields=["flights.date[month]"],
                sorts=[sort("flights.date[month]")],
            ),
            """SELECT month AS "flights.date[month]", n AS "flights.count"
               FROM (SELECT unnest(range(TIMESTAMP '2013-11-01', TIMESTAMP '2014-03-01',
                                         INTERVAL 1 MONTH)) AS month)
               LEFT JOIN (SELECT make_date(2013, month, 1)::TIMESTAMP AS month, count(*) AS n
                          FROM flights GROUP BY 1) USING (month) ORDER BY 1""",
        ),
        Query(flights([])["modelId"], "flights", view="flights")
        .fill("flights.date[month]")
        .select("flights.count")
        .where((field("flights.date") >= "2013-11-01") & (field("flights.date") < "2014-03-01"))
        .sort("flights.date[month]"),
    ),
]  # fmt: skip

# Totals come in several shapes (docs/wire.md): the rows are told by their mark.
WITH_TOTAL = bounded("date", "2024-02-20", "2024-03-05", column_totals={"::total::": TOTAL})
