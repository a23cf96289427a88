"""Queries and their answers: each query object beside SQL written by hand over the base tables.

The SQL is what a person who knows the data would write; nothing here is taken from a planner, and
nothing imports the package, so that the sandbox and the client can both be held to it. Columns
are named as the result names them. Where the query sorts, the SQL sorts to the last tie: by the
remaining dimensions, ascending, nulls last. Relative dates count from ``NOW``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

FLIGHTS = "6f1c2a9e-0b47-4d3a-9c58-2e7d41f0a613"
ORDERS = "c83e5b70-91fd-4a2c-b6e4-05a7d19c3f82"

# A Friday.
NOW = datetime(2024, 11, 15, 10, 30, 45, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """Hold a query object of the wire, and SQL that gives its answer."""

    name: str
    query: dict[str, Any]
    sql: str

    @property
    def is_sorted(self) -> bool:
        """Tell whether the order of the rows is part of the answer."""
        return bool(self.query.get("sorts"))


def _on(model: str, topic: str, fields: list[str], rest: dict[str, Any]) -> dict[str, Any]:
    return {"modelId": model, "join_paths_from_topic_name": topic, "fields": fields, **rest}


def flights(fields: list[str], **rest: Any) -> dict[str, Any]:
    """Query the flights topic."""
    return _on(FLIGHTS, "flights", fields, {"table": "flights", **rest})


def orders(fields: list[str], **rest: Any) -> dict[str, Any]:
    """Query the orders topic, whose base view is order_items."""
    return _on(ORDERS, "orders", fields, {"table": "order_items", **rest})


def users(fields: list[str], **rest: Any) -> dict[str, Any]:
    """Query the users topic, whose base view is users."""
    return _on(ORDERS, "users", fields, {"table": "users", **rest})


def text(kind: str, *values: str, **rest: Any) -> dict[str, Any]:
    """Build a string filter."""
    return {"type": "string", "kind": kind, "values": list(values), **rest}


def number(kind: str, *values: str, **rest: Any) -> dict[str, Any]:
    """Build a number filter."""
    return {"type": "number", "kind": kind, "values": list(values), **rest}


def date(
    kind: str, left: str | None = None, right: str | None = None, **rest: Any
) -> dict[str, Any]:
    """Build a date filter."""
    sides = {"left_side": left, "right_side": right}
    return {
        "type": "date",
        "kind": kind,
        **{side: value for side, value in sides.items() if value is not None},
        **rest,
    }


def sort(column: str, *, descending: bool = False, nulls: str | None = None) -> dict[str, Any]:
    """Build a sort."""
    built: dict[str, Any] = {"column_name": column, "sort_descending": descending}
    if nulls is not None:
        built["null_sort"] = nulls
    return built


TOTAL = {"type": "aggregation"}

# --- fields, groups and joins

JOIN_CASES = [
    Case(
        "count by a dimension",
        flights(["flights.origin", "flights.count"]),
        """SELECT origin AS "flights.origin", count(*) AS "flights.count"
           FROM flights GROUP BY origin""",
    ),
    Case(
        "fields keep the order of the request",
        flights(["flights.count", "flights.origin", "flights.total_distance", "flights.carrier"]),
        """SELECT count(*) AS "flights.count", origin AS "flights.origin",
                  sum(distance)::BIGINT AS "flights.total_distance", carrier AS "flights.carrier"
           FROM flights GROUP BY origin, carrier""",
    ),
    Case(
        "dimensions alone are distinct",
        flights(["flights.origin", "flights.is_cancelled"]),
        """SELECT DISTINCT origin AS "flights.origin", dep_time IS NULL AS "flights.is_cancelled"
           FROM flights""",
    ),
    Case(
        "measures alone are one row",
        flights(
            [
                "flights.count",
                "flights.average_dep_delay",
                "flights.median_dep_delay",
                "flights.percentile_90_dep_delay",
                "flights.max_dep_delay",
                "flights.average_arr_delay",
                "flights.median_arr_delay",
                "flights.total_distance",
                "flights.average_distance",
                "flights.total_air_time",
                "flights.planes",
                "flights.destinations",
            ]
        ),
        """SELECT count(*) AS "flights.count", avg(dep_delay) AS "flights.average_dep_delay",
                  median(dep_delay) AS "flights.median_dep_delay",
                  quantile_cont(dep_delay, 0.9) AS "flights.percentile_90_dep_delay",
                  max(dep_delay)::BIGINT AS "flights.max_dep_delay",
                  avg(arr_delay) AS "flights.average_arr_delay",
                  median(arr_delay) AS "flights.median_arr_delay",
                  sum(distance)::BIGINT AS "flights.total_distance",
                  avg(distance) AS "flights.average_distance",
                  sum(air_time)::BIGINT AS "flights.total_air_time",
                  count(DISTINCT tailnum) AS "flights.planes",
                  count(DISTINCT dest) AS "flights.destinations"
           FROM flights""",
    ),
    Case(
        "filtered and derived measures",
        flights(
            [
                "flights.carrier",
                "flights.cancellations",
                "flights.late_arrivals",
                "flights.long_haul_flights",
                "flights.cancellation_rate",
                "flights.average_speed",
            ]
        ),
        """SELECT carrier AS "flights.carrier",
                  count(*) FILTER (WHERE dep_time IS NULL) AS "flights.cancellations",
                  count(*) FILTER (WHERE arr_delay > 15) AS "flights.late_arrivals",
                  count(*) FILTER (WHERE distance >= 2000 AND dep_time IS NOT NULL)
                      AS "flights.long_haul_flights",
                  count(*) FILTER (WHERE dep_time IS NULL) * 1.0 / count(*)
                      AS "flights.cancellation_rate",
                  sum(distance) * 60.0 / sum(air_time) AS "flights.average_speed"
           FROM flights GROUP BY carrier""",
    ),
    Case(
        "measures that are an instant and a date",
        flights(["flights.origin", "flights.first_departure", "flights.last_date"]),
        """SELECT origin AS "flights.origin", min(time_hour) AS "flights.first_departure",
                  DATE '2013-12-31' AS "flights.last_date"
           FROM flights GROUP BY origin""",
    ),
    Case(
        "a computed text dimension",
        flights(
            ["flights.route", "flights.count"], filters={"flights.dest": text("EQUALS", "HNL")}
        ),
        """SELECT origin || '-HNL' AS "flights.route", count(*) AS "flights.count"
           FROM flights WHERE dest = 'HNL' GROUP BY origin""",
    ),
    Case(
        "a join to one",
        flights(["airlines.name", "flights.count"]),
        """SELECT a.name AS "airlines.name", count(*) AS "flights.count"
           FROM flights f LEFT JOIN airlines a ON f.carrier = a.carrier GROUP BY a.name""",
    ),
    Case(
        "a key that leads nowhere stays, with null",
        flights(["planes.manufacturer", "flights.count"]),
        """SELECT p.manufacturer AS "planes.manufacturer", count(*) AS "flights.count"
           FROM flights f LEFT JOIN planes p ON f.tailnum = p.tailnum GROUP BY p.manufacturer""",
    ),
    Case(
        "one view in two roles",
        flights(
            ["origin_airport.name", "dest_airport.name", "flights.count"],
            filters={"dest_airport.tzone": text("EQUALS", "America/Los_Angeles")},
        ),
        """SELECT o.name AS "origin_airport.name", d.name AS "dest_airport.name",
                  count(*) AS "flights.count"
           FROM flights f JOIN airports o ON o.faa = f.origin JOIN airports d ON d.faa = f.dest
           WHERE d.tzone = 'America/Los_Angeles' GROUP BY ALL""",
    ),
    Case(
        "a view that names itself means its role",
        flights(["dest_airport.name_and_code"]),
        """SELECT DISTINCT d.name || ' (' || d.faa || ')' AS "dest_airport.name_and_code"
           FROM flights f LEFT JOIN airports d ON d.faa = f.dest""",
    ),
    Case(
        "a join on two columns",
        flights(
            ["flights.origin", "weather.visib", "flights.count"],
            filters={"weather.wind_speed": number("GREATER_THAN", "30")},
        ),
        """SELECT f.origin AS "flights.origin", w.visib AS "weather.visib",
                  count(*) AS "flights.count"
           FROM flights f JOIN weather w ON w.origin = f.origin AND w.time_hour = f.time_hour
           WHERE w.wind_speed > 30 GROUP BY ALL""",
    ),
    Case(
        "a joined view is pruned when nothing reads it",
        flights(["flights.count"]),
        'SELECT 336776 AS "flights.count"',
    ),
    Case(
        "null and orphan keys of a join",
        orders(["users.state", "order_items.count", "users.count"]),
        """SELECT u.state AS "users.state", count(*) AS "order_items.count",
                  count(DISTINCT u.id) AS "users.count"
           FROM order_items i LEFT JOIN users u ON u.id = i.user_id GROUP BY u.state""",
    ),
    Case(
        "a bare view without a topic",
        {
            "modelId": ORDERS,
            "table": "products",
            "fields": ["products.category", "products.count", "products.total_list_price"],
        },
        """SELECT category AS "products.category", count(*) AS "products.count",
                  coalesce(sum(list_price), 0) AS "products.total_list_price"
           FROM products GROUP BY category""",
    ),
    Case(
        "a bare view reaches what its relationships reach",
        {
            "modelId": ORDERS,
            "table": "order_items",
            "fields": ["products.name", "order_items.total_quantity"],
        },
        """SELECT p.name AS "products.name",
                  coalesce(sum(i.quantity), 0)::BIGINT AS "order_items.total_quantity"
           FROM order_items i LEFT JOIN products p ON p.sku = i.sku GROUP BY p.name""",
    ),
    Case(
        "a dimension that reads another view",
        orders(["order_items.is_full_price", "order_items.count"]),
        """SELECT i.sale_price >= p.list_price AS "order_items.is_full_price",
                  count(*) AS "order_items.count"
           FROM order_items i LEFT JOIN products p ON p.sku = i.sku GROUP BY 1""",
    ),
    Case(
        "what a topic always filters by",
        _on(ORDERS, "completed_orders", ["order_items.status", "order_items.count"], {}),
        """SELECT 'complete' AS "order_items.status", count(*) AS "order_items.count"
           FROM order_items WHERE status = 'complete'""",
    ),
    Case(
        "decimals stay exact",
        orders(
            [
                "products.category",
                "order_items.total_sale_price",
                "order_items.max_sale_price",
                "order_items.median_sale_price",
                "order_items.average_sale_price",
                "order_items.total_amount",
                "order_items.returned_sale_price",
            ]
        ),
        """SELECT p.category AS "products.category",
                  coalesce(sum(i.sale_price), 0) AS "order_items.total_sale_price",
                  max(i.sale_price) AS "order_items.max_sale_price",
                  median(i.sale_price) AS "order_items.median_sale_price",
                  avg(i.sale_price) AS "order_items.average_sale_price",
                  coalesce(sum(i.quantity * i.sale_price), 0) AS "order_items.total_amount",
                  coalesce(sum(i.sale_price) FILTER (WHERE i.status = 'returned'), 0)
                      AS "order_items.returned_sale_price"
           FROM order_items i LEFT JOIN products p ON p.sku = i.sku GROUP BY p.category""",
    ),
    Case(
        "a sum of nothing is zero and an average of nothing null",
        orders(
            ["order_items.count", "order_items.total_sale_price", "order_items.average_sale_price"],
            filters={"order_items.id": number("EQUALS", "-1")},
        ),
        """SELECT 0::BIGINT AS "order_items.count",
                  0::DECIMAL(38, 2) AS "order_items.total_sale_price",
                  NULL::DOUBLE AS "order_items.average_sale_price" """,
    ),
]

# --- joins that repeat rows

FANOUT_CASES = [
    Case(
        "a user who ordered twice counts once",
        users(
            ["users.state", "users.count", "users.total_credit", "order_items.count"],
        ),
        """WITH o AS (SELECT u.state, count(i.id) AS items
                      FROM users u LEFT JOIN order_items i ON i.user_id = u.id GROUP BY u.state)
           SELECT u.state AS "users.state", count(*) AS "users.count",
                  sum(u.credit) AS "users.total_credit",
                  any_value(o.items) AS "order_items.count"
           FROM users u JOIN o ON o.state IS NOT DISTINCT FROM u.state GROUP BY u.state""",
    ),
    Case(
        "measures of both sides and no dimension",
        users(["users.count", "users.average_age", "order_items.total_sale_price"]),
        """SELECT (SELECT count(*) FROM users) AS "users.count",
                  (SELECT avg(age) FROM users) AS "users.average_age",
                  (SELECT sum(sale_price) FROM order_items
                   WHERE user_id IN (SELECT id FROM users)) AS "order_items.total_sale_price" """,
    ),
    Case(
        "a dimension of the many side repeats the one side",
        users(["order_items.status", "users.count", "users.average_age", "users.total_credit"]),
        """WITH pairs AS (SELECT DISTINCT i.status, u.id, u.age, u.credit
                          FROM users u LEFT JOIN order_items i ON i.user_id = u.id)
           SELECT status AS "order_items.status", count(*) AS "users.count",
                  avg(age) AS "users.average_age",
                  coalesce(sum(credit), 0) AS "users.total_credit"
           FROM pairs GROUP BY status""",
    ),
    Case(
        "a filter on the many side repeats the one side",
        users(
            ["users.count", "users.vips", "users.total_credit"],
            filters={"order_items.is_gift": {"type": "boolean", "is_negative": False}},
        ),
        """SELECT count(*) AS "users.count", count(*) FILTER (WHERE is_vip) AS "users.vips",
                  sum(credit) AS "users.total_credit"
           FROM users WHERE id IN (SELECT user_id FROM order_items WHERE is_gift)""",
    ),
    Case(
        "a measure of the side to one, from the side of many",
        orders(["order_items.is_gift", "users.count", "users.average_age", "products.count"]),
        """WITH u AS (SELECT is_gift, count(*) AS n, avg(age) AS age FROM
                         (SELECT DISTINCT i.is_gift, u.id, u.age
                          FROM order_items i JOIN users u ON u.id = i.user_id) GROUP BY is_gift),
                p AS (SELECT i.is_gift, count(DISTINCT p.sku) AS n
                      FROM order_items i JOIN products p ON p.sku = i.sku GROUP BY i.is_gift)
           SELECT u.is_gift AS "order_items.is_gift", u.n AS "users.count",
                  u.age AS "users.average_age", p.n AS "products.count"
           FROM u JOIN p ON p.is_gift IS NOT DISTINCT FROM u.is_gift""",
    ),
    Case(
        "arithmetic over measures of two views",
        orders(["products.category", "order_items.sale_price_per_user"]),
        """SELECT p.category AS "products.category",
                  coalesce(sum(i.sale_price), 0) / count(DISTINCT u.id)
                      AS "order_items.sale_price_per_user"
           FROM order_items i LEFT JOIN users u ON u.id = i.user_id
                LEFT JOIN products p ON p.sku = i.sku GROUP BY p.category""",
    ),
    Case(
        "a composite primary key tells repeated rows apart",
        flights(
            ["flights.origin", "weather.count", "weather.total_precip"],
            filters={"flights.month": number("EQUALS", "7")},
        ),
        """SELECT origin AS "flights.origin", count(*) AS "weather.count",
                  sum(precip) AS "weather.total_precip"
           FROM weather w
           WHERE EXISTS (SELECT 1 FROM flights f
                         WHERE f.month = 7 AND f.origin = w.origin AND f.time_hour = w.time_hour)
           GROUP BY origin""",
    ),
    Case(
        "repeated rows do not matter to a maximum",
        flights(["flights.origin", "weather.max_wind_speed"]),
        """SELECT f.origin AS "flights.origin", max(w.wind_speed) AS "weather.max_wind_speed"
           FROM flights f JOIN weather w USING (origin, time_hour) GROUP BY f.origin""",
    ),
    Case(
        "a median over rows made single",
        flights(["flights.carrier", "planes.count", "planes.median_year", "planes.total_seats"]),
        """WITH flown AS (SELECT DISTINCT f.carrier, p.* FROM flights f JOIN planes p USING (tailnum))
           SELECT carrier AS "flights.carrier", count(*) AS "planes.count",
                  median(year) AS "planes.median_year",
                  coalesce(sum(seats), 0)::BIGINT AS "planes.total_seats"
           FROM flown GROUP BY carrier
           UNION ALL
           SELECT carrier, 0, NULL, 0 FROM airlines
           WHERE carrier NOT IN (SELECT carrier FROM flown)""",
    ),
    Case(
        "a sum distinct on a key of its own",
        orders(["order_items.sum_of_order_ids", "order_items.orders", "order_items.count"]),
        """SELECT (SELECT sum(order_id)::BIGINT FROM (SELECT DISTINCT order_id FROM order_items))
                      AS "order_items.sum_of_order_ids",
                  80::BIGINT AS "order_items.orders", 240::BIGINT AS "order_items.count" """,
    ),
]

# --- time timeframes

TIMEFRAMES = {
    "year": "date_trunc('year', {})",
    "quarter": "date_trunc('quarter', {})",
    "month": "date_trunc('month', {})",
    "week": "date_trunc('week', {})",
    "date": "date_trunc('day', {})",
    "hour": "date_trunc('hour', {})",
    "minute": "date_trunc('minute', {})",
    "second": "date_trunc('second', {})",
    "millisecond": "date_trunc('millisecond', {})",
    "quarter_of_year": "extract(quarter FROM {})",
    "month_num": "extract(month FROM {})",
    "week_of_year": "extract(week FROM {})",
    "day_of_week_num": "extract(isodow FROM {})",
    "hour_of_day": "extract(hour FROM {})",
    "day_of_month": "extract(day FROM {})",
    "day_of_year": "extract(doy FROM {})",
    "day_of_quarter": "(({0})::DATE - date_trunc('quarter', {0})::DATE) + 1",
    "epoch": "floor(epoch_us({}) / 1000000)::BIGINT",
    "day_of_week_name": "strftime({}, '%A')",
    "month_name": "strftime({}, '%B')",
}


def _of_date(sql: str) -> str:
    computed = sql.format("signed_up_on")
    return f"{computed}::TIMESTAMP" if computed.startswith("date_trunc") else computed


_NOT_OF_DATES = {"hour", "minute", "second", "millisecond", "hour_of_day"}

TIMEFRAME_CASES = [
    *(
        Case(
            f"an instant by {timeframe}",
            orders([f"order_items.created_at[{timeframe}]", "order_items.count"]),
            f"""SELECT {sql.format("created_at")} AS "order_items.created_at[{timeframe}]",
                       count(*) AS "order_items.count"
                FROM order_items GROUP BY 1""",
        )
        for timeframe, sql in TIMEFRAMES.items()
    ),
    *(
        Case(
            f"a date by {timeframe}",
            users([f"users.signed_up_on[{timeframe}]", "users.count"]),
            f"""SELECT {_of_date(sql)} AS "users.signed_up_on[{timeframe}]",
                       count(*) AS "users.count"
                FROM users GROUP BY 1""",
        )
        for timeframe, sql in TIMEFRAMES.items()
        if timeframe not in _NOT_OF_DATES
    ),
    Case(
        "bare times keep their own types",
        orders(["order_items.id", "order_items.created_at", "order_items.shipped_on"]),
        """SELECT id::BIGINT AS "order_items.id", created_at AS "order_items.created_at",
                  shipped_on AS "order_items.shipped_on" FROM order_items""",
    ),
    Case(
        "the timeframe raw is the bare time",
        orders(["order_items.created_at[raw]", "order_items.shipped_on[raw]"]),
        """SELECT DISTINCT created_at AS "order_items.created_at[raw]",
                  shipped_on AS "order_items.shipped_on[raw]" FROM order_items""",
    ),
    Case(
        "a timeframe is echoed as it was sent",
        flights(["flights.time_hour[MONTH]", "flights.count"]),
        """SELECT date_trunc('month', time_hour) AS "flights.time_hour[MONTH]",
                  count(*) AS "flights.count" FROM flights GROUP BY 1""",
    ),
    Case(
        "a timeframe inside the model",
        users(["users.sign_up_month", "users.count"]),
        """SELECT month(signed_up_on) AS "users.sign_up_month", count(*) AS "users.count"
           FROM users GROUP BY 1""",
    ),
    Case(
        "a formatted timeframe comes as a time and as text",
        users(["users.cohort[quarter]", "users.count"]),
        """SELECT date_trunc('quarter', signed_up_on)::TIMESTAMP AS "users.cohort[quarter]__raw",
                  count(*) AS "users.count",
                  strftime(date_trunc('quarter', signed_up_on), '%Y-%m')
                      AS "users.cohort[quarter]"
           FROM users GROUP BY ALL""",
    ),
    Case(
        "flights by month of the local date",
        flights(["flights.date[month]", "flights.count"]),
        """SELECT make_timestamp(2013, month, 1, 0, 0, 0) AS "flights.date[month]",
                  count(*) AS "flights.count" FROM flights GROUP BY month""",
    ),
]

# --- filters

_STATE_COUNTS = """SELECT state AS "users.state", count(*) AS "users.count"
                   FROM users WHERE {} GROUP BY state"""
_NOTES = """SELECT note AS "order_items.note", count(*) AS "order_items.count"
            FROM order_items WHERE {} GROUP BY note"""
_PRODUCTS = """SELECT name AS "products.name" FROM products WHERE {} GROUP BY name"""
_ITEMS = """SELECT id::BIGINT AS "order_items.id" FROM order_items WHERE {}"""
_USERS = """SELECT id::BIGINT AS "users.id" FROM users WHERE {}"""


def _filtered(name: str, query: dict[str, Any], field: str, kept: Any, sql: str) -> Case:
    return Case(name, {**query, "filters": {field: kept}}, sql)


def _state(name: str, kept: dict[str, Any], where: str) -> Case:
    query = users(["users.state", "users.count"])
    return _filtered(name, query, "users.state", kept, _STATE_COUNTS.format(where))


def _note(name: str, kept: dict[str, Any], where: str) -> Case:
    query = orders(["order_items.note", "order_items.count"])
    return _filtered(name, query, "order_items.note", kept, _NOTES.format(where))


def _item(name: str, field: str, kept: dict[str, Any], where: str) -> Case:
    query = orders(["order_items.id"])
    return _filtered(name, query, f"order_items.{field}", kept, _ITEMS.format(where))


def _user(name: str, field: str, kept: dict[str, Any], where: str) -> Case:
    return _filtered(name, users(["users.id"]), f"users.{field}", kept, _USERS.format(where))


def _product(name: str, value: str, where: str) -> Case:
    query = {"modelId": ORDERS, "table": "products", "fields": ["products.name"]}
    return _filtered(name, query, "products.name", text("EQUALS", value), _PRODUCTS.format(where))


TEXT_CASES = [
    _state("text equals", text("EQUALS", "New York"), "state = 'New York'"),
    _state("text equals one of many", text("EQUALS", "Texas", ""), "state IN ('Texas', '')"),
    _state(
        "text does not equal, and null stays",
        text("EQUALS", "New York", is_negative=True),
        "state <> 'New York' OR state IS NULL",
    ),
    _state(
        "text is none of many, and null stays",
        text("EQUALS", "Texas", "", is_negative=True),
        "state NOT IN ('Texas', '') OR state IS NULL",
    ),
    _state(
        "text equals, whatever its case",
        text("EQUALS", "NEW york", case_insensitive=True),
        "state IN ('New York', 'new york')",
    ),
    _state("text equals nothing in particular", text("EQUALS"), "true"),
    _state("text contains", text("CONTAINS", "or", "x"), "state LIKE '%or%' OR state LIKE '%x%'"),
    _state(
        "text does not contain",
        text("CONTAINS", "or", is_negative=True),
        "state NOT LIKE '%or%' OR state IS NULL",
    ),
    _state(
        "text contains, whatever its case",
        text("CONTAINS", "NEW", case_insensitive=True),
        "state ILIKE '%new%'",
    ),
    _state(
        "text starts with", text("STARTS_WITH", "New", "Cal"), "left(state, 3) IN ('New', 'Cal')"
    ),
    _state(
        "text does not start with",
        text("STARTS_WITH", "N", is_negative=True),
        "state IS NULL OR left(state, 1) <> 'N'",
    ),
    _state(
        "text starts with, whatever its case",
        text("STARTS_WITH", "NEW", case_insensitive=True),
        "lower(left(state, 3)) = 'new'",
    ),
    _state("text ends with", text("ENDS_WITH", "ois"), "right(state, 3) = 'ois'"),
    _state(
        "text does not end with, whatever its case",
        text("ENDS_WITH", "YORK", is_negative=True, case_insensitive=True),
        "state IS NULL OR lower(right(state, 4)) <> 'york'",
    ),
    _state("text is like a pattern", text("SQL_LIKE", "_e% Y%"), "state = 'New York'"),
    _state(
        "text is like a pattern, whatever its case",
        text("SQL_LIKE", "NEW%", case_insensitive=True),
        "state IN ('New York', 'new york')",
    ),
    _state(
        "text is not like a pattern",
        text("SQL_LIKE", "%e%", is_negative=True),
        "state IS NULL OR NOT contains(state, 'e')",
    ),
    _state("text is empty", text("IS_EMPTY"), "state = ''"),
    _state(
        "text is not empty, and null stays",
        text("IS_EMPTY", is_negative=True),
        "state <> '' OR state IS NULL",
    ),
    _note("a percent sign is no wildcard", text("CONTAINS", "50%"), "note = 'it''s 50% off'"),
    _note("an underscore is no wildcard", text("CONTAINS", "a_b"), "note = 'a_b'"),
    _note("a backslash escapes nothing", text("ENDS_WITH", "\\b"), "note = 'a\\b'"),
    _note("a quote ends nothing", text("CONTAINS", "it's"), "note = 'it''s 50% off'"),
    _note("an emoji is found", text("EQUALS", "🎁"), "note = '🎁'"),
    _product("a name with an apostrophe", "O'Brien's polo", "sku = 'P-02'"),
    _product("a name with quotes", 'The "quoted" one', "sku = 'P-03'"),
    _product("a name that is a formula", "=1+1", "sku = 'P-09'"),
    _product("a name that would end the statement", "'; DROP TABLE users; --", "false"),
]

NUMBER_CASES = [
    _item("number equals", "quantity", number("EQUALS", "3"), "quantity = 3"),
    _item(
        "number equals one of many", "quantity", number("EQUALS", "1", "5"), "quantity IN (1, 5)"
    ),
    _item(
        "number does not equal, and null stays",
        "quantity",
        number("EQUALS", "3", is_negative=True),
        "quantity <> 3 OR quantity IS NULL",
    ),
    _item("number greater than", "quantity", number("GREATER_THAN", "3"), "quantity > 3"),
    _item(
        "number at least",
        "quantity",
        number("GREATER_THAN", "3", is_inclusive=True),
        "quantity >= 3",
    ),
    _item(
        "number not greater than, and null stays",
        "quantity",
        number("GREATER_THAN", "3", is_negative=True),
        "quantity <= 3 OR quantity IS NULL",
    ),
    _item("number less than", "sale_price", number("LESS_THAN", "9.99"), "sale_price < 9.99"),
    _item(
        "number at most",
        "sale_price",
        number("LESS_THAN", "9.82", is_inclusive=True),
        "sale_price <= 9.82",
    ),
    _item(
        "number not at most, and null stays",
        "sale_price",
        number("LESS_THAN", "9.82", is_inclusive=True, is_negative=True),
        "sale_price > 9.82 OR sale_price IS NULL",
    ),
    _item(
        "number between leaves out the upper end",
        "quantity",
        number("BETWEEN", "2", "4"),
        "quantity IN (2, 3)",
    ),
    _item(
        "number between with both ends",
        "quantity",
        number("BETWEEN", "2", "4", is_inclusive=True),
        "quantity IN (2, 3, 4)",
    ),
    _item(
        "number not between, and null stays",
        "quantity",
        number("BETWEEN", "2", "4", is_negative=True),
        "quantity IN (1, 4, 5) OR quantity IS NULL",
    ),
    _user("number below zero", "credit", number("LESS_THAN", "-1.5"), "credit < -1.5"),
    _user("number sent as a number", "age", {**number("EQUALS"), "values": [25]}, "age = 25"),
    _item(
        "a number filter on an extracted part",
        "created_at[hour_of_day]",
        number("LESS_THAN", "6"),
        "hour(created_at) < 6",
    ),
]

OTHER_FILTER_CASES = [
    _item("is true", "is_gift", {"type": "boolean", "is_negative": False}, "is_gift"),
    _item("is false", "is_gift", {"type": "boolean", "is_negative": True}, "NOT is_gift"),
    _item("neither true nor false is asked", "is_gift", {"type": "boolean"}, "true"),
    _item(
        "is false, or null",
        "is_gift",
        {"type": "boolean", "is_negative": True, "treat_nulls_as_false": True},
        "is_gift IS NULL OR NOT is_gift",
    ),
    _item(
        "a boolean with a kind is not a filter",
        "is_gift",
        {"type": "boolean", "kind": "EQUALS", "values": ["true"], "is_negative": False},
        "true",
    ),
    _item("a text filter on a number is not a filter", "quantity", text("EQUALS", "3"), "true"),
    _item("is null", "sale_price", {"type": "null", "is_negative": False}, "sale_price IS NULL"),
    _item("is not null", "note", {"type": "null", "is_negative": True}, "note IS NOT NULL"),
    _item("a date is null", "shipped_on", {"type": "null"}, "shipped_on IS NULL"),
    _item(
        "both of two filters",
        "quantity",
        {
            "type": "composite",
            "conjunction": "AND",
            "filters": [number("GREATER_THAN", "1"), number("LESS_THAN", "4")],
        },
        "quantity IN (2, 3)",
    ),
    _item(
        "either of two filters",
        "note",
        {
            "type": "composite",
            "conjunction": "OR",
            "filters": [text("CONTAINS", "gift"), {"type": "null"}],
        },
        "note IS NULL OR note = 'gift wrap'",
    ),
    _item(
        "filters within filters",
        "quantity",
        {
            "type": "composite",
            "conjunction": "OR",
            "filters": [
                number("EQUALS", "5"),
                {
                    "type": "composite",
                    "conjunction": "AND",
                    "is_negative": True,
                    "filters": [
                        number("GREATER_THAN", "1"),
                        {
                            "type": "composite",
                            "conjunction": "OR",
                            "filters": [number("LESS_THAN", "9"), {"type": "null"}],
                        },
                    ],
                },
            ],
        },
        "quantity IN (1, 5) OR quantity IS NULL",
    ),
    _item(
        "neither of two filters, and null stays",
        "status",
        {
            "type": "composite",
            "conjunction": "OR",
            "is_negative": True,
            "filters": [text("EQUALS", "complete"), text("STARTS_WITH", "ret")],
        },
        "status = 'pending' OR status IS NULL",
    ),
    Case(
        "filters on several fields all hold",
        orders(
            ["order_items.id"],
            filters={
                "order_items.status": text("EQUALS", "complete"),
                "users.is_vip": {"type": "boolean", "is_negative": False},
                "products.category": text("EQUALS", "Socks"),
            },
        ),
        """SELECT i.id::BIGINT AS "order_items.id"
           FROM order_items i JOIN users u ON u.id = i.user_id JOIN products p ON p.sku = i.sku
           WHERE i.status = 'complete' AND u.is_vip AND p.category = 'Socks'""",
    ),
    Case(
        "an unknown filter that may be left out",
        orders(
            ["order_items.count"],
            filters={"nowhere.x": text("EQUALS", "1", ignore_if_unjoinable=True)},
        ),
        'SELECT 240::BIGINT AS "order_items.count"',
    ),
]

# --- date filters; NOW is Friday 2024-11-15 10:30:45 UTC

_INSTANT_FILTERS = {
    "between leaves out its end": (
        date("BETWEEN", "2024-03-10", "2024-03-31 01:00"),
        "created_at >= '2024-03-10' AND created_at < '2024-03-31 01:00'",
    ),
    "not between, and null stays": (
        date("BETWEEN", "2024-01", "2025", is_negative=True),
        "created_at < '2024-01-01' OR created_at >= '2025-01-01'",
    ),
    "on or after an instant": (
        date("ON_OR_AFTER", "2024-03-10 07:00:00"),
        "created_at >= '2024-03-10 07:00:00'",
    ),
    "before an instant": (
        date("BEFORE", None, "2024-01-01"),
        "created_at < '2024-01-01'",
    ),
    "the whole of a year": (
        date("TIME_FOR_UNIT_DURATION", "2024"),
        "extract(year FROM created_at) = 2024",
    ),
    "the whole of a quarter": (
        date("TIME_FOR_UNIT_DURATION", "2024 Q1"),
        "created_at >= '2024-01-01' AND created_at < '2024-04-01'",
    ),
    "the whole of a month": (
        date("TIME_FOR_UNIT_DURATION", "2024-02"),
        "strftime(created_at, '%Y-%m') = '2024-02'",
    ),
    "the whole of a day": (
        date("TIME_FOR_UNIT_DURATION", "2024-10-27"),
        "created_at::DATE = '2024-10-27'",
    ),
    "the whole of an hour": (
        date("TIME_FOR_UNIT_DURATION", "2024-11-03 05"),
        "created_at >= '2024-11-03 05:00' AND created_at < '2024-11-03 06:00'",
    ),
    "the whole of a minute": (
        date("TIME_FOR_UNIT_DURATION", "2024-02-29 12:30"),
        "created_at >= '2024-02-29 12:30' AND created_at < '2024-02-29 12:31'",
    ),
    "the whole of a second": (
        date("TIME_FOR_UNIT_DURATION", "2023-12-31 23:59:59"),
        "created_at >= '2023-12-31 23:59:59' AND created_at < '2024-01-01'",
    ),
    "not in a month": (
        date("TIME_FOR_UNIT_DURATION", "2024-02", is_negative=True),
        "strftime(created_at, '%Y-%m') <> '2024-02'",
    ),
    "last quarter": (
        date("TIME_FOR_UNIT_DURATION", "last quarter"),
        "created_at >= '2024-07-01' AND created_at < '2024-10-01'",
    ),
    "this month": (
        date("TIME_FOR_UNIT_DURATION", "this month"),
        "created_at >= '2024-11-01' AND created_at < '2024-12-01'",
    ),
    "next week": (
        date("TIME_FOR_UNIT_DURATION", "next week"),
        "created_at >= '2024-11-18' AND created_at < '2024-11-25'",
    ),
    "yesterday": (
        date("TIME_FOR_UNIT_DURATION", "yesterday"),
        "created_at::DATE = '2024-11-14'",
    ),
    "the past thirty days, today among them": (
        date("TIME_FOR_INTERVAL_DURATION", "30 days ago", "30 days"),
        "created_at >= '2024-10-17' AND created_at < '2024-11-16'",
    ),
    "the past thirty complete days": (
        date("TIME_FOR_INTERVAL_DURATION", "30 complete days ago", "30 days"),
        "created_at >= '2024-10-16' AND created_at < '2024-11-15'",
    ),
    "the past twelve months, this one among them": (
        date("TIME_FOR_INTERVAL_DURATION", "12 months ago", "12 months"),
        "created_at >= '2023-12-01' AND created_at < '2024-12-01'",
    ),
    "three months from a day": (
        date("TIME_FOR_INTERVAL_DURATION", "2024-01-31", "1 month"),
        "created_at >= '2024-01-31' AND created_at < '2024-02-29'",
    ),
    "on a day of the week": (
        date("IS_ON_DAY_OF_WEEK", "Sunday"),
        "dayname(created_at) = 'Sunday'",
    ),
    "on a day of the month": (
        date("IS_ON_DAY_OF_MONTH", "29"),
        "day(created_at) = 29",
    ),
    "on a day of the quarter": (
        date("IS_ON_DAY_OF_QUARTER", "1"),
        "strftime(created_at, '%m-%d') IN ('01-01', '04-01', '07-01', '10-01')",
    ),
    "on a day of the year": (
        date("IS_ON_DAY_OF_YEAR", "60"),
        "created_at::DATE IN ('2024-02-29', '2025-03-01')",
    ),
    "in a month of the year": (
        date("IS_IN_MONTH_OF_YEAR", "March"),
        "month(created_at) = 3",
    ),
    "in a quarter of the year": (
        date("IS_IN_QUARTER_OF_YEAR", "4"),
        "month(created_at) IN (10, 11, 12)",
    ),
    "at an hour of the day": (
        date("IS_AT_HOUR_OF_DAY", "7"),
        "hour(created_at) = 7",
    ),
    "not on a day of the week": (
        date("IS_ON_DAY_OF_WEEK", "Sunday", is_negative=True),
        "dayname(created_at) <> 'Sunday'",
    ),
}
_DATE_FILTERS = {
    "a date between leaves out its end": (
        date("BETWEEN", "2024-01-01", "2024-02-01"),
        "shipped_on BETWEEN '2024-01-01' AND '2024-01-31'",
    ),
    "a date not between, and null stays": (
        date("BETWEEN", "2024-01-01", "2024-02-01", is_negative=True),
        "shipped_on IS NULL OR shipped_on < '2024-01-01' OR shipped_on > '2024-01-31'",
    ),
    "a date on or after noon is the next day": (
        date("ON_OR_AFTER", "2024-05-05 12"),
        "shipped_on >= '2024-05-06'",
    ),
    "a date in a quarter": (
        date("TIME_FOR_UNIT_DURATION", "2024 q2"),
        "month(shipped_on) IN (4, 5, 6) AND year(shipped_on) = 2024",
    ),
    "a date on a Monday": (
        date("IS_ON_DAY_OF_WEEK", "monday"),
        "dayname(shipped_on) = 'Monday'",
    ),
}

DATE_CASES = [
    *(_item(n, "created_at", kept, where) for n, (kept, where) in _INSTANT_FILTERS.items()),
    *(_item(n, "shipped_on", kept, where) for n, (kept, where) in _DATE_FILTERS.items()),
    Case(
        "flights of February by local date",
        flights(
            ["flights.count"],
            filters={"flights.date": date("TIME_FOR_UNIT_DURATION", "2013-02")},
        ),
        'SELECT 24951 AS "flights.count"',
    ),
]

# --- filters on measures

HAVING_CASES = [
    Case(
        "a filter on a selected measure",
        flights(
            ["flights.dest", "flights.count"],
            filters={"flights.count": number("GREATER_THAN", "10000")},
        ),
        """SELECT dest AS "flights.dest", count(*) AS "flights.count"
           FROM flights GROUP BY dest HAVING count(*) > 10000""",
    ),
    Case(
        "a filter on a measure that is not selected",
        flights(
            ["flights.dest"],
            filters={"flights.average_dep_delay": number("GREATER_THAN", "30")},
        ),
        """SELECT dest AS "flights.dest" FROM flights GROUP BY dest HAVING avg(dep_delay) > 30""",
    ),
    Case(
        "a measure that is null",
        orders(
            ["order_items.id"],
            filters={"order_items.average_sale_price": {"type": "null"}},
        ),
        """SELECT id::BIGINT AS "order_items.id" FROM order_items WHERE sale_price IS NULL""",
    ),
    Case(
        "filters on rows come before filters on measures",
        orders(
            ["products.sku", "order_items.count"],
            filters={
                "order_items.status": text("EQUALS", "returned"),
                "order_items.count": number("LESS_THAN", "4"),
            },
        ),
        """SELECT p.sku AS "products.sku", count(*) AS "order_items.count"
           FROM order_items i LEFT JOIN products p ON p.sku = i.sku
           WHERE i.status = 'returned' GROUP BY p.sku HAVING count(*) < 4""",
    ),
    Case(
        "a filter on a measure whose rows are repeated",
        users(
            ["order_items.status"],
            filters={"users.count": number("GREATER_THAN", "29", is_inclusive=True)},
        ),
        """SELECT i.status AS "order_items.status"
           FROM users u LEFT JOIN order_items i ON i.user_id = u.id
           GROUP BY i.status HAVING count(DISTINCT u.id) >= 29""",
    ),
    Case(
        "a filter on a measure without any dimension",
        flights(
            ["flights.count"],
            filters={"flights.total_distance": number("LESS_THAN", "1")},
        ),
        'SELECT 1 AS "flights.count" WHERE false',
    ),
]

# --- sorts, limit, offset

_STATES = """SELECT state AS "users.state", count(*) AS "users.count" FROM users
             GROUP BY state ORDER BY {}"""
_BY_STATE = ["users.state", "users.count"]

SORT_CASES = [
    Case(
        "sorted upwards, null counts as least",
        users(_BY_STATE, sorts=[sort("users.state")]),
        _STATES.format("state ASC NULLS FIRST"),
    ),
    Case(
        "sorted downwards, null counts as least",
        users(_BY_STATE, sorts=[sort("users.state", descending=True)]),
        _STATES.format("state DESC NULLS LAST"),
    ),
    Case(
        "nulls last upwards",
        users(_BY_STATE, sorts=[sort("users.state", nulls="LAST")]),
        _STATES.format("state ASC NULLS LAST"),
    ),
    Case(
        "nulls first downwards",
        users(_BY_STATE, sorts=[sort("users.state", descending=True, nulls="FIRST")]),
        _STATES.format("state DESC NULLS FIRST"),
    ),
    Case(
        "nulls as the database has them",
        users(_BY_STATE, sorts=[sort("users.state", nulls="DIALECT_DEFAULT")]),
        _STATES.format("state"),
    ),
    Case(
        "nulls as Omni has them",
        users(_BY_STATE, sorts=[sort("users.state", nulls="OMNI_DEFAULT")]),
        _STATES.format("state ASC NULLS FIRST"),
    ),
    Case(
        "sorted by a measure, ties by dimension",
        users(_BY_STATE, sorts=[sort("users.count", descending=True)]),
        _STATES.format("count(*) DESC, state ASC NULLS LAST"),
    ),
    Case(
        "sorted by two columns, a page of them",
        flights(
            ["flights.carrier", "flights.origin", "flights.count"],
            sorts=[sort("flights.origin", descending=True), sort("flights.count")],
            limit=5,
            offset=3,
        ),
        """SELECT carrier AS "flights.carrier", origin AS "flights.origin",
                  count(*) AS "flights.count"
           FROM flights GROUP BY carrier, origin
           ORDER BY origin DESC, count(*), carrier LIMIT 5 OFFSET 3""",
    ),
    Case(
        "sorted by a time cut to its month",
        orders(
            ["order_items.created_at[month]", "order_items.total_sale_price"],
            sorts=[sort("order_items.created_at[month]", descending=True)],
            limit=3,
        ),
        """SELECT date_trunc('month', created_at) AS "order_items.created_at[month]",
                  sum(sale_price) AS "order_items.total_sale_price"
           FROM order_items GROUP BY 1 ORDER BY 1 DESC LIMIT 3""",
    ),
    Case(
        "names of months sort by the calendar",
        flights(
            ["flights.date[month_name]", "flights.count"],
            sorts=[sort("flights.date[month_name]")],
        ),
        """SELECT monthname(make_date(2013, month, 1)) AS "flights.date[month_name]",
                  count(*) AS "flights.count"
           FROM flights GROUP BY month ORDER BY month""",
    ),
    Case(
        "names of days sort by the week",
        users(
            ["users.signed_up_on[day_of_week_name]", "users.count", "order_items.count"],
            sorts=[sort("users.signed_up_on[day_of_week_name]", descending=True)],
        ),
        """SELECT dayname(signed_up_on) AS "users.signed_up_on[day_of_week_name]",
                  count(DISTINCT u.id) AS "users.count", count(i.id) AS "order_items.count"
           FROM users u LEFT JOIN order_items i ON i.user_id = u.id
           GROUP BY dayname(signed_up_on), isodow(signed_up_on)
           ORDER BY isodow(signed_up_on) DESC NULLS LAST""",
    ),
    Case(
        "sorted by a measure whose rows are repeated",
        users(
            ["order_items.status", "users.total_credit"],
            sorts=[sort("users.total_credit", descending=True)],
            limit=2,
        ),
        """SELECT status AS "order_items.status", sum(credit) AS "users.total_credit" FROM
               (SELECT DISTINCT i.status, u.id, u.credit
                FROM users u LEFT JOIN order_items i ON i.user_id = u.id)
           GROUP BY status ORDER BY 2 DESC LIMIT 2""",
    ),
    Case(
        "a thousand rows when no limit is given",
        flights(["flights.id"], sorts=[sort("flights.id")]),
        'SELECT id AS "flights.id" FROM flights ORDER BY id LIMIT 1000',
    ),
    Case(
        "every row when the limit is null",
        flights(
            ["flights.id", "flights.dest"],
            filters={"flights.dest": text("EQUALS", "LAX")},
            limit=None,
        ),
        """SELECT id AS "flights.id", dest AS "flights.dest" FROM flights WHERE dest = 'LAX'""",
    ),
    Case(
        "an offset without a sort follows the dimensions",
        flights(["flights.origin"], limit=None, offset=2),
        """SELECT 'LGA' AS "flights.origin" """,
    ),
]

# --- totals

TOTAL_CASES = [
    Case(
        "a total is aggregated again, not added up",
        flights(
            ["flights.origin", "flights.planes", "flights.average_distance"],
            sorts=[sort("flights.origin")],
            column_totals={"::total::": TOTAL},
        ),
        """SELECT * FROM (
             SELECT origin AS "flights.origin", count(DISTINCT tailnum) AS "flights.planes",
                    avg(distance) AS "flights.average_distance",
                    NULL AS "$omni_column_total_indicator" FROM flights GROUP BY origin
             UNION ALL
             SELECT NULL, count(DISTINCT tailnum), avg(distance), 'column_total' FROM flights)
           ORDER BY "$omni_column_total_indicator" NULLS FIRST, 1""",
    ),
    Case(
        "a total counts the rows beyond the limit",
        flights(
            ["flights.origin", "flights.count"],
            sorts=[sort("flights.count", descending=True)],
            limit=2,
            column_totals={"::total::": TOTAL},
        ),
        """(SELECT origin AS "flights.origin", count(*) AS "flights.count",
                   NULL AS "$omni_column_total_indicator"
            FROM flights GROUP BY origin ORDER BY 2 DESC LIMIT 2)
           UNION ALL SELECT NULL, 336776, 'column_total'""",
    ),
    Case(
        "a total leaves out the groups that a filter on a measure leaves out",
        flights(
            ["flights.dest", "flights.count"],
            filters={"flights.count": number("GREATER_THAN", "15000")},
            sorts=[sort("flights.count")],
            column_totals={"::total::": TOTAL},
        ),
        """WITH big AS (SELECT dest, count(*) AS n FROM flights GROUP BY dest HAVING count(*) > 15000)
           SELECT "flights.dest", "flights.count", "$omni_column_total_indicator" FROM (
             SELECT dest AS "flights.dest", n AS "flights.count",
                    NULL AS "$omni_column_total_indicator" FROM big
             UNION ALL SELECT NULL, sum(n)::BIGINT, 'column_total' FROM big)
           ORDER BY 3 NULLS FIRST, 2""",
    ),
    Case(
        "a subtotal keeps the dimensions up to its own",
        orders(
            ["products.category", "order_items.status", "order_items.count", "users.count"],
            sorts=[
                sort("products.category", nulls="LAST"),
                sort("order_items.status", nulls="LAST"),
            ],
            column_totals={"::total::": TOTAL, "products.category": TOTAL},
        ),
        """WITH o AS (SELECT p.category, i.status, i.id, u.id AS user_id FROM order_items i
                      LEFT JOIN products p ON p.sku = i.sku LEFT JOIN users u ON u.id = i.user_id)
           SELECT category AS "products.category", status AS "order_items.status",
                  n AS "order_items.count", u AS "users.count",
                  mark AS "$omni_column_total_indicator" FROM (
             SELECT category, status, count(*) AS n, count(DISTINCT user_id) AS u,
                    NULL AS mark, 0 AS part FROM o GROUP BY category, status
             UNION ALL
             SELECT category, NULL, count(*), count(DISTINCT user_id),
                    'column_subtotal::products.category', 1 FROM o GROUP BY category
             UNION ALL
             SELECT NULL, NULL, count(*), count(DISTINCT user_id), 'column_total', 2 FROM o)
           ORDER BY part = 2, category NULLS LAST, part, status NULLS LAST""",
    ),
]

CASES = [
    *JOIN_CASES,
    *FANOUT_CASES,
    *TIMEFRAME_CASES,
    *TEXT_CASES,
    *NUMBER_CASES,
    *OTHER_FILTER_CASES,
    *DATE_CASES,
    *HAVING_CASES,
    *SORT_CASES,
    *TOTAL_CASES,
]
#: What the server ignores and the client refuses to send.
REFUSED = {"a boolean with a kind is not a filter"}
