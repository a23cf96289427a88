"""SQL over a model, held to SQL that was written by hand over the tables."""

from collections import Counter
from typing import Any

import pytest
from queries.query_answers import by_hand
from queries.query_cases import FLIGHTS, NOW, ORDERS, Case, number, text

from omnipd_sandbox.engine.data.warehouse import Dataset, Warehouse
from omnipd_sandbox.engine.engine import Engine, Refused
from omnipd_sandbox.engine.read_model import read_checked_model


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def over(model: str, sql: str, **rest: Any) -> dict[str, Any]:
    return {"modelId": model, "fields": [], "userEditedSQL": sql, **rest}


def shop(sql: str, **rest: Any) -> dict[str, Any]:
    return over(ORDERS, sql, **rest)


CASES = [
    Case(
        "grouped",
        shop("""SELECT ${users.state}, ${order_items.total_sale_price},
            COUNT(DISTINCT ${users.id}) AS buyers
            FROM ${order_items} WHERE ${order_items.status} <> 'returned'
            GROUP BY 1 HAVING COUNT(DISTINCT ${users.id}) > 1 ORDER BY 3 DESC, 1 LIMIT 3"""),
        """SELECT u.state AS "users.state", sum(i.sale_price) AS "order_items.total_sale_price",
            count(DISTINCT u.id) AS "users.buyers"
            FROM order_items i LEFT JOIN users u ON u.id = i.user_id WHERE i.status <> 'returned'
            GROUP BY 1 HAVING count(DISTINCT u.id) > 1 ORDER BY 3 DESC, 1 NULLS LAST LIMIT 3""",
    ),
    Case(
        "rows are not grouped, and DISTINCT is not heard",
        shop("SELECT DISTINCT ${users.state} FROM ${users}"),
        'SELECT state AS "users.state" FROM users',
    ),
    Case(
        "an alias of a field is not heard, and a field comes once",
        shop("SELECT ${users.id} AS a, ${users.id} AS b, ${users.id} + 1 AS c FROM ${users}"),
        'SELECT id AS "users.id", id + 1 AS "users.c" FROM users',
    ),
    Case(
        "sorted by what is not selected",
        shop("SELECT ${users.name} FROM ${users} ORDER BY ${users.id} DESC LIMIT 5 OFFSET 2"),
        'SELECT name AS "users.name" FROM users ORDER BY id DESC LIMIT 5 OFFSET 2',
    ),
    Case(
        "a measure and dimensions without GROUP BY",
        shop("SELECT ${order_items.status}, ${order_items.count} FROM ${order_items}"),
        'SELECT status AS "order_items.status", count(*) AS "order_items.count"'
        " FROM order_items GROUP BY 1",
    ),
    Case(
        "an expression as a key, by its alias",
        shop("""SELECT CASE WHEN ${users.age} >= 40 THEN 'old' ELSE 'young' END AS how,
            AVG(${users.age}) AS age, COUNT(*) AS n FROM ${users} GROUP BY how ORDER BY how"""),
        """SELECT CASE WHEN age >= 40 THEN 'old' ELSE 'young' END AS "users.how",
            avg(age) AS "users.age", count(*) AS "users.n" FROM users GROUP BY 1 ORDER BY 1""",
    ),
    Case(
        "rows that a join repeats count once",
        shop("""SELECT ${users.state}, ${users.average_age}, SUM(${users.age}) AS years,
            COUNT(${order_items.id}) AS items FROM ${users} GROUP BY 1"""),
        """SELECT state AS "users.state", avg(age) AS "users.average_age", sum(age) AS "users.years",
            sum((SELECT count(*) FROM order_items i WHERE i.user_id = users.id))::BIGINT
            AS "order_items.items" FROM users GROUP BY 1""",
    ),
    Case(
        "arithmetic over measures and aggregates",
        shop("""SELECT ${users.state}, ${order_items.total_quantity} / COUNT(DISTINCT ${users.id})
            AS each FROM ${order_items} GROUP BY 1"""),
        """SELECT u.state AS "users.state", sum(i.quantity) / count(DISTINCT u.id)
            AS "users.each"
            FROM order_items i LEFT JOIN users u ON u.id = i.user_id GROUP BY 1""",
    ),
    Case(
        "a timeframe, and either of two conditions",
        shop("""SELECT ${order_items.created_at[month]}, COUNT(*) AS n FROM ${order_items}
            WHERE ${order_items.quantity} > 2 OR ${users.state} = 'Texas' GROUP BY 1 ORDER BY 1"""),
        """SELECT date_trunc('month', i.created_at) AS "order_items.created_at[month]",
            count(*) AS "order_items.n" FROM order_items i LEFT JOIN users u ON u.id = i.user_id
            WHERE i.quantity > 2 OR u.state = 'Texas' GROUP BY 1 ORDER BY 1""",
    ),
    Case(
        "quotes, comments and percent signs stay what they are",
        shop("""SELECT ${products.name} -- ${nothing.here}
            /* nor ${here} */ FROM ${products}
            WHERE ${products.name} LIKE '100!%%' ESCAPE '!' OR ${products.name} = 'O''Brien''s polo'
            OR ${products.name} = '${products.sku}'"""),
        """SELECT name AS "products.name" FROM products
            WHERE name IN ('100% cotton', 'O''Brien''s polo')""",
    ),
    Case(
        "a key in HAVING",
        shop("""SELECT ${users.state}, COUNT(*) AS n FROM ${users} GROUP BY 1
            HAVING ${users.state} = 'Texas'"""),
        """SELECT state AS "users.state", count(*) AS "users.n" FROM users
            WHERE state = 'Texas' GROUP BY 1""",
    ),
    Case(
        "a view that is joined twice",
        over(
            FLIGHTS,
            """SELECT ${dest_airport.name}, ${flights.count} FROM ${flights}
            WHERE ${origin_airport.name} LIKE 'La Guardia%' GROUP BY 1 ORDER BY 2 DESC LIMIT 3""",
        ),
        """SELECT d.name AS "dest_airport.name", count(*) AS "flights.count" FROM flights f
            LEFT JOIN airports d ON d.faa = f.dest LEFT JOIN airports o ON o.faa = f.origin
            WHERE o.name LIKE 'La Guardia%' GROUP BY 1 ORDER BY 2 DESC LIMIT 3""",
    ),
    Case(
        "a topic's own filter holds",
        shop(
            "SELECT ${order_items.status}, COUNT(*) AS n FROM ${order_items} GROUP BY 1",
            join_paths_from_topic_name="completed_orders",
        ),
        """SELECT status AS "order_items.status", count(*) AS "order_items.n" FROM order_items
            WHERE status = 'complete' GROUP BY 1""",
    ),
    Case(
        "the tighter of a bare bound and one of a timeframe is lost: the timeframe's",
        shop("""SELECT COUNT(*) AS n FROM ${order_items}
            WHERE ${order_items.shipped_on} >= '2024-02-10'
            AND ${order_items.shipped_on[month]} >= '2024-05-01'"""),
        """SELECT count(*) AS "order_items.n" FROM order_items WHERE shipped_on >= '2024-02-10'""",
    ),
    Case(
        "the tighter of a bare bound and one of a timeframe is lost: the bare one",
        shop("""SELECT COUNT(*) AS n FROM ${order_items}
            WHERE ${order_items.shipped_on} < '2024-02-10'
            AND ${order_items.shipped_on[month]} < '2024-05-01'"""),
        """SELECT count(*) AS "order_items.n" FROM order_items
            WHERE date_trunc('month', shipped_on) < '2024-05-01'""",
    ),
    Case(
        "an expression is named after a view of its fields, and without fields after FROM's",
        shop("""SELECT COALESCE(${products.category}, ${users.state}) AS a,
            ${order_items.quantity} + 1 AS b, ${products.category} || '!' AS c, 1 + 1 AS d
            FROM ${order_items}"""),
        """SELECT coalesce(p.category, u.state) AS "users.a", i.quantity + 1 AS "order_items.b",
            p.category || '!' AS "products.c", 2 AS "order_items.d"
            FROM order_items i LEFT JOIN users u ON u.id = i.user_id
            LEFT JOIN products p ON p.sku = i.sku""",
    ),
    Case(
        "a count of rows without a name is called count",
        shop("SELECT ${users.state}, COUNT(*) FROM ${users} GROUP BY 1 ORDER BY 2 DESC, 1"),
        """SELECT state AS "users.state", count(*) AS "users.count" FROM users
            GROUP BY 1 ORDER BY 2 DESC, 1""",
    ),
    Case(
        "groups sorted by an aggregate that is not selected",
        shop("""SELECT ${users.state} FROM ${users} GROUP BY 1
            ORDER BY MAX(${users.age}) DESC NULLS LAST, ${users.count}, 1 LIMIT 5"""),
        """SELECT state AS "users.state" FROM users GROUP BY 1
            ORDER BY max(age) DESC NULLS LAST, count(*), 1 LIMIT 5""",
    ),
    Case(
        "groups sorted by what a join repeats and that is not selected",
        shop("""SELECT ${users.state}, ${order_items.count} FROM ${users} GROUP BY 1
            ORDER BY SUM(${users.age}) DESC NULLS LAST, 1 LIMIT 4"""),
        """SELECT state AS "users.state", sum((SELECT count(*) FROM order_items i
            WHERE i.user_id = users.id))::BIGINT AS "order_items.count"
            FROM users GROUP BY 1 ORDER BY sum(age) DESC NULLS LAST, 1 LIMIT 4""",
    ),
    Case(
        "WITH becomes one statement, and a test of an aggregate its HAVING",
        shop("""WITH by_state AS (
                SELECT ${users.state} AS state, COUNT(*) AS n FROM ${users} GROUP BY 1)
            SELECT n, by_state.state FROM by_state WHERE n > 2 AND state <> 'Texas'
            ORDER BY n DESC, state LIMIT 4"""),
        """SELECT count(*) AS "users.n", state AS "users.state" FROM users WHERE state <> 'Texas'
            GROUP BY state HAVING count(*) > 2 ORDER BY 1 DESC, 2 LIMIT 4""",
    ),
    Case(
        "WITH of one group",
        shop("""WITH a AS (SELECT ${users.count} AS people, MAX(${users.age}) AS eldest
            FROM ${users}) SELECT eldest, people FROM a"""),
        'SELECT max(age) AS "users.eldest", count(*) AS "users.count" FROM users',
    ),
    Case(
        "WITH of rows, read through another and then grouped",
        shop("""WITH sold AS (
                SELECT ${order_items.status}, ${order_items.sale_price} * ${order_items.quantity}
                AS value FROM ${order_items} WHERE ${order_items.quantity} > 1),
            dear AS (SELECT * FROM sold WHERE value > 50)
            SELECT d.status, SUM(value) AS total, COUNT(*) FROM dear AS d
            GROUP BY 1 HAVING SUM(value) > 100 ORDER BY total DESC"""),
        """SELECT status AS "order_items.status", sum(sale_price * quantity)
            AS "order_items.total", count(*) AS "order_items.count" FROM order_items
            WHERE quantity > 1 AND sale_price * quantity > 50
            GROUP BY 1 HAVING sum(sale_price * quantity) > 100 ORDER BY 2 DESC""",
    ),
    Case(
        "WITH of a measure, with everything it shows",
        shop("""WITH a AS (SELECT ${users.state}, ${users.count} AS people FROM ${users})
            SELECT * FROM a WHERE people >= 5 ORDER BY people DESC, state"""),
        """SELECT state AS "users.state", count(*) AS "users.count" FROM users
            GROUP BY 1 HAVING count(*) >= 5 ORDER BY 2 DESC, 1""",
    ),
    Case(
        "two bounds on the bare field both hold",
        shop("""SELECT COUNT(*) AS n FROM ${order_items}
            WHERE ${order_items.shipped_on} >= '2024-02-10'
            AND ${order_items.shipped_on} < '2024-05-01'"""),
        """SELECT count(*) AS "order_items.n" FROM order_items
            WHERE shipped_on >= '2024-02-10' AND shipped_on < '2024-05-01'""",
    ),
]
UNSORTED = {case.name for case in CASES if "ORDER BY" not in case.query["userEditedSQL"]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_sql_over_a_model_has_the_answer_of_sql_over_its_tables(case: Case, engine: Engine) -> None:
    plan = engine.plan(case.query, now=NOW)
    answer = engine.execute(plan)
    expected = by_hand(case)
    assert answer.column_names == expected.column_names == list(plan.fields)
    got, wanted = answer.to_pylist(), expected.to_pylist()
    if case.name in UNSORTED:
        assert Counter(map(str, got)) == Counter(map(str, wanted))
    else:
        assert got == wanted


def test_what_stood_in_with_is_one_statement(engine: Engine) -> None:
    sql = """WITH a AS (SELECT ${users.state}, COUNT(*) AS n FROM ${users} GROUP BY 1)
        SELECT state, n FROM a WHERE n > 2"""
    plan = engine.plan(shop(sql), now=NOW)
    assert (plan.sql.count("SELECT"), plan.sql.count("HAVING"), "WITH" in plan.sql) == (1, 1, False)
    assert "WHERE" not in plan.sql
    assert plan.omni_sql == sql


def test_limit_and_offset_of_the_query_do_not_touch_it(engine: Engine) -> None:
    query = shop("SELECT ${order_items.id} FROM ${order_items}", limit=3, offset=5)
    assert engine.execute(engine.plan(query, now=NOW)).num_rows == 240


def test_the_summary_keeps_the_sql_and_knows_every_type(engine: Engine) -> None:
    sql = "SELECT ${users.state}, ${users.count}, MAX(${users.signed_up_on}) AS last FROM ${users}"
    plan = engine.plan(shop(sql), now=NOW)
    assert (plan.omni_sql, plan.omni_sql_parse_failed) == (sql, False)
    assert plan.query["userEditedSQL"] == sql
    assert [(each["data_type"], each["view_name"]) for each in plan.fields.values()] == [
        ("STRING", "users"),
        ("NUMBER", "users"),
        ("TIMESTAMP", "users"),
    ]


def test_sql_that_names_no_model_runs_as_it_is(engine: Engine) -> None:
    plan = engine.plan(shop("SELECT count(*) AS n FROM users"), now=NOW)
    assert (plan.omni_sql_parse_failed, list(plan.fields)) == (True, ["n"])
    assert engine.execute(plan).to_pylist() == [{"n": 40}]


def refusal(engine: Engine, query: dict[str, Any]) -> str:
    with pytest.raises(Refused) as refused:
        engine.plan(query, now=NOW)
    return refused.value.message


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("SELECT ${users.nope} FROM ${users}", 'field "users.nope"'),
        ("SELECT ${users.state[month]} FROM ${users}", 'field "users.state[month]"'),
        ("SELECT ${nope.state} FROM ${users}", 'view "nope"'),
        ("SELECT ${state} FROM ${users}", 'view "state"'),
        ("SELECT 1 AS a FROM ${orders}", 'view "orders"'),
        ("SELECT 1 AS a FROM ${users.state}", 'view "users.state"'),
        ("SELEC ${users.nope} FROM ${users}", 'field "users.nope"'),
        ("SELEC ${users.state} FROM ${orders}", 'view "orders"'),
    ],
)
def test_a_reference_to_what_the_model_does_not_have_is_an_error(
    engine: Engine, sql: str, what: str
) -> None:
    kind, name = what.split(" ", 1)
    twice = f"Field {name} not found: " if kind == "field" else ""
    assert refusal(engine, shop(sql)) == f"Could not substitute Omni SQL: {twice}No such {what}"


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("SELEC ${users.state} FROM ${users}", "cannot be parsed"),
        ("WITH a AS (SELECT 1) SELECT ${users.state} FROM ${users}", "WITH"),
        (
            "WITH a AS (SELECT ${users.id} FROM ${users}) SELECT ${users.state} FROM ${users}",
            "WITH a",
        ),
        ("WITH RECURSIVE a AS (SELECT ${users.id} FROM ${users}) SELECT id FROM a", "RECURSIVE"),
        ("WITH a AS (SELECT ${users.id} FROM ${users} LIMIT 3) SELECT id FROM a", "has a LIMIT"),
        ("WITH a AS (SELECT ${users.id} FROM ${users} OFFSET 3) SELECT id FROM a", "has a OFFSET"),
        ("WITH a AS (SELECT ${users.id} FROM ${users}) SELECT nope FROM a", "nope in SQL"),
        ("WITH a AS (SELECT ${users.id} FROM ${users}) SELECT b.id FROM a", "b.id in SQL"),
        ("WITH a AS (SELECT ${users.id} FROM ${users}) SELECT id FROM a, a AS b", "JOINS"),
        ("WITH a(x) AS (SELECT ${users.id} FROM ${users}) SELECT x FROM a", "WITH"),
        ("WITH a AS (VALUES (1)) SELECT ${users.id} FROM ${users}", "cannot be parsed"),
        (
            "WITH a AS (SELECT DISTINCT ON (${users.state}) ${users.id} FROM ${users})"
            " SELECT id FROM a",
            "DISTINCT ON",
        ),
        (
            "WITH a AS (SELECT ${users.state}, COUNT(*) AS n FROM ${users} GROUP BY 1)"
            " SELECT AVG(n) AS each FROM a",
            "grouping what WITH has grouped",
        ),
        (
            "WITH a AS (SELECT ${users.state}, COUNT(*) AS n FROM ${users} GROUP BY 1)"
            " SELECT n FROM a ORDER BY COUNT(*)",
            "grouping what WITH has grouped",
        ),
        # All keys stay keys, though the outer query shows less.
        (
            "WITH a AS (SELECT ${users.state}, ${users.age}, ${users.count} AS n FROM ${users})"
            " SELECT state, n FROM a",
            "GROUP BY ${users.age}",
        ),
        (
            "WITH a AS (SELECT ${users.state}, ${users.age}, COUNT(*) AS n FROM ${users}"
            " GROUP BY ALL) SELECT state, n FROM a",
            "GROUP BY ${users.age}",
        ),
        (
            "WITH a AS (SELECT DISTINCT ${users.state} FROM ${users}) SELECT COUNT(*) FROM a",
            "has DISTINCT",
        ),
        (
            "WITH a AS (SELECT ${users.state}, COUNT(*) AS n FROM ${users} GROUP BY 3)"
            " SELECT n FROM a",
            "GROUP BY 3",
        ),
        (
            "WITH a AS (SELECT ${users.id}, row_number() OVER () AS n FROM ${users})"
            " SELECT id FROM a WHERE n = 1",
            "window",
        ),
        ("SELECT ${users.id} FROM ${users} UNION SELECT 1", "UNION"),
        ("SELECT ${users.id} FROM ${users} JOIN ${order_items} ON true", "JOINS"),
        ("SELECT ${users.id} FROM ${users}, ${order_items}", "JOINS"),
        ("SELECT ${users.id} FROM ${users} AS u", "FROM"),
        ("SELECT ${users.id} FROM users", "FROM"),
        ("SELECT (SELECT 1) AS a, ${users.id} FROM ${users}", "subquery"),
        ("SELECT ${users.id} FROM ${users} WHERE ${users.id} IN (SELECT 1)", "subquery"),
        ("SELECT row_number() OVER () AS n, ${users.id} FROM ${users}", "window"),
        ("SELECT ${users.id} FROM ${users} QUALIFY true", "QUALIFY"),
        ("SELECT * FROM ${users}", "SELECT *"),
        ("SELECT state FROM ${users}", "state in SQL"),
        ("SELECT ${users.id} FROM ${users} WHERE state = 'Texas'", "state in SQL"),
        ("SELECT ${users.id} + 1 FROM ${users}", "${users.id} + 1 needs a name"),
        ("SELECT COUNT(${users.id}) FROM ${users}", "COUNT(${users.id}) needs a name"),
        ("SELECT COUNT(*), ${users.count} FROM ${users}", '"users.count"'),
        ("SELECT ${users.id} + 1 AS a, ${users.id} + 2 AS a FROM ${users}", '"users.a"'),
        ("SELECT ${users.id} + 1 AS id, ${users.id} FROM ${users}", '"users.id"'),
        ("SELECT ${users.id}, ${users.id} + 1 AS id FROM ${users}", '"users.id"'),
        ("SELECT ${users.id} FROM ${users} LIMIT 1 + 1", "LIMIT"),
        ("SELECT ${users.state}, ${users.name} FROM ${users} GROUP BY 1", '"users.name"'),
        ("SELECT COUNT(*) AS n FROM ${users} GROUP BY ${users.state}", "GROUP BY ${users.state}"),
        ("SELECT DISTINCT ON (${users.state}) ${users.id} FROM ${users}", "DISTINCT ON"),
        ("SELECT ${users.count} FROM ${users} GROUP BY 1", "cannot be grouped by"),
        ("SELECT COUNT(*) AS n FROM ${users} GROUP BY ROLLUP (${users.state})", "ROLLUP"),
        ("SELECT COUNT(*) AS n FROM ${users} ORDER BY ${users.state}", "ORDER BY ${users.state}"),
        ("SELECT COUNT(*) AS n FROM ${users} ORDER BY 2", "ORDER BY 2"),
        ("SELECT ${users.id}, ${users.id}, ${users.name} FROM ${users} ORDER BY 3", "ORDER BY 3"),
        ("SELECT COUNT(*) AS n FROM ${users} WHERE ${users.count} > 1", "users.count"),
        ("SELECT COUNT(*) AS n FROM ${users} HAVING ${users.age} > 1", "${users.age} > 1"),
        ("SELECT ${users.age} + COUNT(*) AS n FROM ${users}", "outside an aggregate"),
        ("SELECT SUM(${users.count}) AS n FROM ${users}", "aggregates an aggregate"),
    ],
)
def test_sql_beyond_the_sandbox_is_refused_by_name(engine: Engine, sql: str, named: str) -> None:
    assert named in refusal(engine, shop(sql))


def test_a_topic_does_not_offer_what_its_fields_leave_out(engine: Engine) -> None:
    query = shop(
        "SELECT ${users.email} FROM ${order_items}", join_paths_from_topic_name="completed_orders"
    )
    assert 'No such field "users.email"' in refusal(engine, query)


def test_a_topic_that_begins_elsewhere_is_refused(engine: Engine) -> None:
    query = shop("SELECT ${users.id} FROM ${users}", join_paths_from_topic_name="orders")
    assert '"order_items"' in refusal(engine, query)


@pytest.mark.parametrize(
    "rest",
    [
        {"filters": {"users.state": text("EQUALS", "Texas")}},
        {"pivots": ["users.state"]},
        {"sorts": [{"column_name": "users.id"}], "sqlSortsEnabled": True},
    ],
    ids=str,
)
def test_what_is_not_modeled_over_sql_is_refused(engine: Engine, rest: dict[str, Any]) -> None:
    assert "over SQL" in refusal(engine, shop("SELECT ${users.id} FROM ${users}", **rest))


def test_a_filter_on_a_measure_is_skipped(engine: Engine) -> None:
    query = shop(
        "SELECT ${users.id} FROM ${users}", filters={"users.count": number("GREATER_THAN", "9")}
    )
    assert engine.execute(engine.plan(query, now=NOW)).num_rows == 40


def test_references_are_looked_up_beside_a_join_of_a_view_that_does_not_exist() -> None:
    shops = Warehouse(Dataset("CREATE TABLE shops (id INTEGER)", lambda _: None))
    files = {
        "shops.view": "dimensions: {id: {}}\n",
        "relationships": "- {join_from_view: shops, join_to_view: ghosts, join_to_view_as: g,"
        " relationship_type: many_to_one, on_sql: '${shops.id} = ${g.id}'}\n",
    }
    model = read_checked_model(files, shops, model_id=FLIGHTS, name="S", connection_id=FLIGHTS)
    engine = Engine([(model, shops)])
    for reference, view in (("g.id", "g"), ("g", "g"), ("ghosts.id", "ghosts"), ("h.id", "h")):
        with pytest.raises(Refused) as refused:
            engine.plan(over(FLIGHTS, f"SELEC ${{{reference}}} FROM ${{shops}}"), now=NOW)
        assert refused.value.message.endswith(f'No such view "{view}"')
    with pytest.raises(Refused, match="cannot be parsed"):
        engine.plan(over(FLIGHTS, "SELEC ${shops.id} FROM ${shops}"), now=NOW)
