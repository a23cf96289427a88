"""Pivoted queries and their answers, beside SQL written by hand over the base tables.

Every column of the wire is there, the helpers among them, and the order is always part of the answer.
"""

from __future__ import annotations

from queries.query_cases import Case, date, flights, number, orders, sort, text, users

NEW_YEAR = {"flights.month": number("EQUALS", "1"), "flights.day": number("EQUALS", "1")}
HELPERS = """r AS "$omni_pivot_row_num", c AS "$omni_pivot_col_num" """
_ITEMS = """order_items i LEFT JOIN products p ON p.sku = i.sku"""

PIVOT_CASES = [
    Case(
        "one row per combination, nulls last in both directions",
        orders(
            ["products.category", "order_items.status", "order_items.count"],
            pivots=["order_items.status"],
        ),
        f"""SELECT category AS "products.category", status AS "order_items.status",
                   CASE category WHEN 'Extras' THEN 1 WHEN 'Shirts' THEN 2 WHEN 'Socks' THEN 3
                        ELSE 4 END::BIGINT AS "$omni_pivot_row_num",
                   CASE status WHEN 'complete' THEN 1 WHEN 'pending' THEN 2 WHEN 'returned' THEN 3
                        ELSE 4 END::BIGINT AS "$omni_pivot_col_num",
                   count(*) AS "order_items.count"
            FROM {_ITEMS} GROUP BY category, status ORDER BY 3, 4""",
    ),
    Case(
        "a null value of the pivot is the first column, sorted as Omni does",
        orders(
            ["products.category", "order_items.status", "order_items.count"],
            pivots=["order_items.status"],
            sorts=[sort("order_items.status"), sort("products.category", nulls="FIRST")],
        ),
        f"""SELECT category AS "products.category", status AS "order_items.status",
                   CASE category WHEN 'Extras' THEN 2 WHEN 'Shirts' THEN 3 WHEN 'Socks' THEN 4
                        ELSE 1 END::BIGINT AS "$omni_pivot_row_num",
                   CASE status WHEN 'complete' THEN 2 WHEN 'pending' THEN 3 WHEN 'returned' THEN 4
                        ELSE 1 END::BIGINT AS "$omni_pivot_col_num",
                   count(*) AS "order_items.count"
            FROM {_ITEMS} GROUP BY category, status ORDER BY 3, 4""",
    ),
    Case(
        "an empty cell has no row",
        flights(
            ["flights.carrier", "flights.origin", "flights.count"],
            pivots=["flights.origin"],
            filters={"flights.carrier": text("EQUALS", "AS", "HA", "F9", "DL")},
        ),
        """SELECT * FROM (VALUES
             ('AS', 'EWR', 1, 1, 714), ('DL', 'EWR', 2, 1, 4342), ('DL', 'JFK', 2, 2, 20701),
             ('DL', 'LGA', 2, 3, 23067), ('F9', 'LGA', 3, 3, 685), ('HA', 'JFK', 4, 2, 342))
           AS cells("flights.carrier", "flights.origin", "$omni_pivot_row_num",
                    "$omni_pivot_col_num", "flights.count")""",
    ),
    Case(
        "dimensions come before pivots and helpers before measures, whatever the request says",
        flights(
            ["flights.average_distance", "flights.origin", "flights.count", "flights.carrier"],
            pivots=["flights.origin"],
            filters=NEW_YEAR,
        ),
        f"""SELECT carrier AS "flights.carrier", origin AS "flights.origin", {HELPERS},
                   a AS "flights.average_distance", n AS "flights.count"
            FROM (SELECT carrier, origin, dense_rank() OVER (ORDER BY carrier) AS r,
                         CASE origin WHEN 'EWR' THEN 1 WHEN 'JFK' THEN 2 ELSE 3 END::BIGINT AS c,
                         avg(distance) AS a, count(*) AS n
                  FROM flights WHERE month = 1 AND day = 1 GROUP BY carrier, origin)
            ORDER BY r, c""",
    ),
    Case(
        "two pivots are ranked together",
        orders(
            [
                "products.category",
                "order_items.status",
                "order_items.is_gift",
                "order_items.total_quantity",
            ],
            pivots=["order_items.status", "order_items.is_gift"],
            filters={"order_items.status": text("EQUALS", "complete", "returned")},
        ),
        f"""WITH g AS (SELECT category, status, is_gift, coalesce(sum(quantity), 0)::BIGINT AS q
                       FROM {_ITEMS} WHERE status IN ('complete', 'returned') GROUP BY ALL),
                 k AS (SELECT status, is_gift, row_number() OVER (ORDER BY status, is_gift) AS c
                       FROM (SELECT DISTINCT status, is_gift FROM g))
            SELECT category AS "products.category", status AS "order_items.status",
                   is_gift AS "order_items.is_gift", {HELPERS}, q AS "order_items.total_quantity"
            FROM (SELECT g.*, dense_rank() OVER (ORDER BY category) AS r, c FROM g JOIN k
                  ON k.status = g.status AND k.is_gift IS NOT DISTINCT FROM g.is_gift)
            ORDER BY r, c""",
    ),
    Case(
        "pivots that are not sorted by follow in the order of the pivots",
        flights(
            ["flights.dest", "flights.origin", "flights.carrier", "flights.count"],
            pivots=["flights.carrier", "flights.origin"],
            filters={**NEW_YEAR, "flights.dest": text("EQUALS", "MIA", "ATL", "BOS")},
        ),
        f"""WITH g AS (SELECT dest, origin, carrier, count(*) AS n FROM flights
                       WHERE month = 1 AND day = 1 AND dest IN ('MIA', 'ATL', 'BOS') GROUP BY ALL),
                 k AS (SELECT *, row_number() OVER (ORDER BY carrier, origin) AS c
                       FROM (SELECT DISTINCT carrier, origin FROM g))
            SELECT dest AS "flights.dest", origin AS "flights.origin",
                   carrier AS "flights.carrier", {HELPERS}, n AS "flights.count"
            FROM (SELECT g.*, dense_rank() OVER (ORDER BY dest) AS r, c
                  FROM g JOIN k USING (carrier, origin))
            ORDER BY r, c""",
    ),
    Case(
        "of two pivots the one that is sorted by ranks first",
        flights(
            ["flights.dest", "flights.carrier", "flights.origin", "flights.count"],
            pivots=["flights.carrier", "flights.origin"],
            sorts=[sort("flights.origin", descending=True), sort("flights.dest", descending=True)],
            filters={**NEW_YEAR, "flights.dest": text("EQUALS", "MIA", "ATL", "BOS")},
        ),
        f"""WITH g AS (SELECT dest, origin, carrier, count(*) AS n FROM flights
                       WHERE month = 1 AND day = 1 AND dest IN ('MIA', 'ATL', 'BOS') GROUP BY ALL),
                 k AS (SELECT *, row_number() OVER (ORDER BY origin DESC, carrier) AS c
                       FROM (SELECT DISTINCT carrier, origin FROM g))
            SELECT dest AS "flights.dest", carrier AS "flights.carrier",
                   origin AS "flights.origin", {HELPERS}, n AS "flights.count"
            FROM (SELECT g.*, c, CASE dest WHEN 'MIA' THEN 1 WHEN 'BOS' THEN 2 ELSE 3 END::BIGINT AS r
                  FROM g JOIN k USING (carrier, origin))
            ORDER BY r, c""",
    ),
    Case(
        "two row dimensions are ranked together, the second first where it is sorted by",
        orders(
            ["products.category", "users.is_vip", "order_items.status", "order_items.count"],
            pivots=["order_items.status"],
            sorts=[sort("users.is_vip", descending=True)],
        ),
        f"""WITH g AS (SELECT category, is_vip, status, count(*) AS n
                       FROM {_ITEMS} LEFT JOIN users u ON u.id = i.user_id GROUP BY ALL),
                 k AS (SELECT *, row_number() OVER
                              (ORDER BY is_vip DESC NULLS LAST, category NULLS LAST) AS r
                       FROM (SELECT DISTINCT category, is_vip FROM g))
            SELECT g.category AS "products.category", g.is_vip AS "users.is_vip",
                   status AS "order_items.status", {HELPERS}, n AS "order_items.count"
            FROM (SELECT g.*, r, dense_rank() OVER (ORDER BY status NULLS LAST) AS c FROM g JOIN k
                  ON k.category IS NOT DISTINCT FROM g.category
                     AND k.is_vip IS NOT DISTINCT FROM g.is_vip) g
            ORDER BY r, c""",
    ),
    Case(
        "the limit counts rows of the pivot",
        flights(
            ["flights.carrier", "flights.origin", "flights.count"],
            pivots=["flights.origin"],
            sorts=[sort("flights.carrier", descending=True)],
            limit=2,
        ),
        """SELECT * FROM (VALUES
             ('YV', 'LGA', 1, 3, 601), ('WN', 'EWR', 2, 1, 6188), ('WN', 'LGA', 2, 3, 6087))
           AS cells("flights.carrier", "flights.origin", "$omni_pivot_row_num",
                    "$omni_pivot_col_num", "flights.count")""",
    ),
    Case(
        "beyond the limit of columns a row keeps the first that it has",
        flights(
            ["flights.dest", "flights.carrier", "flights.count"],
            pivots=["flights.carrier"],
            column_limit=1,
            filters=NEW_YEAR,
        ),
        f"""WITH g AS (SELECT dest, carrier, count(*) AS n FROM flights
                       WHERE month = 1 AND day = 1 GROUP BY ALL),
                 t AS (SELECT *, dense_rank() OVER (ORDER BY dest) AS r,
                              dense_rank() OVER (ORDER BY carrier) AS c FROM g)
            SELECT dest AS "flights.dest", carrier AS "flights.carrier", {HELPERS},
                   n AS "flights.count" FROM t
            WHERE NOT EXISTS (SELECT 1 FROM g WHERE g.dest = t.dest AND g.carrier < t.carrier)
            ORDER BY r, c""",
    ),
    Case(
        "within the limit of columns a row keeps all that it has",
        flights(
            ["flights.carrier", "flights.origin", "flights.count"],
            pivots=["flights.origin"],
            column_limit=2,
            limit=3,
            filters={"flights.carrier": text("EQUALS", "DL", "F9", "HA", "YV")},
        ),
        """SELECT * FROM (VALUES
             ('DL', 'EWR', 1, 1, 4342), ('DL', 'JFK', 1, 2, 20701), ('F9', 'LGA', 2, 3, 685),
             ('HA', 'JFK', 3, 2, 342))
           AS cells("flights.carrier", "flights.origin", "$omni_pivot_row_num",
                    "$omni_pivot_col_num", "flights.count")""",
    ),
    Case(
        "the limit of columns keeps the first in the order that is asked for",
        flights(
            ["flights.origin", "flights.month", "flights.count"],
            pivots=["flights.month"],
            sorts=[sort("flights.month", descending=True)],
            column_limit=2,
        ),
        """SELECT origin AS "flights.origin", month::BIGINT AS "flights.month",
                  CASE origin WHEN 'EWR' THEN 1 WHEN 'JFK' THEN 2 ELSE 3 END::BIGINT
                      AS "$omni_pivot_row_num",
                  (13 - month)::BIGINT AS "$omni_pivot_col_num", count(*) AS "flights.count"
           FROM flights WHERE month > 10 GROUP BY origin, month ORDER BY 3, 4""",
    ),
    Case(
        "a filter on a measure takes cells away before rows and columns are numbered",
        flights(
            ["flights.carrier", "flights.origin", "flights.count"],
            pivots=["flights.origin"],
            filters={"flights.count": number("GREATER_THAN", "20000")},
        ),
        """SELECT * FROM (VALUES
             ('B6', 'JFK', 1, 2, 42076), ('DL', 'JFK', 2, 2, 20701),
             ('DL', 'LGA', 2, 3, 23067), ('EV', 'EWR', 3, 1, 43939), ('UA', 'EWR', 4, 1, 46087))
           AS cells("flights.carrier", "flights.origin", "$omni_pivot_row_num",
                    "$omni_pivot_col_num", "flights.count")""",
    ),
    Case(
        "a filter on a measure that is not selected takes a whole column away",
        orders(
            ["products.category", "order_items.status", "order_items.total_quantity"],
            pivots=["order_items.status"],
            filters={"order_items.count": number("GREATER_THAN", "13")},
        ),
        f"""SELECT category AS "products.category", status AS "order_items.status",
                   CASE category WHEN 'Extras' THEN 1 WHEN 'Shirts' THEN 2 WHEN 'Socks' THEN 3
                        ELSE 4 END::BIGINT AS "$omni_pivot_row_num",
                   CASE status WHEN 'complete' THEN 1 WHEN 'pending' THEN 2 WHEN 'returned' THEN 3
                        ELSE 4 END::BIGINT AS "$omni_pivot_col_num",
                   sum(quantity)::BIGINT AS "order_items.total_quantity"
            FROM {_ITEMS} GROUP BY category, status HAVING count(*) > 13 ORDER BY 3, 4""",
    ),
    Case(
        "measures whose rows a join repeats, in each cell",
        users(
            ["users.state", "order_items.status", "users.count", "users.total_credit"],
            pivots=["order_items.status"],
        ),
        f"""WITH once AS (SELECT DISTINCT u.state, i.status, u.id, u.credit FROM users u
                          LEFT JOIN order_items i ON i.user_id = u.id)
            SELECT state AS "users.state", status AS "order_items.status", {HELPERS},
                   n AS "users.count", credit AS "users.total_credit"
            FROM (SELECT state, status, dense_rank() OVER (ORDER BY state NULLS LAST) AS r,
                         dense_rank() OVER (ORDER BY status NULLS LAST) AS c,
                         count(*) AS n, coalesce(sum(credit), 0) AS credit
                  FROM once GROUP BY state, status)
            ORDER BY r, c""",
    ),
    Case(
        "no rows at all",
        flights(
            ["flights.carrier", "flights.origin", "flights.count"],
            pivots=["flights.origin"],
            filters={"flights.carrier": text("EQUALS", "nobody")},
        ),
        """SELECT carrier AS "flights.carrier", origin AS "flights.origin",
                  1::BIGINT AS "$omni_pivot_row_num", 1::BIGINT AS "$omni_pivot_col_num",
                  1::BIGINT AS "flights.count" FROM flights WHERE false""",
    ),
    Case(
        "months as columns",
        flights(
            ["flights.origin", "flights.date[month]", "flights.count"],
            pivots=["flights.date[month]"],
            filters={"flights.date": date("BEFORE", right="2013-05")},
        ),
        """SELECT origin AS "flights.origin", make_timestamp(2013, month, 1, 0, 0, 0) AS "flights.date[month]",
                  CASE origin WHEN 'EWR' THEN 1 WHEN 'JFK' THEN 2 ELSE 3 END::BIGINT
                      AS "$omni_pivot_row_num",
                  month::BIGINT AS "$omni_pivot_col_num", count(*) AS "flights.count"
           FROM flights WHERE month < 5 GROUP BY origin, month ORDER BY 3, 4""",
    ),
    Case(
        "names of months are columns in the order of the calendar",
        flights(
            ["flights.origin", "flights.date[month_name]", "flights.count"],
            pivots=["flights.date[month_name]"],
            sorts=[sort("flights.date[month_name]")],
        ),
        """SELECT origin AS "flights.origin", monthname(make_date(2013, month, 1))
                      AS "flights.date[month_name]",
                  CASE origin WHEN 'EWR' THEN 1 WHEN 'JFK' THEN 2 ELSE 3 END::BIGINT
                      AS "$omni_pivot_row_num",
                  month::BIGINT AS "$omni_pivot_col_num", count(*) AS "flights.count"
           FROM flights GROUP BY origin, month ORDER BY 3, 4""",
    ),
    Case(
        "without another dimension there is one row",
        flights(["flights.origin", "flights.planes"], pivots=["flights.origin"], limit=1),
        """SELECT origin AS "flights.origin", 1::BIGINT AS "$omni_pivot_row_num",
                  row_number() OVER (ORDER BY origin) AS "$omni_pivot_col_num",
                  count(DISTINCT tailnum) AS "flights.planes"
           FROM flights GROUP BY origin ORDER BY origin""",
    ),
    Case(
        "without measures the combinations are there all the same",
        flights(
            ["flights.carrier", "flights.origin"],
            pivots=["flights.origin"],
            filters={"flights.carrier": text("EQUALS", "F9", "HA")},
        ),
        """SELECT * FROM (VALUES ('F9', 'LGA', 1, 2), ('HA', 'JFK', 2, 1))
           AS cells("flights.carrier", "flights.origin", "$omni_pivot_row_num",
                    "$omni_pivot_col_num")""",
    ),
    Case(
        "true, false and null as columns",
        orders(
            ["order_items.is_gift", "order_items.count", "order_items.average_sale_price"],
            pivots=["order_items.is_gift"],
        ),
        """SELECT is_gift AS "order_items.is_gift", 1::BIGINT AS "$omni_pivot_row_num",
                  CASE is_gift WHEN false THEN 1 WHEN true THEN 2 ELSE 3 END::BIGINT
                      AS "$omni_pivot_col_num",
                  count(*) AS "order_items.count", avg(sale_price) AS "order_items.average_sale_price"
           FROM order_items GROUP BY is_gift ORDER BY 3""",
    ),
    Case(
        "a dimension that is both row and column has a diagonal",
        flights(
            ["flights.origin", "flights.route", "flights.count"],
            pivots=["flights.route"],
            filters={"flights.dest": text("EQUALS", "HNL")},
        ),
        """SELECT origin AS "flights.origin", origin || '-HNL' AS "flights.route",
                  row_number() OVER (ORDER BY origin) AS "$omni_pivot_row_num",
                  row_number() OVER (ORDER BY origin) AS "$omni_pivot_col_num",
                  count(*) AS "flights.count"
           FROM flights WHERE dest = 'HNL' GROUP BY origin ORDER BY origin""",
    ),
]
