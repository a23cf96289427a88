"""SQL that goes to the database as it is, and what it cannot do there."""

from typing import Any

import pytest
from queries.query_cases import NOW, ORDERS, number, sort, text

from omnipd_sandbox.engine.data.warehouse import DATASETS, Warehouse, warehouse
from omnipd_sandbox.engine.engine import Engine, Refused


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def verbatim(sql: str, **rest: Any) -> dict[str, Any]:
    return {"modelId": ORDERS, "fields": [], "userEditedSQL": sql, "rewriteSql": False, **rest}


def answer(engine: Engine, query: dict[str, Any]) -> list[dict[str, Any]]:
    return engine.execute(engine.plan(query, now=NOW)).to_pylist()


def refusal(engine: Engine, query: dict[str, Any]) -> Refused:
    with pytest.raises(Refused) as refused:
        engine.plan(query, now=NOW)
    return refused.value


STATUSES = "SELECT status, count(*) AS n FROM order_items GROUP BY status ORDER BY status"


@pytest.mark.parametrize(
    "sign",
    [{"rewriteSql": False}, {"parsed": False}, {"dbtMode": True}],
    ids=lambda sign: next(iter(sign)),
)
def test_any_sign_not_to_parse_runs_the_sql_as_it_is(engine: Engine, sign: dict[str, Any]) -> None:
    query = {"modelId": ORDERS, "fields": [], "userEditedSQL": STATUSES, **sign}
    assert engine.plan(query, now=NOW).sql == STATUSES
    assert answer(engine, query) == warehouse("orders").run(STATUSES).to_pylist()


def test_a_line_in_the_sql_is_a_sign_too(engine: Engine) -> None:
    sql = f"-- DO NOT PARSE\n{STATUSES}"
    query = {"modelId": ORDERS, "fields": [], "userEditedSQL": sql}
    assert engine.plan(query, now=NOW).sql == sql


def test_limit_and_offset_of_the_query_do_not_touch_the_sql(engine: Engine) -> None:
    query = verbatim("SELECT id FROM order_items", limit=3, offset=2)
    assert len(answer(engine, query)) == 240
    assert engine.plan(query, now=NOW).query["limit"] == 3


def test_sql_without_a_limit_ends_one_row_after_fifty_thousand(engine: Engine) -> None:
    rows = answer(engine, verbatim("SELECT x FROM range(70000) t(x) ORDER BY x"))
    assert [len(rows), rows[0], rows[-1]] == [50_001, {"x": 0}, {"x": 50_000}]


def test_sql_with_a_limit_has_the_limit_it_says(engine: Engine) -> None:
    query = verbatim("SELECT x FROM range(70000) t(x) LIMIT 60000")
    assert engine.execute(engine.plan(query, now=NOW)).num_rows == 60_000


def test_the_summary_describes_the_columns_as_dimensions(engine: Engine) -> None:
    plan = engine.plan(
        verbatim("SELECT 1 AS n, 'a' AS t, true AS b, DATE '2024-01-01' AS d, now() AS i"), now=NOW
    )
    kinds = {
        name: (field["data_type"], field.get("date_type")) for name, field in plan.fields.items()
    }
    assert kinds == {
        "n": ("NUMBER", None),
        "t": ("STRING", None),
        "b": ("BOOLEAN", None),
        "d": ("TIMESTAMP", "DATE"),
        "i": ("TIMESTAMP", "TIMESTAMP"),
    }
    assert all(field["is_dimension"] for field in plan.fields.values())
    assert plan.missing_fields == []


def test_types_of_the_database_become_those_of_the_wire(engine: Engine) -> None:
    sql = """SELECT 1::UTINYINT AS small, 1::HUGEINT AS wide, 1.50 AS exact, 1e0 AS rough,
        'x'::ENUM('x') AS word, TIME '10:00' AS clock, '{"a": 1}'::JSON AS json,
        TIMESTAMP_NS '2024-01-01 00:00:00' AS fine"""
    table = engine.execute(engine.plan(verbatim(sql), now=NOW))
    assert [str(kind) for kind in table.schema.types] == [
        "int64", "int64", "decimal128(3, 2)", "double", "string", "string", "string",
        "timestamp[us]",
    ]  # fmt: skip


def test_a_type_without_a_place_on_the_wire_is_refused_by_name(engine: Engine) -> None:
    plan = engine.plan(verbatim("SELECT [1, 2] AS many"), now=NOW)
    with pytest.raises(Refused, match=r'"many" has type INTEGER\[\]'):
        engine.execute(plan)


def test_two_columns_of_one_name_both_come(engine: Engine) -> None:
    table = engine.execute(engine.plan(verbatim("SELECT 1 AS a, 2 AS a"), now=NOW))
    assert table.column_names == ["a", "a"]


def test_sorts_touch_the_sql_only_when_they_are_switched_on(engine: Engine) -> None:
    sql = "SELECT DISTINCT state FROM users WHERE state IS NOT NULL ORDER BY state; -- so"
    wanted = warehouse("orders").run(sql).column("state").to_pylist()
    sorts = [sort("state", descending=True)]
    off = verbatim(sql, sorts=sorts)
    on = verbatim(sql, sorts=sorts, sqlSortsEnabled=True)
    assert [row["state"] for row in answer(engine, off)] == wanted
    assert engine.plan(off, now=NOW).query["sorts"] == []
    assert [row["state"] for row in answer(engine, on)] == wanted[::-1]


def test_a_filter_on_a_measure_is_skipped_and_any_other_is_refused(engine: Engine) -> None:
    measure = {"order_items.count": number("GREATER_THAN", "1000")}
    assert len(answer(engine, verbatim(STATUSES, filters=measure))) > 1
    dimension = {"order_items.status": text("EQUALS", "complete")}
    refused = refusal(engine, verbatim(STATUSES, filters=dimension))
    assert (refused.error_type, "order_items.status" in refused.message) == ("PLAN", True)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("pivots", ["status"]),
        ("fill_fields", ["status"]),
        ("row_totals", {"n": {"type": "aggregation"}}),
        ("controls", [{}]),
        ("column_totals", {"::total::": {"type": "aggregation"}}),
        ("calculations", [{"calc_name": "c"}]),
    ],
)
def test_what_is_not_modeled_over_sql_is_refused_by_name(
    engine: Engine, key: str, value: object
) -> None:
    refused = refusal(engine, verbatim(STATUSES, sqlSortsEnabled=True, **{key: value}))
    assert (refused.error_type, f'"{key}" over SQL' in refused.message) == ("PLAN", True)


def test_jinja_is_refused_by_name(engine: Engine) -> None:
    refused = refusal(engine, verbatim("SELECT * FROM {{ ref('x') }}", dbtMode=True))
    assert "Jinja" in refused.message


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("SELECT nothing FROM users", "nothing"),
        ("SELEC 1", "SELEC"),
        ("SELECT * FROM flights", "flights"),
    ],
)
def test_what_the_database_refuses_is_an_error_of_the_query(
    engine: Engine, sql: str, named: str
) -> None:
    refused = refusal(engine, verbatim(sql))
    assert (refused.error_type, named in refused.message) == ("QUERY", True)


UNWELCOME = [
    "INSERT INTO users (id) VALUES (1000)",
    "INSERT INTO users (id) VALUES (1000) RETURNING id",
    "WITH w AS (INSERT INTO users (id) VALUES (1000) RETURNING id) SELECT * FROM w",
    "UPDATE users SET id = 1",
    "DELETE FROM users",
    "TRUNCATE users",
    "DROP TABLE users",
    "CREATE TABLE mine AS SELECT 1 AS a",
    "CREATE TEMP TABLE mine AS SELECT 1 AS a",
    "CREATE MACRO one() AS 1",
    "ALTER TABLE users ADD COLUMN a INTEGER",
    "SELECT 1; DROP TABLE users",
    "DROP TABLE users; SELECT 1",
    "SELECT * FROM query('DROP TABLE users')",
    "COPY users TO '/tmp/omnipd-users.csv'",
    "COPY (SELECT 1) TO '/tmp/omnipd-users.csv'",
    "EXPORT DATABASE '/tmp/omnipd-export'",
    "ATTACH '/tmp/omnipd.db'",
    "DETACH memory",
    "USE memory",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET threads = 2",
    "RESET enable_external_access",
    "PRAGMA enable_profiling",
    "CALL pragma_version()",
    "EXPLAIN ANALYZE SELECT 1",
    "PREPARE p AS SELECT 1",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "CHECKPOINT",
    "VACUUM",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_parquet('https://example.com/x.parquet')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM self",
    "SELECT * FROM known",
    "SELECT getenv('HOME')",
    "",
    "-- nothing",
]


@pytest.fixture(scope="module")
def database() -> Warehouse:
    """Give a database of its own, in case a statement comes through."""
    return Warehouse(DATASETS["orders"])


@pytest.mark.parametrize("sql", UNWELCOME)
def test_sql_can_only_read_the_tables(database: Warehouse, sql: str) -> None:
    before = warehouse("orders").run("SELECT * FROM users")
    tables = "SELECT count(*) AS n FROM duckdb_tables()"
    with pytest.raises(Refused) as refused:
        database.run(sql)
    assert refused.value.error_type == "QUERY"
    assert database.run("SELECT * FROM users").equals(before)
    assert database.run(tables).to_pylist() == [{"n": 3}]


ENDLESS = "SELECT count(*) AS n FROM range(1000000000) a, range(1000000000) b"


def test_sql_that_does_not_end_is_ended() -> None:
    impatient = Warehouse(DATASETS["orders"], longest_seconds=0.05)
    with pytest.raises(Refused, match=r"longer than 0\.05 seconds") as refused:
        impatient.run(ENDLESS)
    assert refused.value.error_type == "KILL"
