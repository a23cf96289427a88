"""More queries beside their SQL, of the kinds that planners get wrong.

They are apart from the cases that every test of queries runs, because only a planner needs them.
"""

from __future__ import annotations

from queries.query_cases import TOTAL, Case, date, flights, number, orders, text, users

_JANUARY_FIRST = {
    "flights.month": number("EQUALS", "1"),
    "flights.day": number("EQUALS", "1"),
}
_NULL = {"type": "null"}
_NOT_NULL = {"type": "null", "is_negative": True}
# An hour is 3,600 seconds since 1970, whatever any clock on a wall says.
_HOUR = "to_timestamp(floor(epoch_us(created_at) / 3600000000) * 3600)"

FANOUT_SCENARIOS = [
    Case(
        "one side counted over a chain of joins",
        users(["products.category", "users.count", "users.total_credit", "order_items.count"]),
        """WITH pairs AS (SELECT DISTINCT p.category, u.id, u.credit FROM users u
                          LEFT JOIN order_items i ON i.user_id = u.id
                          LEFT JOIN products p ON p.sku = i.sku),
                people AS (SELECT category, count(*) AS n, sum(credit) AS credit
                           FROM pairs GROUP BY category),
                items AS (SELECT p.category, count(*) AS n FROM order_items i
                          LEFT JOIN products p ON p.sku = i.sku
                          WHERE i.user_id IN (SELECT id FROM users) GROUP BY p.category)
           SELECT people.category AS "products.category", people.n AS "users.count",
                  people.credit AS "users.total_credit", items.n AS "order_items.count"
           FROM people JOIN items ON items.category IS NOT DISTINCT FROM people.category""",
    ),
    Case(
        "all sides of a chain at once",
        users(
            [
                "users.total_credit",
                "order_items.total_sale_price",
                "products.total_list_price",
                "products.count",
            ]
        ),
        """WITH sold AS (SELECT * FROM order_items WHERE user_id IN (SELECT id FROM users))
           SELECT (SELECT sum(credit) FROM users) AS "users.total_credit",
                  (SELECT sum(sale_price) FROM sold) AS "order_items.total_sale_price",
                  (SELECT sum(list_price) FROM products WHERE sku IN (SELECT sku FROM sold))
                      AS "products.total_list_price",
                  (SELECT count(*) FROM products WHERE sku IN (SELECT sku FROM sold))
                      AS "products.count" """,
    ),
    Case(
        "two sides to one, neither repeats the other",
        orders(["order_items.status", "users.total_credit", "products.total_list_price"]),
        """WITH u AS (SELECT status, sum(credit) AS total FROM
                        (SELECT DISTINCT i.status, u.id, u.credit
                         FROM order_items i JOIN users u ON u.id = i.user_id) GROUP BY status),
                p AS (SELECT status, sum(list_price) AS total FROM
                        (SELECT DISTINCT i.status, p.sku, p.list_price
                         FROM order_items i JOIN products p ON p.sku = i.sku) GROUP BY status)
           SELECT u.status AS "order_items.status", u.total AS "users.total_credit",
                  p.total AS "products.total_list_price"
           FROM u JOIN p ON p.status IS NOT DISTINCT FROM u.status""",
    ),
    Case(
        "one view in two roles, each row once in each",
        flights(
            [
                "flights.origin",
                "origin_airport.average_altitude",
                "dest_airport.count",
                "dest_airport.average_altitude",
            ],
            filters=_JANUARY_FIRST,
        ),
        """WITH f AS (SELECT DISTINCT origin, dest FROM flights WHERE month = 1 AND day = 1)
           SELECT f.origin AS "flights.origin",
                  avg(DISTINCT o.alt) AS "origin_airport.average_altitude",
                  count(d.faa) AS "dest_airport.count",
                  avg(d.alt) AS "dest_airport.average_altitude"
           FROM f JOIN airports o ON o.faa = f.origin LEFT JOIN airports d ON d.faa = f.dest
           GROUP BY f.origin""",
    ),
    Case(
        "an average and a median of repeated rows",
        flights(
            ["flights.origin", "planes.average_seats", "planes.median_year", "flights.count"],
            filters=_JANUARY_FIRST,
        ),
        """WITH f AS (SELECT * FROM flights WHERE month = 1 AND day = 1),
                flown AS (SELECT DISTINCT f.origin, p.* FROM f JOIN planes p USING (tailnum))
           SELECT origin AS "flights.origin", avg(seats) AS "planes.average_seats",
                  median(year) AS "planes.median_year",
                  (SELECT count(*) FROM f WHERE f.origin = flown.origin) AS "flights.count"
           FROM flown GROUP BY origin""",
    ),
    Case(
        "a sum distinct on its own key, in groups and over a join",
        users(["users.state", "order_items.sum_of_order_ids"]),
        """SELECT state AS "users.state",
                  coalesce(sum(order_id), 0)::BIGINT AS "order_items.sum_of_order_ids"
           FROM (SELECT DISTINCT u.state, i.order_id
                 FROM users u LEFT JOIN order_items i ON i.user_id = u.id) GROUP BY state""",
    ),
    Case(
        "totals of rows that a join repeats",
        users(
            ["order_items.is_gift", "users.count", "users.total_credit"],
            column_totals={"::total::": TOTAL},
            sorts=[{"column_name": "order_items.is_gift", "null_sort": "LAST"}],
        ),
        """WITH pairs AS (SELECT DISTINCT i.is_gift, u.id, u.credit
                          FROM users u LEFT JOIN order_items i ON i.user_id = u.id)
           SELECT is_gift AS "order_items.is_gift", n AS "users.count",
                  credit AS "users.total_credit", mark AS "$omni_column_total_indicator" FROM (
             SELECT is_gift, count(*) AS n, sum(credit) AS credit, NULL AS mark, 0 AS part
             FROM pairs GROUP BY is_gift
             UNION ALL
             SELECT NULL, count(*), sum(credit), 'column_total', 1 FROM users)
           ORDER BY part, is_gift NULLS LAST""",
    ),
]

KEY_SCENARIOS = [
    Case(
        "a row that nothing joins has zero, not one",
        users(["users.id", "order_items.count"], filters={"order_items.id": _NULL}),
        """SELECT id::BIGINT AS "users.id", 0::BIGINT AS "order_items.count" FROM users
           WHERE NOT EXISTS (SELECT 1 FROM order_items WHERE user_id = users.id)""",
    ),
    Case(
        "null keys and orphans are one group of the joined view",
        orders(["users.id", "order_items.count", "users.count"], filters={"users.id": _NULL}),
        """SELECT NULL::BIGINT AS "users.id", count(*) AS "order_items.count",
                  0::BIGINT AS "users.count"
           FROM order_items WHERE user_id IS NULL OR user_id = 999""",
    ),
    Case(
        "null keys and orphans are two groups of their own view",
        orders(
            ["order_items.user_id", "users.count", "order_items.count"],
            filters={"users.id": _NULL},
        ),
        """SELECT user_id::BIGINT AS "order_items.user_id", 0::BIGINT AS "users.count",
                  count(*) AS "order_items.count"
           FROM order_items WHERE user_id IS NULL OR user_id = 999 GROUP BY user_id""",
    ),
    Case(
        "an orphan has a key and no name",
        orders(
            ["order_items.sku", "products.name", "products.count"],
            filters={"products.sku": _NULL, "order_items.sku": _NOT_NULL},
        ),
        """SELECT 'P-99' AS "order_items.sku", NULL::VARCHAR AS "products.name",
                  0::BIGINT AS "products.count" """,
    ),
    Case(
        "null groups of repeated rows find each other",
        users(
            ["products.category", "order_items.is_gift", "users.vips", "order_items.count"],
            filters={"products.category": _NULL},
        ),
        """WITH o AS (SELECT i.is_gift, i.id AS item, u.id, u.is_vip FROM users u
                      LEFT JOIN order_items i ON i.user_id = u.id
                      LEFT JOIN products p ON p.sku = i.sku WHERE p.category IS NULL)
           SELECT NULL::VARCHAR AS "products.category", is_gift AS "order_items.is_gift",
                  count(DISTINCT id) FILTER (WHERE is_vip) AS "users.vips",
                  count(item) AS "order_items.count" FROM o GROUP BY is_gift""",
    ),
]

CLOCK_SCENARIOS = [
    Case(
        "the hour that New York skips",
        orders(
            ["order_items.created_at[hour]", "order_items.count"],
            filters={"order_items.created_at": date("BETWEEN", "2024-03-10 06", "2024-03-10 08")},
        ),
        f"""SELECT {_HOUR} AS "order_items.created_at[hour]", count(*) AS "order_items.count"
            FROM order_items WHERE epoch_us(created_at) >= 1710050400000000
                               AND epoch_us(created_at) < 1710057600000000 GROUP BY 1""",
    ),
    Case(
        "the hour that Paris has twice",
        orders(
            ["order_items.created_at[hour]", "order_items.count"],
            filters={"order_items.created_at": date("BETWEEN", "2024-10-27 00", "2024-10-27 02")},
        ),
        f"""SELECT {_HOUR} AS "order_items.created_at[hour]", count(*) AS "order_items.count"
            FROM order_items WHERE epoch_us(created_at) >= 1729987200000000
                               AND epoch_us(created_at) < 1729994400000000 GROUP BY 1""",
    ),
    Case(
        "the hour that New York has twice",
        orders(
            ["order_items.created_at[hour_of_day]", "order_items.id"],
            filters={
                "order_items.created_at": date("TIME_FOR_UNIT_DURATION", "2024-11-03"),
                "order_items.created_at[hour_of_day]": number("BETWEEN", "5", "7"),
            },
        ),
        """SELECT * FROM (VALUES (5::BIGINT, 10::BIGINT), (6, 11))
           AS falls("order_items.created_at[hour_of_day]", "order_items.id")""",
    ),
    Case(
        "a day of twenty-three hours elsewhere",
        orders(
            ["order_items.created_at[date]", "order_items.count"],
            filters={"order_items.created_at": date("TIME_FOR_UNIT_DURATION", "2024-03-31")},
        ),
        """SELECT to_timestamp(1711843200) AS "order_items.created_at[date]",
                  count(*) AS "order_items.count" FROM order_items
           WHERE epoch_us(created_at) >= 1711843200000000
             AND epoch_us(created_at) < 1711929600000000""",
    ),
    Case(
        "the last microsecond of a year",
        orders(
            ["order_items.id", "order_items.created_at[year]"],
            filters={
                "order_items.created_at": date("BETWEEN", "2023-12-31 23:59:59", "2024-01-01"),
            },
        ),
        """SELECT 1::BIGINT AS "order_items.id",
                  to_timestamp(1672531200) AS "order_items.created_at[year]" """,
    ),
    Case(
        "a Monday in December is in week one",
        orders(
            ["order_items.created_at[week]", "order_items.created_at[week_of_year]"],
            filters={
                "order_items.created_at": date("TIME_FOR_UNIT_DURATION", "2024-12-30"),
                "order_items.id": number("EQUALS", "12"),
            },
        ),
        """SELECT to_timestamp(1735516800) AS "order_items.created_at[week]",
                  1::BIGINT AS "order_items.created_at[week_of_year]" """,
    ),
]

DECIMAL_SCENARIOS = [
    Case(
        "a large decimal beside a cent",
        {
            **users(["products.category", "products.total_list_price"]),
            "table": "products",
            "join_paths_from_topic_name": None,
        },
        """SELECT * FROM (VALUES (NULL, 0::DECIMAL(38, 2)), ('Extras', 100000017.00),
                                 ('Shirts', 109.34), ('Socks', 25.34))
           AS sums("products.category", "products.total_list_price")""",
    ),
    Case(
        "a decimal equals itself and not its neighbor",
        {
            **users(["products.sku"]),
            "table": "products",
            "join_paths_from_topic_name": None,
            "filters": {"products.list_price": number("EQUALS", "99999999.99", "19.91")},
        },
        """SELECT 'P-12' AS "products.sku" """,
    ),
    Case(
        "a product of decimals, row by row",
        orders(
            ["order_items.id", "order_items.amount"],
            filters={"order_items.amount": number("GREATER_THAN", "300.05", is_inclusive=True)},
        ),
        """SELECT id::BIGINT AS "order_items.id", quantity * sale_price AS "order_items.amount"
           FROM order_items WHERE quantity * sale_price >= 300.05""",
    ),
    Case(
        "negative decimals add up",
        users(["users.is_vip", "users.total_credit"]),
        """SELECT is_vip AS "users.is_vip", sum(credit) AS "users.total_credit"
           FROM users GROUP BY is_vip""",
    ),
    Case(
        "a decimal by a count of another view",
        users(["users.is_vip", "order_items.sale_price_per_user"]),
        """SELECT u.is_vip AS "users.is_vip",
                  coalesce(sum(i.sale_price), 0) / count(DISTINCT u.id)
                      AS "order_items.sale_price_per_user"
           FROM users u LEFT JOIN order_items i ON i.user_id = u.id GROUP BY u.is_vip""",
    ),
]

HAVING_SCENARIOS = [
    Case(
        "a decimal sum that is not selected",
        orders(
            ["users.state"],
            filters={"order_items.total_sale_price": number("GREATER_THAN", "1400.00")},
        ),
        """SELECT u.state AS "users.state" FROM order_items i
           LEFT JOIN users u ON u.id = i.user_id GROUP BY u.state HAVING sum(i.sale_price) > 1400""",
    ),
    Case(
        "two measures, neither selected",
        flights(
            ["flights.dest"],
            filters={
                "flights.count": number("GREATER_THAN", "5000"),
                "flights.average_arr_delay": number("LESS_THAN", "5"),
            },
        ),
        """SELECT dest AS "flights.dest" FROM flights GROUP BY dest
           HAVING count(*) > 5000 AND avg(arr_delay) < 5""",
    ),
    Case(
        "a measure that is not selected and whose rows repeat",
        users(
            ["products.category"],
            filters={"users.total_credit": number("GREATER_THAN", "450")},
        ),
        """SELECT category AS "products.category" FROM
             (SELECT DISTINCT p.category, u.id, u.credit FROM users u
              LEFT JOIN order_items i ON i.user_id = u.id LEFT JOIN products p ON p.sku = i.sku)
           GROUP BY category HAVING sum(credit) > 450""",
    ),
    Case(
        "a derived measure that is not selected",
        flights(
            ["flights.carrier", "flights.count"],
            filters={"flights.cancellation_rate": number("GREATER_THAN", "0.03")},
        ),
        """SELECT carrier AS "flights.carrier", count(*) AS "flights.count" FROM flights
           GROUP BY carrier HAVING count(*) FILTER (WHERE dep_time IS NULL) > 0.03 * count(*)""",
    ),
    Case(
        "either of two bounds on a measure that is not selected",
        orders(
            ["products.sku"],
            filters={
                "order_items.count": {
                    "type": "composite",
                    "conjunction": "OR",
                    "filters": [number("LESS_THAN", "18"), number("GREATER_THAN", "20")],
                }
            },
        ),
        """SELECT p.sku AS "products.sku" FROM order_items i LEFT JOIN products p ON p.sku = i.sku
           GROUP BY p.sku HAVING count(*) < 18 OR count(*) > 20""",
    ),
    Case(
        "an instant that is not selected",
        orders(
            ["users.id"],
            filters={"order_items.first_ordered_at": date("BEFORE", None, "2024-01-05")},
        ),
        """SELECT u.id::BIGINT AS "users.id" FROM order_items i
           LEFT JOIN users u ON u.id = i.user_id
           GROUP BY u.id HAVING min(i.created_at) < '2024-01-05 00:00:00+00'""",
    ),
    Case(
        "a measure that is not selected and not null",
        users(["users.id"], filters={"order_items.max_sale_price": _NOT_NULL}),
        """SELECT DISTINCT user_id::BIGINT AS "users.id" FROM order_items
           WHERE sale_price IS NOT NULL AND user_id IN (SELECT id FROM users)""",
    ),
    Case(
        "a total over the groups that a measure lets through",
        orders(
            ["products.category", "order_items.orders"],
            filters={"order_items.total_quantity": number("GREATER_THAN", "150")},
            column_totals={"::total::": TOTAL},
            sorts=[{"column_name": "products.category", "null_sort": "LAST"}],
        ),
        """WITH o AS (SELECT p.category, i.order_id, i.quantity FROM order_items i
                      LEFT JOIN products p ON p.sku = i.sku),
                kept AS (SELECT category FROM o GROUP BY category HAVING sum(quantity) > 150)
           SELECT category AS "products.category", n AS "order_items.orders",
                  mark AS "$omni_column_total_indicator" FROM (
             SELECT category, count(DISTINCT order_id) AS n, NULL AS mark, 0 AS part FROM o
             GROUP BY category HAVING sum(quantity) > 150
             UNION ALL
             SELECT NULL, count(DISTINCT order_id), 'column_total', 1 FROM o
             WHERE EXISTS (SELECT 1 FROM kept WHERE kept.category IS NOT DISTINCT FROM o.category))
           ORDER BY part, category NULLS LAST""",
    ),
]


def _any_of(**filters):
    return {
        "id": "m",
        "type": "MULTI_FIELD_FILTER",
        "conjunction": "OR",
        "filters": [
            {"id": name, "fieldName": name.replace("__", "."), "filter": each}
            for name, each in filters.items()
        ],
    }


SEVERAL_FIELDS_SCENARIOS = [
    Case(
        "any of several fields, and every control, and the filters",
        flights(
            ["flights.origin", "flights.count"],
            filters={"flights.month": number("EQUALS", "1")},
            controls=[
                _any_of(flights__dest=text("EQUALS", "LAX"), flights__carrier=text("EQUALS", "UA")),
                _any_of(
                    flights__origin=text("EQUALS", "EWR"), flights__day=number("LESS_THAN", "9")
                ),
                # Nothing is chosen in it, nor in a part of the next.
                _any_of(flights__origin=text("EQUALS")),
                _any_of(flights__origin=text("EQUALS"), flights__hour=number("LESS_THAN", "12")),
            ],
        ),
        """SELECT origin AS "flights.origin", count(*) AS "flights.count" FROM flights
           WHERE month = 1 AND (dest = 'LAX' OR carrier = 'UA') AND (origin = 'EWR' OR day < 9)
             AND hour < 12
           GROUP BY origin""",
    ),
    Case(
        "any of several measures",
        flights(
            ["flights.dest", "flights.count"],
            controls=[
                _any_of(
                    flights__count=number("GREATER_THAN", "10000"),
                    flights__average_dep_delay=number("GREATER_THAN", "30"),
                )
            ],
        ),
        """SELECT dest AS "flights.dest", count(*) AS "flights.count" FROM flights
           GROUP BY dest HAVING count(*) > 10000 OR avg(dep_delay) > 30""",
    ),
]

SCENARIOS = [
    *FANOUT_SCENARIOS,
    *KEY_SCENARIOS,
    *CLOCK_SCENARIOS,
    *DECIMAL_SCENARIOS,
    *HAVING_SCENARIOS,
    *SEVERAL_FIELDS_SCENARIOS,
]
