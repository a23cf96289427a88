from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest
from queries.query_cases import CASES, NOW, ORDERS

from omnipd_sandbox.engine.data.warehouse import DATASETS, Warehouse, warehouse
from omnipd_sandbox.engine.engine import Engine, Refused


def test_queries_run_side_by_side() -> None:
    engine = Engine()
    cases = [case for case in CASES if case.query["modelId"] == ORDERS][:40]
    plans = [engine.plan(case.query, now=NOW) for case in cases]
    alone = [engine.execute(plan) for plan in plans]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(engine.execute, plans * 3))
    assert all(one.equals(other) for one, other in zip(alone * 3, together, strict=True))


def test_a_database_is_filled_once_however_many_ask_first() -> None:
    fresh = Warehouse(DATASETS["orders"])
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(fresh.run, ["SELECT count(*) AS n FROM order_items"] * 8))
    assert [table.to_pylist() for table in counts] == [[{"n": 240}]] * 8


def test_the_orders_do_not_wait_for_the_flights() -> None:
    orders = Warehouse(DATASETS["orders"])
    assert "flights" not in {table for _, table, _ in orders.tables()}
    assert orders.run("SELECT count(*) AS n FROM users").to_pylist() == [{"n": 40}]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "COPY users TO '/tmp/users.csv'",
        "SET enable_external_access = true",
        "SET TimeZone = 'America/New_York'",
    ],
)
def test_a_filled_database_reads_no_files_and_keeps_its_settings(sql: str) -> None:
    with pytest.raises(Refused) as refused:
        warehouse("orders").run(sql)
    assert refused.value.error_type == "QUERY"


def test_the_flights_have_every_row_and_a_key_in_file_order() -> None:
    counts = warehouse("flights").run(
        """SELECT (SELECT count(*) FROM flights) AS flights, (SELECT count(*) FROM airlines) AS a,
                  (SELECT count(*) FROM airports) AS b, (SELECT count(*) FROM planes) AS c,
                  (SELECT count(*) FROM weather) AS d,
                  (SELECT count(DISTINCT id) FROM flights) AS keys,
                  (SELECT flight FROM flights WHERE id = 1) AS first"""
    )
    assert list(counts.to_pylist()[0].values()) == [336776, 16, 1458, 3322, 26115, 336776, 1545]


def test_the_orders_hold_what_the_flights_lack() -> None:
    def count(where: str, table: str = "order_items") -> int:
        rows = warehouse("orders").run(f"SELECT count(*) AS n FROM {table} WHERE {where}")
        return int(rows.to_pylist()[0]["n"])

    assert count("user_id IS NULL") > 0
    assert count("user_id NOT IN (SELECT id FROM users)") > 0
    assert count("sku NOT IN (SELECT sku FROM products WHERE sku IS NOT NULL)") > 0
    assert count("is_gift IS NULL") > 0
    assert count("note = ''") > 0
    assert count("note IS NULL") > 0
    assert count("note = 'a\\b'") > 0
    assert count("email = ''", "users") > 0
    assert count("email IS NULL", "users") > 0
    assert count("created_at = TIMESTAMPTZ '2024-03-10 07:00:00+00'") == 1
    assert (
        count("id NOT IN (SELECT user_id FROM order_items WHERE user_id IS NOT NULL)", "users")
        == 10
    )


def test_an_integer_too_wide_for_64_bits_stays_exact() -> None:
    orders = warehouse("orders")
    wide = orders.run("SELECT 10000000000000000000000::HUGEINT AS n")
    assert wide.schema.types == [pa.decimal128(38, 0)]
    assert str(wide.to_pylist()[0]["n"]) == "10000000000000000000000"
    assert orders.run("SELECT 7::HUGEINT AS n").schema.types == [pa.int64()]


def test_a_type_without_a_place_on_the_wire_is_refused_by_name() -> None:
    with pytest.raises(Refused, match=r'Column "xs" has type INTEGER\[\]'):
        warehouse("orders").run("SELECT [1, 2] AS xs")
