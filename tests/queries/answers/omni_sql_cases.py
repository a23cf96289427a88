"""SQL over a model and its answers: what people saw Omni take, beside SQL over the tables.

Each query is the text that :func:`omnipd.run_sql` sends; see queries.query_cases for the rest.
"""

from __future__ import annotations

from queries.query_cases import FLIGHTS, ORDERS, Case


def case(name: str, over_model: str, by_hand: str, model: str = ORDERS) -> Case:
    return Case(name, {"modelId": model, "fields": [], "userEditedSQL": over_model}, by_hand)


CASES = [
    case(
        "GROUP BY and ORDER BY by position",
        """SELECT ${users.state}, ${order_items.status}, ${order_items.count} FROM ${order_items}
        GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2""",
        """SELECT u.state AS "users.state", i.status AS "order_items.status",
        count(*) AS "order_items.count" FROM order_items i LEFT JOIN users u ON u.id = i.user_id
        GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2""",
    ),
    case(
        "HAVING over a measure",
        """SELECT ${users.state}, ${users.count} FROM ${users} GROUP BY 1
        HAVING ${users.average_age} > 40 ORDER BY 1""",
        """SELECT state AS "users.state", count(*) AS "users.count" FROM users GROUP BY 1
        HAVING avg(age) > 40 ORDER BY 1""",
    ),
    case(
        "HAVING over an aggregate and a measure",
        """SELECT ${products.category}, SUM(${order_items.quantity}) AS pieces FROM ${order_items}
        GROUP BY 1 HAVING SUM(${order_items.quantity}) > 50 AND ${order_items.count} < 90
        ORDER BY 1""",
        """SELECT p.category AS "products.category", sum(i.quantity) AS "order_items.pieces"
        FROM order_items i LEFT JOIN products p ON p.sku = i.sku
        GROUP BY 1 HAVING sum(i.quantity) > 50 AND count(*) < 90 ORDER BY 1""",
    ),
    case(
        "HAVING over an aggregate or a key",
        """SELECT ${users.state}, COUNT(*) AS n FROM ${users} GROUP BY 1
        HAVING COUNT(*) > 10 OR ${users.state} = 'Texas' OR ${users.state} IS NULL ORDER BY 1""",
        """SELECT state AS "users.state", count(*) AS "users.n" FROM users GROUP BY 1
        HAVING count(*) > 10 OR state = 'Texas' OR state IS NULL ORDER BY 1 NULLS LAST""",
    ),
    case(
        "HAVING over an aggregate or a key, where a join repeats rows",
        """SELECT ${users.state}, ${users.total_credit} FROM ${users}
        WHERE ${order_items.quantity} > 1 GROUP BY 1
        HAVING ${users.total_credit} > 60 OR ${users.state} = 'Texas' ORDER BY 1""",
        """SELECT state AS "users.state", sum(credit) AS "users.total_credit" FROM users
        WHERE id IN (SELECT user_id FROM order_items WHERE quantity > 1) GROUP BY 1
        HAVING sum(credit) > 60 OR state = 'Texas' ORDER BY 1 NULLS LAST""",
    ),
    case(
        "HAVING over a key that is an expression",
        """SELECT UPPER(${users.state}) AS s, COUNT(*) AS n FROM ${users} GROUP BY 1
        HAVING UPPER(${users.state}) LIKE 'N%'""",
        """SELECT upper(state) AS "users.s", count(*) AS "users.n" FROM users
        WHERE upper(state) LIKE 'N%' GROUP BY 1""",
    ),
    case(
        "rows in the order of a field that is not selected, nulls last",
        """SELECT ${order_items.id} FROM ${order_items}
        ORDER BY ${order_items.shipped_on} DESC NULLS LAST, ${order_items.id} LIMIT 7""",
        """SELECT id AS "order_items.id" FROM order_items
        ORDER BY shipped_on DESC NULLS LAST, id LIMIT 7""",
    ),
    case(
        "groups in the order of a measure that is not selected",
        """SELECT ${users.state} FROM ${order_items} GROUP BY 1
        ORDER BY ${order_items.total_sale_price} DESC NULLS LAST LIMIT 3 OFFSET 1""",
        """SELECT u.state AS "users.state" FROM order_items i LEFT JOIN users u ON u.id = i.user_id
        GROUP BY 1 ORDER BY sum(i.sale_price) DESC NULLS LAST LIMIT 3 OFFSET 1""",
    ),
    case(
        "groups in the order of an expression over their key",
        """SELECT ${users.state}, COUNT(*) AS n FROM ${users} WHERE ${users.state} <> ''
        GROUP BY 1 ORDER BY LENGTH(${users.state}) DESC, 1""",
        """SELECT state AS "users.state", count(*) AS "users.n" FROM users WHERE state <> ''
        GROUP BY 1 ORDER BY length(state) DESC, 1""",
    ),
    case(
        "the alias of a field orders and groups, though it names nothing",
        """SELECT ${users.state} AS home, COUNT(*) AS n FROM ${users}
        GROUP BY home ORDER BY n DESC, home NULLS FIRST""",
        """SELECT state AS "users.state", count(*) AS "users.n" FROM users GROUP BY 1
        ORDER BY 2 DESC, 1 NULLS FIRST""",
    ),
    case(
        "LIMIT and OFFSET",
        "SELECT ${products.sku} FROM ${products} ORDER BY ${products.sku} LIMIT 2 OFFSET 3",
        'SELECT sku AS "products.sku" FROM products ORDER BY sku LIMIT 2 OFFSET 3',
    ),
    case(
        "UPPER, CAST, COALESCE and NULLIF of fields",
        """SELECT UPPER(${users.name}) AS a, CAST(${users.age} AS VARCHAR) AS b,
        COALESCE(${users.state}, 'none') AS c, NULLIF(${users.state}, '') AS d FROM ${users}""",
        """SELECT upper(name) AS "users.a", age::VARCHAR AS "users.b",
        coalesce(state, 'none') AS "users.c", nullif(state, '') AS "users.d" FROM users""",
    ),
    case(
        "arithmetic between measures and aggregates",
        """SELECT ${products.category},
        ${order_items.total_sale_price} / NULLIF(COUNT(DISTINCT ${order_items.order_id}), 0) AS a,
        ${order_items.count} - ${order_items.gifts} AS b,
        ROUND(SUM(${order_items.sale_price}) * 100 / ${order_items.total_quantity}, 1) AS c
        FROM ${order_items} GROUP BY 1""",
        """SELECT p.category AS "products.category",
        sum(i.sale_price) / nullif(count(DISTINCT i.order_id), 0) AS "order_items.a",
        count(*) - count(*) FILTER (WHERE is_gift) AS "order_items.b",
        round(sum(i.sale_price) * 100 / sum(i.quantity), 1) AS "order_items.c"
        FROM order_items i LEFT JOIN products p ON p.sku = i.sku GROUP BY 1""",
    ),
    case(
        "an expression over a key and an aggregate",
        """SELECT ${users.state}, ${users.state} || ': ' || COUNT(*) AS said FROM ${users}
        GROUP BY 1 ORDER BY 1 NULLS LAST""",
        """SELECT state AS "users.state", state || ': ' || count(*) AS "users.said" FROM users
        GROUP BY 1 ORDER BY 1 NULLS LAST""",
    ),
    case(
        "LIKE with ESCAPE",
        "SELECT ${products.name} FROM ${products} WHERE ${products.name} LIKE '%!%%' ESCAPE '!'",
        """SELECT name AS "products.name" FROM products WHERE contains(name, '%')""",
    ),
    case(
        "fields of joined views without a JOIN",
        """SELECT ${users.state}, ${products.category}, ${order_items.total_quantity}
        FROM ${order_items} WHERE ${users.age} >= 40 GROUP BY 1, 2""",
        """SELECT u.state AS "users.state", p.category AS "products.category",
        sum(i.quantity) AS "order_items.total_quantity" FROM order_items i
        LEFT JOIN users u ON u.id = i.user_id LEFT JOIN products p ON p.sku = i.sku
        WHERE u.age >= 40 GROUP BY 1, 2""",
    ),
    case(
        "a joined view's own name for a table that is joined twice",
        """SELECT ${dest_airport.name}, MAX(${flights.distance}) AS miles FROM ${flights}
        WHERE ${origin_airport.name} LIKE 'Newark%' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 4""",
        """SELECT d.name AS "dest_airport.name", max(f.distance) AS "flights.miles" FROM flights f
        LEFT JOIN airports d ON d.faa = f.dest LEFT JOIN airports o ON o.faa = f.origin
        WHERE o.name LIKE 'Newark%' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 4""",
        FLIGHTS,
    ),
    case(
        "WITH: a test of an aggregate outside is HAVING",
        """WITH revenue AS (SELECT ${users.state} AS home, SUM(${order_items.sale_price}) AS total
            FROM ${order_items} GROUP BY 1)
        SELECT home, total FROM revenue WHERE total > 1000 ORDER BY total DESC NULLS LAST""",
        """SELECT u.state AS "users.state", sum(i.sale_price) AS "order_items.total"
        FROM order_items i LEFT JOIN users u ON u.id = i.user_id GROUP BY 1
        HAVING sum(i.sale_price) > 1000 ORDER BY 2 DESC NULLS LAST""",
    ),
    case(
        "WITH: tests of aggregates and keys, inside and outside",
        """WITH a AS (SELECT ${users.state} AS home, COUNT(*) AS n FROM ${users}
            WHERE ${users.age} > 20 GROUP BY 1 HAVING COUNT(*) > 1)
        SELECT home, n FROM a WHERE (home LIKE 'N%' AND n < 9) AND (n > 2 OR home = 'Ohio')
        ORDER BY n DESC, home""",
        """SELECT state AS "users.state", count(*) AS "users.n" FROM users
        WHERE age > 20 AND state LIKE 'N%' GROUP BY 1
        HAVING count(*) > 1 AND count(*) < 9 AND (count(*) > 2 OR state = 'Ohio')
        ORDER BY 2 DESC, 1""",
    ),
    case(
        "WITH: one that reads another keeps its names",
        """WITH a AS (SELECT ${users.state} AS home, ${order_items.count} AS n FROM ${order_items}
            GROUP BY 1),
        b AS (SELECT home, n FROM a WHERE n > 5)
        SELECT * FROM b WHERE n < 60 ORDER BY n, home""",
        """SELECT u.state AS "users.state", count(*) AS "order_items.count" FROM order_items i
        LEFT JOIN users u ON u.id = i.user_id GROUP BY 1 HAVING count(*) BETWEEN 6 AND 59
        ORDER BY 2, 1""",
    ),
    case(
        "WITH: arithmetic over measures outside",
        """WITH a AS (SELECT ${users.state}, ${order_items.total_sale_price} AS total,
            ${order_items.count} AS n FROM ${order_items} GROUP BY 1)
        SELECT state, total / NULLIF(n, 0) AS mean FROM a WHERE n > 20 ORDER BY mean DESC""",
        """SELECT u.state AS "users.state", sum(i.sale_price) / count(*) AS "order_items.mean"
        FROM order_items i LEFT JOIN users u ON u.id = i.user_id GROUP BY 1
        HAVING count(*) > 20 ORDER BY 2 DESC""",
    ),
    case(
        "WITH: rows inside, groups outside",
        """WITH adults AS (SELECT ${users.state} AS home, ${users.age} AS years FROM ${users}
            WHERE ${users.age} >= 18)
        SELECT a.home, MAX(a.years) AS eldest FROM adults AS a WHERE a.years < 60
        GROUP BY a.home HAVING COUNT(*) > 1 ORDER BY a.home""",
        """SELECT state AS "users.state", max(age) AS "users.eldest" FROM users
        WHERE age BETWEEN 18 AND 59 GROUP BY 1 HAVING count(*) > 1 ORDER BY 1""",
    ),
]
