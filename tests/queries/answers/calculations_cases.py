"""Table calculations and their answers: each beside SQL written by hand over the base tables.

The SQL says the windows as a person who reads Omni's pages would: in the order of the query, over the
rows that the limit left. What no builder says is a tree, as Omni's pages show it.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from queries.query_cases import ORDERS, Case, orders, sort, users

from omnipd import Query, calc, field

CASES: list[Case] = []
#: The builder of each case that has one, by its name.
BUILT: dict[str, Query] = {}


def built(name, query, sql):
    """Add a case that a builder says."""
    BUILT[name] = query
    CASES.append(Case(name, query.to_dict(), sql))


def told(name, query, calculations, sql):
    """Add a case that only trees say."""
    listed = [{"calc_name": each, **what} for each, what in calculations.items()]
    fields = [*query["fields"], *calculations]
    CASES.append(Case(name, {**query, "fields": fields, "calculations": listed}, sql))


COUNT, STATUS, ID = "order_items.count", "order_items.status", "order_items.id"
QUANTITY, PRICE = "order_items.quantity", "order_items.sale_price"
MONTH, REVENUE = "order_items.created_at[month]", "order_items.total_sale_price"
AGE, STATE = "users.average_age", "users.state"
QUANTITIES = "order_items.total_quantity"

TOPIC = Query(ORDERS, "orders")
BY_STATUS = TOPIC.select(STATUS, COUNT).sort(STATUS)
STATUSES = """(SELECT status, count(*) AS n FROM order_items GROUP BY status)"""
# Twelve rows of which some have no quantity, or no price.
ITEMS = TOPIC.select(ID, QUANTITY, PRICE).sort(ID).offset(12).limit(12)
ITEM_ROWS = """(SELECT id, quantity AS q, sale_price AS p FROM order_items
                WHERE id BETWEEN 13 AND 24)"""
BY_MONTH = TOPIC.select(MONTH, REVENUE).sort(MONTH).limit(6)
MONTHS = """(SELECT date_trunc('month', created_at) AS m, coalesce(sum(sale_price), 0) AS s
             FROM order_items GROUP BY m ORDER BY m LIMIT 6)"""

# --- the five templates

built(
    "a running total",
    BY_STATUS.calculate("so far", calc.running_total(COUNT)),
    f"""SELECT status AS "order_items.status", n AS "order_items.count",
               sum(n) OVER (ORDER BY status NULLS FIRST)::BIGINT AS "so far"
        FROM {STATUSES} ORDER BY status NULLS FIRST""",
)
built(
    "a running total downwards",
    TOPIC.select(STATUS, COUNT)
    .sort(field(COUNT).desc(), field(STATUS).asc(nulls="last"))
    .calculate("so far", calc.running_total(COUNT)),
    f"""SELECT status AS "order_items.status", n AS "order_items.count",
               sum(n) OVER (ORDER BY n DESC, status NULLS LAST)::BIGINT AS "so far"
        FROM {STATUSES} ORDER BY n DESC, status NULLS LAST""",
)
built(
    "a running total passes over nulls",
    ITEMS.calculate("so far", calc.running_total(QUANTITY)),
    f"""SELECT id::BIGINT AS "order_items.id", q::BIGINT AS "order_items.quantity",
               p AS "order_items.sale_price",
               (SELECT sum(q) FROM {ITEM_ROWS} AS before WHERE before.id <= items.id)::BIGINT
                   AS "so far"
        FROM {ITEM_ROWS} AS items ORDER BY id""",
)
built(
    "a running total of decimals within the limit",
    BY_MONTH.calculate("so far", calc.running_total(field(REVENUE))),
    f"""SELECT m AS "order_items.created_at[month]", s AS "order_items.total_sale_price",
               (SELECT sum(s) FROM {MONTHS} AS before WHERE before.m <= months.m) AS "so far"
        FROM {MONTHS} AS months ORDER BY m""",
)
built(
    "a running total begins behind the offset",
    BY_MONTH.offset(2).calculate("so far", calc.running_total(REVENUE)),
    """WITH months AS (SELECT date_trunc('month', created_at) AS m, sum(sale_price) AS s
                       FROM order_items GROUP BY m ORDER BY m LIMIT 6 OFFSET 2)
       SELECT m AS "order_items.created_at[month]", s AS "order_items.total_sale_price",
              sum(s) OVER (ORDER BY m) AS "so far"
       FROM months ORDER BY m""",
)
built(
    "a share of the total of what the limit left",
    TOPIC.select(STATUS, COUNT)
    .sort("-order_items.count", STATUS)
    .limit(2)
    .calculate("share", calc.percent_of_total(COUNT), label="Share", format="0.0%"),
    f"""WITH two AS (SELECT * FROM {STATUSES} ORDER BY n DESC, status NULLS FIRST LIMIT 2)
        SELECT status AS "order_items.status", n AS "order_items.count",
               n / (SELECT sum(n) FROM two) AS "share"
        FROM two ORDER BY n DESC, status NULLS FIRST""",
)
built(
    "a share of nothing",
    TOPIC.select(STATUS, "order_items.gifts")
    .where(field("order_items.is_gift").is_false())
    .sort(STATUS)
    .calculate("share", calc.percent_of_total("order_items.gifts")),
    """SELECT status AS "order_items.status", 0::BIGINT AS "order_items.gifts",
              NULL::DOUBLE AS "share"
       FROM order_items WHERE NOT is_gift GROUP BY status ORDER BY status NULLS FIRST""",
)
built(
    "a share of the row before",
    BY_STATUS.calculate("share", calc.percent_of_previous(COUNT)),
    f"""SELECT status AS "order_items.status", n AS "order_items.count",
               n / lag(n) OVER (ORDER BY status NULLS FIRST) AS "share"
        FROM {STATUSES} ORDER BY status NULLS FIRST""",
)
built(
    "a share of a row before that is null",
    ITEMS.calculate("share", calc.percent_of_previous(QUANTITY)),
    f"""SELECT this.id::BIGINT AS "order_items.id", this.q::BIGINT AS "order_items.quantity",
               this.p AS "order_items.sale_price", this.q / before.q AS "share"
        FROM {ITEM_ROWS} AS this LEFT JOIN {ITEM_ROWS} AS before ON before.id = this.id - 1
        ORDER BY this.id""",
)
built(
    "a change in percent",
    BY_MONTH.calculate("growth", calc.percent_change_from_previous(REVENUE)),
    f"""SELECT m AS "order_items.created_at[month]", s AS "order_items.total_sale_price",
               (s - lag(s) OVER (ORDER BY m)) / lag(s) OVER (ORDER BY m) AS "growth"
        FROM {MONTHS} ORDER BY m""",
)
built(
    "a change in percent behind zero is null",
    TOPIC.select(ID, "order_items.gifts")
    .sort(ID)
    .limit(10)
    .calculate("growth", calc.percent_change_from_previous("order_items.gifts")),
    """WITH gifts AS (SELECT id, is_gift IS TRUE AS gift FROM order_items WHERE id <= 10)
       SELECT id::BIGINT AS "order_items.id", gift::BIGINT AS "order_items.gifts",
              CASE WHEN lag(gift) OVER (ORDER BY id) THEN gift::DOUBLE - 1 END AS "growth"
       FROM gifts ORDER BY id""",
)
built(
    "a change",
    BY_MONTH.calculate("change", calc.change_from_previous(REVENUE)),
    f"""SELECT m AS "order_items.created_at[month]", s AS "order_items.total_sale_price",
               s - lag(s) OVER (ORDER BY m) AS "change"
        FROM {MONTHS} ORDER BY m""",
)
built(
    "a change from and to null is null",
    ITEMS.calculate("change", calc.change_from_previous(QUANTITY)),
    f"""SELECT this.id::BIGINT AS "order_items.id", this.q::BIGINT AS "order_items.quantity",
               this.p AS "order_items.sale_price", (this.q - before.q)::BIGINT AS "change"
        FROM {ITEM_ROWS} AS this LEFT JOIN {ITEM_ROWS} AS before ON before.id = this.id - 1
        ORDER BY this.id""",
)
built(
    "a rank, with ties, and null last",
    ITEMS.calculate("rank", calc.rank(QUANTITY)),
    f"""SELECT id::BIGINT AS "order_items.id", q::BIGINT AS "order_items.quantity",
               p AS "order_items.sale_price",
               (SELECT count(*) + 1 FROM {ITEM_ROWS} AS other
                WHERE other.q > items.q OR (items.q IS NULL AND other.q IS NOT NULL)) AS "rank"
        FROM {ITEM_ROWS} AS items ORDER BY id""",
)

# --- ranges of rows

for how, aggregate in {
    "sum": "sum(q)::BIGINT",
    "average": "avg(q)",
    "min": "min(q)::BIGINT",
    "max": "max(q)::BIGINT",
    "median": "median(q)",
    "count": "count(q)",
}.items():
    built(
        f"the {how} of the last three rows",
        ITEMS.calculate("three", calc.moving(QUANTITY, 3, how)),
        f"""SELECT id::BIGINT AS "order_items.id", q::BIGINT AS "order_items.quantity",
                   p AS "order_items.sale_price",
                   (SELECT {aggregate} FROM {ITEM_ROWS} AS near
                    WHERE near.id BETWEEN items.id - 2 AND items.id) AS "three"
            FROM {ITEM_ROWS} AS items ORDER BY id""",
    )
built(
    "the last row alone",
    ITEMS.calculate("one", calc.moving(PRICE, 1, "sum")),
    f"""SELECT id::BIGINT AS "order_items.id", q::BIGINT AS "order_items.quantity",
               p AS "order_items.sale_price", p::DECIMAL(38, 2) AS "one"
        FROM {ITEM_ROWS} ORDER BY id""",
)
built(
    "the largest so far",
    ITEMS.calculate("record", calc.cumulative(PRICE, "max")),
    f"""SELECT id::BIGINT AS "order_items.id", q::BIGINT AS "order_items.quantity",
               p AS "order_items.sale_price",
               (SELECT max(p) FROM {ITEM_ROWS} AS before WHERE before.id <= items.id) AS "record"
        FROM {ITEM_ROWS} AS items ORDER BY id""",
)
built(
    "whether a row is above the average of all",
    ITEMS.calculate("above", calc.field(PRICE) > calc.overall(PRICE, "average")),
    f"""SELECT id::BIGINT AS "order_items.id", q::BIGINT AS "order_items.quantity",
               p AS "order_items.sale_price",
               p > (SELECT avg(p) FROM {ITEM_ROWS}) AS "above"
        FROM {ITEM_ROWS} ORDER BY id""",
)

# --- arithmetic and conditions

built(
    "arithmetic with fields and numbers",
    ITEMS.calculate(
        "x", (calc.field(QUANTITY) * field(PRICE) - 1) / 2 + 10 - -calc.field(QUANTITY)
    ),
    f"""SELECT id::BIGINT AS "order_items.id", q::BIGINT AS "order_items.quantity",
               p AS "order_items.sale_price", (q * p - 1) / 2 + 10 + q AS "x"
        FROM {ITEM_ROWS} ORDER BY id""",
)
built(
    "brackets stay where they are",
    BY_STATUS.calculate("x", 100 - (calc.field(COUNT) - (7 - calc.field(COUNT) * 2))),
    f"""SELECT status AS "order_items.status", n AS "order_items.count",
               (107 - 3 * n)::BIGINT AS "x"
        FROM {STATUSES} ORDER BY status NULLS FIRST""",
)
built(
    "powers and numbers with a fraction",
    BY_STATUS.calculate("x", calc.field(COUNT) ** 2 * 0.5 + Decimal("0.25")),
    f"""SELECT status AS "order_items.status", n AS "order_items.count",
               (n * n) * 0.5::DOUBLE + 0.25::DOUBLE AS "x"
        FROM {STATUSES} ORDER BY status NULLS FIRST""",
)
built(
    "division by zero that is safe",
    TOPIC.select(ID, QUANTITY, "order_items.gifts")
    .sort(ID)
    .limit(20)
    .calculate("x", calc.safe_divide(QUANTITY, field("order_items.gifts"))),
    """SELECT id::BIGINT AS "order_items.id", quantity::BIGINT AS "order_items.quantity",
              (is_gift IS TRUE)::BIGINT AS "order_items.gifts",
              CASE WHEN is_gift THEN quantity::DOUBLE END AS "x"
       FROM order_items WHERE id <= 20 ORDER BY id""",
)
built(
    "comparisons, joined, of which null makes null",
    ITEMS.calculate(
        "x",
        (calc.field(QUANTITY) >= 2) & (calc.field(QUANTITY) < 5)
        | ~(calc.field(PRICE) <= 50) & (calc.field(QUANTITY) != 3),
    ),
    f"""SELECT id::BIGINT AS "order_items.id", q::BIGINT AS "order_items.quantity",
               p AS "order_items.sale_price",
               (q BETWEEN 2 AND 4) OR (p > 50 AND q <> 3) AS "x"
        FROM {ITEM_ROWS} ORDER BY id""",
)
built(
    "one of two values",
    ITEMS.calculate("x", calc.if_else(calc.field(QUANTITY) > 2, "many", "few")),
    f"""SELECT id::BIGINT AS "order_items.id", q::BIGINT AS "order_items.quantity",
               p AS "order_items.sale_price",
               CASE WHEN coalesce(q, 0) > 2 THEN 'many' ELSE 'few' END AS "x"
        FROM {ITEM_ROWS} ORDER BY id""",
)
built(
    "one of several values, else null",
    ITEMS.calculate(
        "x", calc.case_when((calc.field(QUANTITY) == 1, "one"), (calc.field(QUANTITY) <= 3, "few"))
    ),
    f"""SELECT id::BIGINT AS "order_items.id", q::BIGINT AS "order_items.quantity",
               p AS "order_items.sale_price",
               CASE q WHEN 1 THEN 'one' WHEN 2 THEN 'few' WHEN 3 THEN 'few' END AS "x"
        FROM {ITEM_ROWS} ORDER BY id""",
)
built(
    "one of several values, with a default",
    BY_STATUS.calculate(
        "x",
        calc.case_when(
            (calc.field(STATUS) == "complete", calc.field(COUNT)),
            (calc.field(STATUS) == "pending", -1),
            default=0,
        ),
    ),
    f"""SELECT status AS "order_items.status", n AS "order_items.count",
               CASE WHEN status = 'complete' THEN n WHEN status = 'pending' THEN -1
                    ELSE 0 END AS "x"
        FROM {STATUSES} ORDER BY status NULLS FIRST""",
)

# --- types, texts and dates

built(
    "casts",
    BY_STATUS.calculate("a", calc.cast(calc.field(COUNT), "varchar"))
    .calculate("b", calc.cast(calc.field(COUNT) / 7, "decimal(10, 3)"))
    .calculate("c", calc.cast(calc.field("a"), "double"))
    .calculate("d", calc.cast("2024-02-29", "date")),
    f"""SELECT status AS "order_items.status", n AS "order_items.count", n::VARCHAR AS "a",
               (n / 7)::DECIMAL(10, 3) AS "b", n::DOUBLE AS "c", DATE '2024-02-29' AS "d"
        FROM {STATUSES} ORDER BY status NULLS FIRST""",
)
built(
    "texts that are joined, null as an empty one",
    BY_STATUS.calculate(
        "x",
        calc.concat(field(STATUS), " it's ", calc.cast(calc.field(COUNT), "varchar"), "%"),
    ),
    f"""SELECT status AS "order_items.status", n AS "order_items.count",
               coalesce(status, '') || ' it''s ' || n || '%' AS "x"
        FROM {STATUSES} ORDER BY status NULLS FIRST""",
)
built(
    "days between two dates",
    TOPIC.select(ID, "order_items.created_at[date]", "order_items.shipped_on")
    .sort(ID)
    .limit(12)
    .calculate(
        "days",
        calc.date_diff("day", "order_items.created_at[date]", "order_items.shipped_on"),
    ),
    """SELECT id::BIGINT AS "order_items.id",
              date_trunc('day', created_at) AS "order_items.created_at[date]",
              shipped_on AS "order_items.shipped_on", shipped_on - created_at::DATE AS "days"
       FROM order_items WHERE id <= 12 ORDER BY id""",
)
built(
    "whole months and years since a date",
    Query(ORDERS, "users")
    .select("users.id", "users.signed_up_on")
    .sort("users.id")
    .limit(12)
    .calculate("months", calc.date_diff("month", "users.signed_up_on", date(2024, 3, 17)))
    .calculate("years", calc.date_diff("year", field("users.signed_up_on"), date(2024, 3, 17))),
    """SELECT id::BIGINT AS "users.id", signed_up_on AS "users.signed_up_on",
              (year(DATE '2024-03-17') - year(signed_up_on)) * 12
                  + 3 - month(signed_up_on) - (day(signed_up_on) > 17)::BIGINT AS "months",
              (2024 - year(signed_up_on))
                  - ((month(signed_up_on), day(signed_up_on)) > (3, 17))::BIGINT AS "years"
       FROM users WHERE id <= 12 ORDER BY id""",
)
built(
    "a comparison with a date",
    Query(ORDERS, "users")
    .select("users.id", "users.signed_up_on")
    .sort("users.id")
    .limit(12)
    .calculate("new", calc.field("users.signed_up_on") >= date(2023, 6, 17)),
    """SELECT id::BIGINT AS "users.id", signed_up_on AS "users.signed_up_on",
              signed_up_on > DATE '2023-06-16' AS "new"
       FROM users WHERE id <= 12 ORDER BY id""",
)
built(
    "a time that is also written out is computed with as a time",
    Query(ORDERS, "users")
    .select("users.cohort[month]", "users.count")
    .sort("users.cohort[month]")
    .limit(5)
    .calculate("month", calc.cast(calc.field("users.cohort[month]"), "varchar")),
    """SELECT date_trunc('month', signed_up_on)::TIMESTAMP AS "users.cohort[month]__raw",
              count(*) AS "users.count",
              date_trunc('month', signed_up_on)::TIMESTAMP::VARCHAR AS "month",
              strftime(date_trunc('month', signed_up_on), '%Y-%m') AS "users.cohort[month]"
       FROM users GROUP BY ALL ORDER BY 1 NULLS FIRST LIMIT 5""",
)

# --- calculations of calculations

built(
    "calculations refer to others, at any place",
    TOPIC.select("part of the whole", STATUS, COUNT)
    .sort(STATUS)
    .calculate("part of the whole", calc.field("so far") / calc.field("whole"))
    .calculate("so far", calc.running_total(COUNT))
    .calculate("whole", calc.overall(COUNT)),
    f"""SELECT sum(n) OVER (ORDER BY status NULLS FIRST) / 240 AS "part of the whole",
               status AS "order_items.status", n AS "order_items.count",
               sum(n) OVER (ORDER BY status NULLS FIRST)::BIGINT AS "so far",
               240::BIGINT AS "whole"
        FROM {STATUSES} ORDER BY status NULLS FIRST""",
)
built(
    "windows over windows",
    BY_MONTH.calculate("growth", calc.change_from_previous(REVENUE))
    .calculate("smooth", calc.moving("growth", 2))
    .calculate("total", calc.running_total("smooth"))
    .calculate("place", calc.rank("total")),
    f"""WITH a AS (SELECT m, s, s - lag(s) OVER (ORDER BY m) AS growth FROM {MONTHS}),
             b AS (SELECT *, avg(growth) OVER (ORDER BY m ROWS 1 PRECEDING) AS smooth FROM a),
             c AS (SELECT *, sum(smooth) OVER (ORDER BY m ROWS UNBOUNDED PRECEDING) AS total
                   FROM b)
        SELECT m AS "order_items.created_at[month]", s AS "order_items.total_sale_price",
               growth AS "growth", smooth AS "smooth", total AS "total",
               rank() OVER (ORDER BY total DESC NULLS LAST) AS "place"
        FROM c ORDER BY m""",
)
built(
    "over rows that a join repeats",
    TOPIC.select(STATUS, "users.total_credit")
    .sort("-users.total_credit")
    .limit(2)
    .calculate("share", calc.percent_of_total("users.total_credit")),
    """WITH credits AS (
           SELECT status, sum(credit) AS c
           FROM (SELECT DISTINCT o.status, u.id, u.credit
                 FROM order_items AS o LEFT JOIN users AS u ON u.id = o.user_id)
           GROUP BY status ORDER BY c DESC LIMIT 2)
       SELECT status AS "order_items.status", c AS "users.total_credit",
              c / (SELECT sum(c) FROM credits) AS "share"
       FROM credits ORDER BY c DESC""",
)
built(
    "an average that is null in one row",
    Query(ORDERS, "users")
    .select("users.id", AGE)
    .sort("users.id")
    .limit(10)
    .calculate("total", calc.running_total(AGE))
    .calculate("rank", calc.rank(AGE)),
    """SELECT id::BIGINT AS "users.id", age::DOUBLE AS "users.average_age",
              sum(age) OVER (ORDER BY id)::DOUBLE AS "total",
              rank() OVER (ORDER BY age DESC NULLS LAST) AS "rank"
       FROM users WHERE id <= 10 ORDER BY id""",
)
built(
    "errors that are swallowed, beside what is right",
    BY_STATUS.calculate("bad", calc.cast(calc.field(STATUS), "double"), swallow_errors=True)
    .calculate("worse", calc.field("bad") * 2, swallow_errors=True)
    .calculate("good", calc.field(COUNT) * 2),
    f"""SELECT status AS "order_items.status", n AS "order_items.count", '#ERROR!' AS "bad",
               '#ERROR!' AS "worse", (n * 2)::BIGINT AS "good"
        FROM {STATUSES} ORDER BY status NULLS FIRST""",
)

# --- what only trees say


def call(operator, *operands):
    return {"type": "call", "operator": operator, "operands": list(operands)}


def of(name, **beside):
    return {"type": "field", "field_name": name, **beside}


def literal(value):
    return {"type": "literal", "value": value, "string_value": str(value)}


def whole_column(name):
    places = (literal(number) for number in (-536870911, 0, 1073741823, 1))
    return call("Omni.OMNI_OFFSET_MULTI", of(name), *places)


def bound(name):
    kind = "org.apache.calcite.sql.SqlWindow$Bound"
    return {"type": "literal", "value": {"enum_class_name": kind, "name": name}}


def tree(expression, **beside):
    return {"sql_expression": expression, **beside}


BY_STATUS_OBJECT = orders([STATUS, COUNT], sorts=[sort(STATUS)])
told(
    "arithmetic of spreadsheets",
    BY_STATUS_OBJECT,
    {
        "x": tree(
            call(
                "Omni.OMNI_FX_MINUS",
                call("Omni.OMNI_FX_MULTIPLY", of(COUNT), literal(3)),
                call("Omni.OMNI_FX_PLUS", of(COUNT), literal(1)),
            )
        ),
        "y": tree(call("Omni.OMNI_FX_EQUALS", of(COUNT), literal(40))),
        "z": tree(call("Omni.OMNI_FX_NOT_EQUALS", of(STATUS), literal("complete"))),
    },
    f"""SELECT status AS "order_items.status", n AS "order_items.count",
               (2 * n - 1)::BIGINT AS "x", n = 40 AS "y", status <> 'complete' AS "z"
        FROM {STATUSES} ORDER BY status NULLS FIRST""",
)
told(
    "a sum joined to a text, and summed up from the first row, which a text names",
    orders([STATUS, QUANTITIES], sorts=[sort(STATUS)]),
    {
        "x": tree(call("Omni.OMNI_FX_AMPERSAND", literal("n = "), of(QUANTITIES))),
        "y": tree(
            call(
                "Omni.OMNI_FX_SUM",
                call(
                    "Omni.OMNI_OFFSET_MULTI",
                    of(QUANTITIES),
                    literal("ABSOLUTE_POSITION(1)"),
                    *(literal(number) for number in (0, 1, 1)),
                ),
            )
        ),
    },
    """WITH sums AS (SELECT status, sum(quantity)::BIGINT AS n FROM order_items GROUP BY 1)
       SELECT status AS "order_items.status", n AS "order_items.total_quantity",
              'n = ' || n AS "x",
              (SELECT sum(n) FROM sums AS before WHERE coalesce(before.status, '') <=
                  coalesce(sums.status, ''))::BIGINT AS "y"
       FROM sums ORDER BY status NULLS FIRST""",
)
for number, (column, criterion, meaning) in enumerate(
    (
        (STATUS, "complete", "status = 'complete'"),
        (STATUS, "<>complete", "status <> 'complete'"),
        (COUNT, ">40", "n > 40"),
        (COUNT, "<=40", "n <= 40"),
        (COUNT, "40", "n = 40"),
    )
):
    told(
        f"a sum and a count by a criterion, {number}",
        BY_STATUS_OBJECT,
        {
            "sum": tree(
                call(
                    "Omni.OMNI_FX_SUM_IF",
                    whole_column(column),
                    literal(criterion),
                    whole_column(COUNT),
                )
            ),
            "count": tree(call("Omni.OMNI_FX_COUNT_IF", whole_column(column), literal(criterion))),
        },
        f"""SELECT status AS "order_items.status", n AS "order_items.count",
                   (SELECT sum(n) FROM {STATUSES} WHERE {meaning})::BIGINT AS "sum",
                   (SELECT count(*) FROM {STATUSES} WHERE {meaning}) AS "count"
            FROM {STATUSES} ORDER BY status NULLS FIRST""",
    )
told(
    "a count by a criterion on dates",
    users(["users.id", "users.signed_up_on"], sorts=[sort("users.id")], limit=12),
    {
        "x": tree(
            call(
                "Omni.OMNI_FX_COUNT_IF",
                whole_column("users.signed_up_on"),
                literal(">=2023-06-17"),
            )
        )
    },
    """SELECT id::BIGINT AS "users.id", signed_up_on AS "users.signed_up_on",
              (SELECT count(*) FROM users WHERE id <= 12 AND signed_up_on > DATE '2023-06-16')
                  AS "x"
       FROM users WHERE id <= 12 ORDER BY id""",
)
told(
    "times as texts",
    orders([MONTH, COUNT], sorts=[sort(MONTH)], limit=3),
    {"x": tree(call("Omni.OMNI_FX_TEXT", of(MONTH), literal("YYYY-MM-DD HH24:MI")))},
    """SELECT date_trunc('month', created_at) AS "order_items.created_at[month]",
              count(*) AS "order_items.count",
              strftime(date_trunc('month', created_at), '%Y-%m-01 00:00') AS "x"
       FROM order_items GROUP BY 1 ORDER BY 1 LIMIT 3""",
)
told(
    "a window of one's own",
    orders([MONTH, STATUS, COUNT], sorts=[sort(MONTH), sort(STATUS)], limit=20),
    {
        "x": {
            "sql_expression": {
                "type": "window_call",
                "aggregate": call("SqlStdOperatorTable.SUM", of(COUNT)),
                "partition_args": [of(STATUS)],
                "order_by_args": [of(MONTH)],
                "is_rows": True,
                "lower_bound": bound("CURRENT_ROW"),
                "upper_bound": literal("UNBOUNDED_FOLLOWING"),
            }
        }
    },
    """WITH twenty AS (SELECT date_trunc('month', created_at) AS m, status, count(*) AS n
                       FROM order_items GROUP BY 1, 2 ORDER BY 1, 2 NULLS FIRST LIMIT 20)
       SELECT m AS "order_items.created_at[month]", status AS "order_items.status",
              n AS "order_items.count",
              (SELECT sum(n) FROM twenty AS later
               WHERE later.m >= t.m AND later.status IS NOT DISTINCT FROM t.status)::BIGINT AS "x"
       FROM twenty AS t ORDER BY 1, 2 NULLS FIRST""",
)

# --- over pivots, as the sandbox sends them: long, with the places of rows and columns

PIVOTED: list[Case] = []
PIVOT = TOPIC.select(MONTH, COUNT).pivot(STATUS).sort(MONTH).limit(4)
CELLS = """WITH cells AS (SELECT date_trunc('month', created_at) AS m, status, count(*) AS n,
                   dense_rank() OVER (ORDER BY date_trunc('month', created_at)) AS r,
                   dense_rank() OVER (ORDER BY status NULLS LAST) AS c
            FROM order_items GROUP BY m, status QUALIFY r <= 4)"""
PLACES = """m AS "order_items.created_at[month]", status AS "order_items.status",
            r AS "$omni_pivot_row_num", c AS "$omni_pivot_col_num", n AS "order_items.count" """


def pivoted(name, query, sql):
    """Add a case of a pivot."""
    PIVOTED.append(Case(name, query.to_dict(), sql))


pivoted(
    "templates look at the rows of their column",
    PIVOT.calculate("total", calc.running_total(COUNT))
    .calculate("share", calc.percent_of_total(COUNT))
    .calculate("before", calc.percent_of_previous(COUNT))
    .calculate("growth", calc.percent_change_from_previous(COUNT))
    .calculate("rank", calc.rank(COUNT))
    .calculate("double", calc.field("total") * 2),
    f"""{CELLS} SELECT {PLACES},
               (SELECT sum(n) FROM cells AS o WHERE o.c = t.c AND o.r <= t.r)::BIGINT AS "total",
               n / (SELECT sum(n) FROM cells AS o WHERE o.c = t.c) AS "share",
               n / (SELECT n FROM cells AS o WHERE o.c = t.c AND o.r = t.r - 1) AS "before",
               n / (SELECT n FROM cells AS o WHERE o.c = t.c AND o.r = t.r - 1) - 1 AS "growth",
               (SELECT 1 + count(*) FROM cells AS o WHERE o.c = t.c AND o.n > t.n) AS "rank",
               (SELECT 2 * sum(n) FROM cells AS o
                WHERE o.c = t.c AND o.r <= t.r)::BIGINT AS "double"
        FROM cells AS t ORDER BY r, c""",
)
for how, aggregate in {"sum": "sum(n)::BIGINT", "average": "avg(n)", "max": "max(n)"}.items():
    pivoted(
        f"the {how} of the columns of a row",
        PIVOT.calculate("total", calc.row_total(COUNT, how)),
        f"""{CELLS} SELECT {PLACES},
                   (SELECT {aggregate} FROM cells AS o WHERE o.r = t.r) AS "total"
            FROM cells AS t ORDER BY r, c""",
    )
pivoted(
    "the first two columns of a row, divided by all",
    PIVOT.calculate("part", calc.row_total(COUNT, columns=2) / calc.row_total(COUNT)),
    f"""{CELLS} SELECT {PLACES},
               (SELECT sum(n) FILTER (c <= 2) / sum(n) FROM cells AS o WHERE o.r = t.r) AS "part"
        FROM cells AS t ORDER BY r, c""",
)
