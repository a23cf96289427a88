"""Queries with totals and their answers, beside SQL written by hand over the base tables.

Every column of the wire is there, the helpers among them, and the order is always part of the answer.
Totals stand behind their groups, as in the one answer that was seen, unless a list says otherwise.
"""

from __future__ import annotations

from queries.query_cases import TOTAL, Case, flights, number, orders, sort, text, users

GRAND = "::total::"
TWO_CARRIERS = {"flights.carrier": text("EQUALS", "AA", "DL")}
_TWO = "FROM flights WHERE carrier IN ('AA', 'DL')"
# For the only group of a query over one key, and its grand total.
_MARKS = """mark AS "$omni_column_total_indicator" """


def _marks(*, subtotal: str) -> str:
    """The columns beside one subtotal that is sorted by and the grand total, of two dimensions."""
    return f"""CASE g WHEN 1 THEN 1 ELSE 0 END::BIGINT AS "ssort_0", g AS "$omni_group_grouping",
               CASE g WHEN 1 THEN 'column_subtotal::{subtotal}' WHEN 3 THEN 'column_total' END
                   AS "$omni_column_total_indicator",
               CASE g WHEN 3 THEN 1 ELSE 0 END::BIGINT AS "$omni_total_sort" """


BEHIND_CASES = [
    Case(
        "a subtotal stands behind the rows of its group, the grand total last",
        flights(
            ["flights.origin", "flights.carrier", "flights.count", "flights.planes"],
            filters=TWO_CARRIERS,
            sorts=[sort("flights.origin")],
            column_totals={"flights.origin": TOTAL, GRAND: TOTAL},
        ),
        f"""SELECT origin AS "flights.origin", carrier AS "flights.carrier", n AS "flights.count",
                   p AS "flights.planes", {_marks(subtotal="flights.origin")}
            FROM (SELECT origin, carrier, count(*) AS n, count(DISTINCT tailnum) AS p,
                         grouping(origin, carrier) AS g {_TWO}
                  GROUP BY GROUPING SETS ((origin, carrier), (origin), ()))
            ORDER BY g = 3, origin, g, carrier""",
    ),
    Case(
        "subtotals of two of three dimensions, as they were seen",
        flights(
            ["flights.origin", "flights.carrier", "flights.month", "flights.count"],
            filters={**TWO_CARRIERS, "flights.month": number("LESS_THAN", "3")},
            sorts=[sort("flights.origin"), sort("flights.carrier")],
            column_totals={"flights.origin": TOTAL, "flights.carrier": TOTAL},
        ),
        f"""SELECT origin AS "flights.origin", carrier AS "flights.carrier",
                   month::BIGINT AS "flights.month", n AS "flights.count",
                   (g = 3)::BIGINT AS "ssort_0", (g = 1)::BIGINT AS "ssort_1",
                   g AS "$omni_group_grouping",
                   CASE g WHEN 1 THEN 'column_subtotal::flights.carrier'
                          WHEN 3 THEN 'column_subtotal::flights.origin' END
                       AS "$omni_column_total_indicator",
                   0::BIGINT AS "$omni_total_sort"
            FROM (SELECT origin, carrier, month, count(*) AS n,
                         grouping(origin, carrier, month) AS g {_TWO} AND month < 3
                  GROUP BY GROUPING SETS ((origin, carrier, month), (origin, carrier), (origin)))
            ORDER BY origin, g = 3, carrier, g = 1, month""",
    ),
    Case(
        "the helpers of a subtotal come only where it is sorted by",
        flights(
            ["flights.origin", "flights.carrier", "flights.count"],
            filters=TWO_CARRIERS,
            column_totals={"flights.origin": TOTAL},
        ),
        f"""SELECT origin AS "flights.origin", carrier AS "flights.carrier", n AS "flights.count",
                   g AS "$omni_group_grouping",
                   CASE g WHEN 1 THEN 'column_subtotal::flights.origin' END
                       AS "$omni_column_total_indicator",
                   0::BIGINT AS "$omni_total_sort"
            FROM (SELECT origin, carrier, count(*) AS n, grouping(origin, carrier) AS g {_TWO}
                  GROUP BY GROUPING SETS ((origin, carrier), (origin)))
            ORDER BY origin, g, carrier""",
    ),
    Case(
        "no totals come where the first group alone has more rows than are looked at",
        flights(
            ["flights.origin", "flights.month", "flights.dest", "flights.count"],
            sorts=[sort("flights.origin"), sort("flights.month")],
            limit=10,
            column_totals={"flights.origin": TOTAL, "flights.month": TOTAL},
        ),
        """SELECT 'EWR' AS "flights.origin", 1::BIGINT AS "flights.month", dest AS "flights.dest",
                  count(*) AS "flights.count", 0::BIGINT AS "ssort_0", 0::BIGINT AS "ssort_1",
                  0::BIGINT AS "$omni_group_grouping",
                  NULL::VARCHAR AS "$omni_column_total_indicator", 0::BIGINT AS "$omni_total_sort"
           FROM flights WHERE origin = 'EWR' AND month = 1 GROUP BY dest ORDER BY dest LIMIT 10""",
    ),
    Case(
        "a limit that no group fits into leaves no totals",
        flights(
            ["flights.origin", "flights.dest", "flights.count"],
            sorts=[sort("flights.origin")],
            limit=3,
            column_totals={"flights.origin": TOTAL, GRAND: TOTAL},
        ),
        """SELECT 'EWR' AS "flights.origin", dest AS "flights.dest", count(*) AS "flights.count",
                  0::BIGINT AS "ssort_0", 0::BIGINT AS "$omni_group_grouping",
                  NULL::VARCHAR AS "$omni_column_total_indicator", 0::BIGINT AS "$omni_total_sort"
           FROM flights WHERE origin = 'EWR' GROUP BY dest ORDER BY dest LIMIT 3""",
    ),
    Case(
        "subtotals have the limit to themselves, and stay where their rows do not",
        flights(
            ["flights.origin", "flights.carrier", "flights.count"],
            filters=TWO_CARRIERS,
            sorts=[sort("flights.origin")],
            limit=4,
            column_totals={"flights.origin": TOTAL, GRAND: TOTAL},
        ),
        f"""SELECT origin AS "flights.origin", carrier AS "flights.carrier", n AS "flights.count",
                   {_marks(subtotal="flights.origin")}
            FROM (SELECT origin, carrier, count(*) AS n, grouping(origin, carrier) AS g {_TWO}
                  GROUP BY GROUPING SETS ((origin, carrier), (origin), ()))
            WHERE g > 0 OR origin <> 'LGA'
            ORDER BY g = 3, origin, g, carrier""",
    ),
    Case(
        "of what is looked at, subtotals keep as many as the limit",
        flights(
            ["flights.origin", "flights.carrier", "flights.count"],
            filters=TWO_CARRIERS,
            sorts=[sort("flights.origin")],
            limit=2,
            column_totals={"flights.origin": TOTAL},
        ),
        f"""SELECT origin AS "flights.origin", carrier AS "flights.carrier", n AS "flights.count",
                   g AS "ssort_0", g AS "$omni_group_grouping",
                   CASE g WHEN 1 THEN 'column_subtotal::flights.origin' END
                       AS "$omni_column_total_indicator",
                   0::BIGINT AS "$omni_total_sort"
            FROM (SELECT origin, carrier, count(*) AS n, grouping(origin, carrier) AS g {_TWO}
                  AND origin = 'EWR' GROUP BY GROUPING SETS ((origin, carrier), (origin)))
            ORDER BY g, carrier""",
    ),
    Case(
        "a group that is null is told from what is rolled up",
        orders(
            ["products.category", "order_items.status", "order_items.count"],
            sorts=[sort("products.category"), sort("order_items.status", descending=True)],
            column_totals={"products.category": TOTAL, GRAND: TOTAL},
        ),
        f"""SELECT category AS "products.category", status AS "order_items.status",
                   n AS "order_items.count", {_marks(subtotal="products.category")}
            FROM (SELECT category, status, count(*) AS n, grouping(category, status) AS g
                  FROM order_items LEFT JOIN products USING (sku)
                  GROUP BY GROUPING SETS ((category, status), (category), ()))
            ORDER BY g = 3, category NULLS FIRST, g, status DESC NULLS LAST""",
    ),
    Case(
        "groups from the last to the first, each with its subtotal behind it",
        flights(
            ["flights.origin", "flights.carrier", "flights.average_distance"],
            filters=TWO_CARRIERS,
            sorts=[sort("flights.origin", descending=True), sort("flights.average_distance")],
            column_totals={"flights.origin": TOTAL, GRAND: TOTAL},
        ),
        f"""SELECT origin AS "flights.origin", carrier AS "flights.carrier",
                   d AS "flights.average_distance", {_marks(subtotal="flights.origin")}
            FROM (SELECT origin, carrier, avg(distance) AS d, grouping(origin, carrier) AS g {_TWO}
                  GROUP BY GROUPING SETS ((origin, carrier), (origin), ()))
            ORDER BY g = 3, origin DESC, g, d""",
    ),
    Case(
        "totals are over the groups that a filter on a measure keeps",
        flights(
            ["flights.origin", "flights.carrier", "flights.count", "flights.planes"],
            filters={"flights.count": number("GREATER_THAN", "20000")},
            sorts=[sort("flights.origin")],
            column_totals={"flights.origin": TOTAL, GRAND: TOTAL},
        ),
        f"""WITH kept AS (SELECT origin, carrier FROM flights GROUP BY ALL HAVING count(*) > 20000)
            SELECT origin AS "flights.origin", carrier AS "flights.carrier", n AS "flights.count",
                   p AS "flights.planes", {_marks(subtotal="flights.origin")}
            FROM (SELECT origin, carrier, count(*) AS n, count(DISTINCT tailnum) AS p,
                         grouping(origin, carrier) AS g
                  FROM flights JOIN kept USING (origin, carrier)
                  GROUP BY GROUPING SETS ((origin, carrier), (origin), ()))
            ORDER BY g = 3, origin, g, carrier""",
    ),
    Case(
        "totals of measures whose rows a join repeats",
        users(
            ["users.state", "order_items.is_gift", "users.count", "users.total_credit"],
            sorts=[sort("users.state"), sort("order_items.is_gift")],
            column_totals={"users.state": TOTAL, GRAND: TOTAL},
        ),
        f"""WITH o AS (SELECT DISTINCT u.state, i.is_gift, u.id, u.credit FROM users u
                       LEFT JOIN order_items i ON i.user_id = u.id),
                 every AS (SELECT state, is_gift, id, credit, 0::BIGINT AS g FROM o
                           UNION SELECT state, NULL, id, credit, 1 FROM o
                           UNION SELECT NULL, NULL, id, credit, 3 FROM o)
            SELECT state AS "users.state", is_gift AS "order_items.is_gift",
                   count(*) AS "users.count", coalesce(sum(credit), 0) AS "users.total_credit",
                   {_marks(subtotal="users.state")}
            FROM every GROUP BY state, is_gift, g
            ORDER BY g = 3, state NULLS FIRST, g, is_gift NULLS FIRST""",
    ),
    Case(
        "the grand total of measures alone",
        flights(["flights.count", "flights.planes"], column_totals={GRAND: TOTAL}),
        f"""SELECT 336776::BIGINT AS "flights.count", 4043::BIGINT AS "flights.planes",
                   0::BIGINT AS "$omni_group_grouping", {_MARKS},
                   (mark IS NOT NULL)::BIGINT AS "$omni_total_sort"
            FROM (VALUES (NULL), ('column_total')) AS marks(mark)""",
    ),
    Case(
        "of no rows there is a grand total",
        flights(
            ["flights.origin", "flights.count"],
            filters={"flights.carrier": text("EQUALS", "nobody")},
            column_totals={GRAND: TOTAL, "flights.origin": TOTAL},
        ),
        """SELECT NULL::VARCHAR AS "flights.origin", 0::BIGINT AS "flights.count",
                  1::BIGINT AS "$omni_group_grouping",
                  'column_total' AS "$omni_column_total_indicator", 1::BIGINT AS "$omni_total_sort" """,
    ),
    Case(
        "a subtotal of the last dimension stands behind each row",
        flights(
            ["flights.origin", "flights.count"],
            sorts=[sort("flights.origin")],
            column_totals={"flights.origin": TOTAL},
        ),
        f"""SELECT origin AS "flights.origin", count(*) AS "flights.count",
                   (mark IS NOT NULL)::BIGINT AS "ssort_0", 0::BIGINT AS "$omni_group_grouping",
                   {_MARKS}, 0::BIGINT AS "$omni_total_sort"
            FROM flights, (VALUES (NULL), ('column_subtotal::flights.origin')) AS marks(mark)
            GROUP BY origin, mark ORDER BY origin, 3""",
    ),
    Case(
        "rows sorted by a measure, and their grand total last",
        flights(
            ["flights.origin", "flights.count"],
            sorts=[sort("flights.count", descending=True)],
            limit=2,
            column_totals={GRAND: TOTAL},
        ),
        """(SELECT origin AS "flights.origin", count(*) AS "flights.count",
                   0::BIGINT AS "$omni_group_grouping",
                   NULL::VARCHAR AS "$omni_column_total_indicator",
                   0::BIGINT AS "$omni_total_sort"
            FROM flights GROUP BY origin ORDER BY 2 DESC LIMIT 2)
           UNION ALL SELECT NULL, 336776, 1, 'column_total', 1""",
    ),
    Case(
        "without a limit all totals come",
        flights(
            ["flights.origin", "flights.dest", "flights.count"],
            sorts=[sort("flights.origin")],
            limit=None,
            column_totals={"flights.origin": TOTAL, GRAND: TOTAL},
        ),
        f"""SELECT origin AS "flights.origin", dest AS "flights.dest", n AS "flights.count",
                   {_marks(subtotal="flights.origin")}
            FROM (SELECT origin, dest, count(*) AS n, grouping(origin, dest) AS g FROM flights
                  GROUP BY GROUPING SETS ((origin, dest), (origin), ()))
            ORDER BY g = 3, origin, g, dest""",
    ),
]

LAST_CASES = [
    Case(
        "behind all rows, whatever the limit and the offset",
        flights(
            ["flights.origin", "flights.carrier", "flights.count"],
            filters=TWO_CARRIERS,
            sorts=[sort("flights.origin")],
            limit=2,
            offset=1,
            column_totals={"flights.origin": TOTAL, GRAND: TOTAL},
        ),
        f"""SELECT origin AS "flights.origin", carrier AS "flights.carrier", n AS "flights.count",
                   {_marks(subtotal="flights.origin")}
            FROM (SELECT origin, carrier, count(*) AS n, grouping(origin, carrier) AS g {_TWO}
                  GROUP BY GROUPING SETS ((origin, carrier), (origin), ()))
            WHERE g > 0 OR (origin = 'EWR' AND carrier = 'DL') OR (origin = 'JFK' AND carrier = 'AA')
            ORDER BY g, origin, carrier""",
    ),
    Case(
        "behind all rows, subtotals in the order of the rows",
        flights(
            ["flights.origin", "flights.carrier", "flights.count"],
            filters=TWO_CARRIERS,
            sorts=[sort("flights.count", descending=True)],
            column_totals={"flights.origin": TOTAL, GRAND: TOTAL},
        ),
        f"""SELECT origin AS "flights.origin", carrier AS "flights.carrier", n AS "flights.count",
                   g AS "$omni_group_grouping",
                   CASE g WHEN 1 THEN 'column_subtotal::flights.origin'
                          WHEN 3 THEN 'column_total' END AS "$omni_column_total_indicator",
                   (g = 3)::BIGINT AS "$omni_total_sort"
            FROM (SELECT origin, carrier, count(*) AS n, grouping(origin, carrier) AS g {_TWO}
                  GROUP BY GROUPING SETS ((origin, carrier), (origin), ()))
            ORDER BY g, n DESC""",
    ),
    Case(
        "behind all rows, finer subtotals before coarser ones",
        flights(
            ["flights.origin", "flights.carrier", "flights.month", "flights.count"],
            filters={**TWO_CARRIERS, "flights.month": number("LESS_THAN", "3")},
            limit=1,
            column_totals={"flights.origin": TOTAL, "flights.carrier": TOTAL, GRAND: TOTAL},
        ),
        f"""SELECT origin AS "flights.origin", carrier AS "flights.carrier",
                   month::BIGINT AS "flights.month", n AS "flights.count",
                   g AS "$omni_group_grouping",
                   CASE g WHEN 1 THEN 'column_subtotal::flights.carrier'
                          WHEN 3 THEN 'column_subtotal::flights.origin'
                          WHEN 7 THEN 'column_total' END AS "$omni_column_total_indicator",
                   (g = 7)::BIGINT AS "$omni_total_sort"
            FROM (SELECT origin, carrier, month, count(*) AS n,
                         grouping(origin, carrier, month) AS g {_TWO} AND month < 3
                  GROUP BY ROLLUP (origin, carrier, month))
            WHERE g > 0 OR (origin = 'EWR' AND carrier = 'AA' AND month = 1)
            ORDER BY g, origin, carrier""",
    ),
]
