"""Measures as rows, beside SQL written by hand over the base tables; the order is part of the answer."""

from __future__ import annotations

from queries.query_cases import Case, flights, number, orders, sort, users

TRANSPOSED_CASES = [
    Case(
        "one row per measure and group, measures in the order they are listed",
        flights(
            ["flights.origin", "flights.average_distance", "flights.count"],
            transposed_measures=["flights.count", "flights.average_distance"],
        ),
        """SELECT origin AS "flights.origin", name AS "measure_name", place AS "measure_order",
                  value AS "measure_value"
           FROM (SELECT origin, 'flights.count' AS name, 0::BIGINT AS place, count(*)::DOUBLE AS value
                 FROM flights GROUP BY origin
                 UNION ALL
                 SELECT origin, 'flights.average_distance', 1, avg(distance)
                 FROM flights GROUP BY origin)
           ORDER BY origin, place""",
    ),
    Case(
        "they stand at the place of the first of them, what is not listed stays",
        orders(
            [
                "order_items.total_sale_price",
                "products.category",
                "order_items.count",
                "order_items.max_sale_price",
                "order_items.orders",
            ],
            sorts=[sort("products.category", nulls="LAST")],
            transposed_measures=["order_items.max_sale_price", "order_items.total_sale_price"],
        ),
        """WITH o AS (SELECT category, count(*) AS n, count(DISTINCT order_id) AS orders,
                             coalesce(sum(sale_price), 0) AS total, max(sale_price) AS most
                      FROM order_items LEFT JOIN products USING (sku) GROUP BY category)
           SELECT name AS "measure_name", place AS "measure_order", value AS "measure_value",
                  category AS "products.category", n AS "order_items.count",
                  orders AS "order_items.orders"
           FROM (SELECT *, 'order_items.max_sale_price' AS name, 0::BIGINT AS place, most AS value FROM o
                 UNION ALL
                 SELECT *, 'order_items.total_sale_price', 1, total FROM o)
           ORDER BY category NULLS LAST, place""",
    ),
    Case(
        "limit and offset count groups, sorted by a measure that becomes a row",
        flights(
            ["flights.dest", "flights.count", "flights.planes"],
            sorts=[sort("flights.count", descending=True)],
            limit=2,
            offset=1,
            transposed_measures=["flights.count", "flights.planes"],
        ),
        """WITH o AS (SELECT dest, count(*) AS n, count(DISTINCT tailnum) AS p FROM flights
                      GROUP BY dest ORDER BY n DESC LIMIT 2 OFFSET 1)
           SELECT dest AS "flights.dest", name AS "measure_name", place AS "measure_order",
                  CASE place WHEN 0 THEN n ELSE p END AS "measure_value"
           FROM o, (VALUES ('flights.count', 0::BIGINT), ('flights.planes', 1)) AS names(name, place)
           ORDER BY n DESC, place""",
    ),
    Case(
        "a filter on a measure keeps groups",
        flights(
            ["flights.origin", "flights.count", "flights.destinations"],
            filters={"flights.count": number("LESS_THAN", "115000")},
            transposed_measures=["flights.count"],
        ),
        """SELECT origin AS "flights.origin", 'flights.count' AS "measure_name",
                  0::BIGINT AS "measure_order", count(*) AS "measure_value",
                  count(DISTINCT dest) AS "flights.destinations"
           FROM flights WHERE origin <> 'EWR' GROUP BY origin ORDER BY origin""",
    ),
    Case(
        "measures alone are one row each",
        flights(
            ["flights.count", "flights.planes", "flights.destinations"],
            transposed_measures=["flights.destinations", "flights.count", "flights.planes"],
        ),
        """SELECT * FROM (VALUES ('flights.destinations', 0::BIGINT, 105::BIGINT),
                                 ('flights.count', 1, 336776), ('flights.planes', 2, 4043))
           AS o("measure_name", "measure_order", "measure_value")""",
    ),
    Case(
        "measures whose rows a join repeats",
        users(
            ["order_items.is_gift", "users.count", "users.total_credit"],
            transposed_measures=["users.count", "users.total_credit"],
        ),
        """WITH once AS (SELECT DISTINCT i.is_gift, u.id, u.credit
                         FROM users u LEFT JOIN order_items i ON i.user_id = u.id),
                o AS (SELECT is_gift, count(*) AS n, sum(credit) AS credit FROM once GROUP BY is_gift)
           SELECT is_gift AS "order_items.is_gift", name AS "measure_name", place AS "measure_order",
                  CASE place WHEN 0 THEN n ELSE credit END AS "measure_value"
           FROM o, (VALUES ('users.count', 0::BIGINT), ('users.total_credit', 1)) AS names(name, place)
           ORDER BY is_gift NULLS LAST, place""",
    ),
    Case(
        "instants as values",
        orders(
            ["order_items.status", "order_items.first_ordered_at"],
            transposed_measures=["order_items.first_ordered_at"],
        ),
        """SELECT status AS "order_items.status", 'order_items.first_ordered_at' AS "measure_name",
                  0::BIGINT AS "measure_order", min(created_at) AS "measure_value"
           FROM order_items GROUP BY status ORDER BY status NULLS LAST""",
    ),
]
