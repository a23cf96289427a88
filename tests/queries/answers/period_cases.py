"""Periods compared with earlier ones, beside SQL written by hand over the base tables.

Every column of the wire is there, the helpers among them, and the order is always part of the answer.
``NOW`` is 15 November 2024.
"""

from __future__ import annotations

from queries.query_cases import Case, date, flights, number, orders, sort, text, users

PERIOD = "omni_period_pivot"
CREATED, SHIPPED = "order_items.created_at", "order_items.shipped_on"


def compared(name: str, *earlier: dict[str, object]) -> list[dict[str, object]]:
    """Compare the current period with earlier ones."""
    current = {"date_filter_field_name": name, "periods_ago": None, "time_unit_name": None}
    return [current, *({"date_filter_field_name": name, **each} for each in earlier)]


def ago(count: int, unit: str, **rest: object) -> dict[str, object]:
    """Describe a period that lies so many units back."""
    return {"periods_ago": count, "time_unit_name": unit, **rest}


DYNAMIC = {"periods_ago": 1, "time_unit_name": None, "is_dynamic_previous_period": True}


def _pivoted(periods: list[dict[str, object]], name: str, kept: dict[str, object]) -> dict:
    return {
        "pivots": [PERIOD],
        "period_over_period_computations": periods,
        "filters": {name: kept},
    }


def _by_category(*periods: tuple[str, str, str]) -> str:
    """Count items of each category, in ranges of the day they were shipped on."""
    parts = " UNION ALL ".join(
        f"""SELECT p.category, '{label}' AS period, {place}::BIGINT AS c, i.id
            FROM order_items i LEFT JOIN products p ON p.sku = i.sku
            WHERE i.shipped_on >= '{start}' AND i.shipped_on < '{end}'"""
        for place, (label, start, end) in enumerate(periods, 1)
    )
    return f"""WITH o AS ({parts})
        SELECT category AS "products.category", period AS "{PERIOD}",
               dense_rank() OVER (ORDER BY category NULLS LAST) AS "$omni_pivot_row_num",
               dense_rank() OVER (ORDER BY c) AS "$omni_pivot_col_num",
               count(*) AS "order_items.count"
        FROM o GROUP BY category, period, c ORDER BY 3, 4"""


def _shipped(periods: list[dict[str, object]], kept: dict[str, object]) -> dict:
    fields = ["products.category", PERIOD, "order_items.count"]
    return orders(fields, **_pivoted(periods, SHIPPED, kept))


_MAY = date("TIME_FOR_UNIT_DURATION", "2024-05")

PERIOD_CASES = [
    Case(
        "a month and the one before",
        _shipped(compared(SHIPPED, ago(1, "MONTH")), _MAY),
        _by_category(
            ("Current Period", "2024-05-01", "2024-06-01"),
            ("Previous Month", "2024-04-01", "2024-05-01"),
        ),
    ),
    Case(
        "several comparisons, in the order that they are asked for",
        flights(
            ["flights.origin", "flights.count", "flights.average_dep_delay", PERIOD],
            **_pivoted(
                compared("flights.date", ago(1, "QUARTER"), ago(1, "WEEK"), ago(1, "MONTH")),
                "flights.date",
                date("TIME_FOR_INTERVAL_DURATION", "2013-07-08", "7 days"),
            ),
        ),
        f"""WITH f AS (SELECT *, make_date(year, month, day) AS d FROM flights),
                 o AS (SELECT *, 'Current Period' AS period, 1 AS c FROM f
                       WHERE d BETWEEN '2013-07-08' AND '2013-07-14'
                       UNION ALL SELECT *, 'Previous Quarter', 2 FROM f
                       WHERE d BETWEEN '2013-04-08' AND '2013-04-14'
                       UNION ALL SELECT *, 'Previous Week', 3 FROM f
                       WHERE d BETWEEN '2013-07-01' AND '2013-07-07'
                       UNION ALL SELECT *, 'Previous Month', 4 FROM f
                       WHERE d BETWEEN '2013-06-08' AND '2013-06-14')
            SELECT origin AS "flights.origin", period AS "{PERIOD}",
                   CASE origin WHEN 'EWR' THEN 1 WHEN 'JFK' THEN 2 ELSE 3 END::BIGINT
                       AS "$omni_pivot_row_num",
                   c::BIGINT AS "$omni_pivot_col_num", count(*) AS "flights.count",
                   avg(dep_delay) AS "flights.average_dep_delay"
            FROM o GROUP BY origin, period, c ORDER BY 3, 4""",
    ),
    Case(
        "a range that is relative to today, a year back",
        _shipped(
            compared(SHIPPED, ago(1, "YEAR")),
            date("TIME_FOR_INTERVAL_DURATION", "3 complete months ago", "6 months"),
        ),
        _by_category(
            ("Current Period", "2024-08-01", "2025-02-01"),
            ("Previous Year", "2023-08-01", "2024-02-01"),
        ),
    ),
    Case(
        "a range between two days, each moved by a month of the calendar",
        _shipped(compared(SHIPPED, ago(1, "MONTH")), date("BETWEEN", "2024-03-15", "2024-03-31")),
        _by_category(
            ("Current Period", "2024-03-15", "2024-03-31"),
            ("Previous Month", "2024-02-15", "2024-02-29"),
        ),
    ),
    Case(
        "the compared date among the fields, moved onto the current period",
        orders(
            [f"{SHIPPED}[date]", PERIOD, "order_items.count"],
            **_pivoted(
                compared(SHIPPED, ago(1, "MONTH"), DYNAMIC),
                SHIPPED,
                date("BETWEEN", "2024-03-15", "2024-03-31"),
            ),
        ),
        f"""WITH o AS (
                SELECT shipped_on AS d, 'Current Period' AS period, 1 AS c FROM order_items
                WHERE shipped_on >= '2024-03-15' AND shipped_on < '2024-03-31'
                UNION ALL SELECT shipped_on + INTERVAL 1 MONTH, 'Previous Month', 2 FROM order_items
                WHERE shipped_on >= '2024-02-15' AND shipped_on < '2024-02-29'
                UNION ALL SELECT shipped_on + INTERVAL 16 DAY, 'Previous Period', 3 FROM order_items
                WHERE shipped_on >= '2024-02-28' AND shipped_on < '2024-03-15')
            SELECT d::TIMESTAMP AS "{SHIPPED}[date]", period AS "{PERIOD}",
                   dense_rank() OVER (ORDER BY d) AS "$omni_pivot_row_num",
                   dense_rank() OVER (ORDER BY c) AS "$omni_pivot_col_num",
                   count(*) AS "order_items.count"
            FROM o GROUP BY d, period, c ORDER BY 3, 4""",
    ),
    Case(
        "a range of two bounds",
        _shipped(
            compared(SHIPPED, ago(1, "QUARTER")),
            {
                "type": "composite",
                "conjunction": "AND",
                "filters": [
                    date("ON_OR_AFTER", "2024-07-10"),
                    date("BEFORE", right="2024-08-20"),
                ],
            },
        ),
        _by_category(
            ("Current Period", "2024-07-10", "2024-08-20"),
            ("Previous Quarter", "2024-04-10", "2024-05-20"),
        ),
    ),
    Case(
        "a dynamic period of whole months is as many months",
        _shipped(compared(SHIPPED, DYNAMIC), date("BETWEEN", "2024-03-01", "2024-05-01")),
        _by_category(
            ("Current Period", "2024-03-01", "2024-05-01"),
            ("Previous Period", "2024-01-01", "2024-03-01"),
        ),
    ),
    Case(
        "a dynamic period of days is as long, and right before",
        _shipped(
            compared(SHIPPED, DYNAMIC),
            date("TIME_FOR_INTERVAL_DURATION", "40 complete days ago", "30 days"),
        ),
        _by_category(
            ("Current Period", "2024-10-06", "2024-11-05"),
            ("Previous Period", "2024-09-06", "2024-10-06"),
        ),
    ),
    Case(
        "an entry that is ignored is not there",
        _shipped(
            compared(SHIPPED, ago(1, "YEAR", is_ignored=True), ago(1, "MONTH", is_ignored=False)),
            _MAY,
        ),
        _by_category(
            ("Current Period", "2024-05-01", "2024-06-01"),
            ("Previous Month", "2024-04-01", "2024-05-01"),
        ),
    ),
    Case(
        "periods further back are called so",
        _shipped(compared(SHIPPED, ago(2, "month"), ago(3, "WEEK")), _MAY),
        _by_category(
            ("Current Period", "2024-05-01", "2024-06-01"),
            ("2 Months Ago", "2024-03-01", "2024-04-01"),
            ("3 Weeks Ago", "2024-04-10", "2024-05-11"),
        ),
    ),
    Case(
        "a row that is in two periods counts in both",
        orders(
            [PERIOD, "order_items.count", "order_items.total_quantity"],
            **_pivoted(
                compared(CREATED, ago(1, "DAY")),
                CREATED,
                date("BETWEEN", "2024-03-01", "2024-03-31 12"),
            ),
        ),
        f"""SELECT period AS "{PERIOD}", 1::BIGINT AS "$omni_pivot_row_num",
                   c::BIGINT AS "$omni_pivot_col_num", count(*) AS "order_items.count",
                   sum(quantity)::BIGINT AS "order_items.total_quantity"
            FROM order_items, (VALUES
                 ('Current Period', 1, '2024-03-01 00:00+00', '2024-03-31 12:00+00'),
                 ('Previous Day', 2, '2024-02-29 00:00+00', '2024-03-30 12:00+00'))
                 AS periods(period, c, start, finish)
            WHERE created_at >= start::TIMESTAMPTZ AND created_at < finish::TIMESTAMPTZ
            GROUP BY period, c ORDER BY c""",
    ),
    Case(
        "a filter on a measure keeps cells of single periods",
        _shipped(compared(SHIPPED, ago(1, "MONTH")), _MAY)
        | {"filters": {SHIPPED: _MAY, "order_items.count": number("GREATER_THAN", "3")}},
        f"""SELECT * FROM ({
            _by_category(
                ("Current Period", "2024-05-01", "2024-06-01"),
                ("Previous Month", "2024-04-01", "2024-05-01"),
            ).replace(
                "GROUP BY category, period, c", "GROUP BY category, period, c HAVING count(*) > 3"
            )
        })""",
    ),
    Case(
        "measures whose rows a join repeats, in each period",
        users(
            ["order_items.status", PERIOD, "users.count", "users.total_credit"],
            **_pivoted(compared(SHIPPED, ago(1, "MONTH")), SHIPPED, _MAY),
        ),
        f"""WITH o AS (SELECT DISTINCT i.status, c, u.id, u.credit FROM users u
                       JOIN order_items i ON i.user_id = u.id
                       JOIN (VALUES (1, '2024-05-01', '2024-06-01'), (2, '2024-04-01', '2024-05-01'))
                            AS periods(c, start, finish)
                            ON i.shipped_on >= start::DATE AND i.shipped_on < finish::DATE)
            SELECT status AS "order_items.status",
                   CASE c WHEN 1 THEN 'Current Period' ELSE 'Previous Month' END AS "{PERIOD}",
                   dense_rank() OVER (ORDER BY status NULLS LAST) AS "$omni_pivot_row_num",
                   c::BIGINT AS "$omni_pivot_col_num", count(*) AS "users.count",
                   sum(credit) AS "users.total_credit"
            FROM o GROUP BY status, c ORDER BY 3, 4""",
    ),
    Case(
        "a period beside another pivot, and other filters on its rows",
        orders(
            ["users.is_vip", "order_items.status", PERIOD, "order_items.count"],
            **_pivoted(compared(SHIPPED, ago(1, "QUARTER")), SHIPPED, _MAY)
            | {
                "pivots": ["order_items.status", PERIOD],
                "filters": {
                    SHIPPED: _MAY,
                    "order_items.status": text("EQUALS", "complete", "returned"),
                },
                "sorts": [sort("order_items.status", descending=True)],
            },
        ),
        f"""WITH o AS (SELECT u.is_vip, i.status, c FROM order_items i
                       LEFT JOIN users u ON u.id = i.user_id
                       JOIN (VALUES (1, '2024-05-01', '2024-06-01'), (2, '2024-02-01', '2024-03-01'))
                            AS periods(c, start, finish)
                            ON i.shipped_on >= start::DATE AND i.shipped_on < finish::DATE
                       WHERE i.status IN ('complete', 'returned'))
            SELECT is_vip AS "users.is_vip", status AS "order_items.status",
                   CASE c WHEN 1 THEN 'Current Period' ELSE 'Previous Quarter' END AS "{PERIOD}",
                   dense_rank() OVER (ORDER BY is_vip NULLS LAST) AS "$omni_pivot_row_num",
                   dense_rank() OVER (ORDER BY status DESC, c) AS "$omni_pivot_col_num",
                   count(*) AS "order_items.count"
            FROM o GROUP BY is_vip, status, c ORDER BY 4, 5""",
    ),
    Case(
        "a period that has no rows is no column",
        _shipped(
            compared(SHIPPED, ago(1, "YEAR"), ago(1, "DAY")),
            date("TIME_FOR_UNIT_DURATION", "2024-05-07"),
        ),
        _by_category(
            ("Current Period", "2024-05-07", "2024-05-08"),
            ("Previous Year", "2023-05-07", "2023-05-08"),
            ("Previous Day", "2024-05-06", "2024-05-07"),
        ),
    ),
    Case(
        "the limits are those of any pivot",
        _shipped(compared(SHIPPED, ago(1, "MONTH")), _MAY) | {"limit": 2, "column_limit": 1},
        f"""SELECT * FROM ({
            _by_category(
                ("Current Period", "2024-05-01", "2024-06-01"),
                ("Previous Month", "2024-04-01", "2024-05-01"),
            )
        }) WHERE "$omni_pivot_row_num" <= 2 AND "$omni_pivot_col_num" = 1""",
    ),
]
