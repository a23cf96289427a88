"""Queries made by chance, each held to one plain statement over the base tables."""

import json
import math
from concurrent.futures import ThreadPoolExecutor
from random import Random

import duckdb
import pytest
from queries.plain_sql import DIMENSIONS, FLIGHTS, ORDERS, statement
from sandbox.random_queries import NOW, PERIODS, random_query

from omnipd_sandbox.engine.bundled import BUNDLED, model_folder
from omnipd_sandbox.engine.data.datasets import flights
from omnipd_sandbox.engine.data.warehouse import DATASETS, Dataset, Warehouse, warehouse
from omnipd_sandbox.engine.engine import Engine
from omnipd_sandbox.engine.model.formats import with_formats
from omnipd_sandbox.engine.read_model import read_checked_model

# tests/random_queries.py makes as many as it is told.
QUERIES = 280
# Many, because files with many tests are begun first: this one, begun last, would be waited for.
BATCHES = 140
# Enough to hold every airport, airline and month, few enough for thousands of queries.
ONE_FLIGHT_IN = 149
ONE_HOUR_OF_WEATHER_IN = 11


KEPT = {
    "flights": f"id % {ONE_FLIGHT_IN} = 0",
    "weather": f"(day * 24 + hour) % {ONE_HOUR_OF_WEATHER_IN} = 0",
}


def fill_with_some_flights(connection: duckdb.DuckDBPyConnection) -> None:
    # Rows that are deleted are still walked over, so the few are taken from another database.
    with duckdb.connect(":memory:") as whole:
        whole.execute(flights.SCHEMA)
        flights.fill(whole)
        for (table,) in whole.sql("SELECT table_name FROM duckdb_tables()").fetchall():
            rows = whole.sql(f"SELECT * FROM {table} WHERE {KEPT.get(table, 'true')}")
            connection.register("kept_rows", rows.to_arrow_table())
            connection.execute(f"INSERT INTO {table} SELECT * FROM kept_rows")
            connection.unregister("kept_rows")


class Held:
    """The planner, and beside it the databases that it plans for."""

    def __init__(self) -> None:
        self.databases = {
            FLIGHTS: Warehouse(Dataset(DATASETS["flights"].schema, fill_with_some_flights)),
            ORDERS: warehouse("orders"),
        }
        self.engine = Engine(
            (
                with_formats(
                    read_checked_model(
                        {
                            path.name: path.read_text(encoding="utf-8")
                            for path in model_folder(each.name).iterdir()
                        },
                        self.databases[each.id],
                        model_id=each.id,
                        name=each.name,
                        connection_id=each.id,
                    ),
                    each.formats,
                ),
                self.databases[each.id],
            )
            for each in BUNDLED
        )
        self.values = {
            name: self._some_values(model, name, dimension.sql)
            for model, dimensions in DIMENSIONS.items()
            for name, dimension in dimensions.items()
            if dimension.kind in {"string", "number"}
        }

    def hold(self, number: int) -> None:
        """Compare the answer to one query with that of the statement written for it."""
        entrance, query = random_query(Random(number), self.values)
        sql = statement(entrance, query, PERIODS[entrance.model])
        plan = self.engine.plan(query, now=NOW[entrance.model])
        got = self.engine.execute(plan)
        wanted = self.databases[entrance.model].run(sql)
        told = f"query {number}: {json.dumps(query, ensure_ascii=False)}\n{plan.sql}\n--\n{sql}"
        assert plan.missing_fields == [], told
        assert got.column_names == wanted.column_names, told
        assert got.num_rows == wanted.num_rows, told
        for mine, theirs in zip(got.to_pylist(), wanted.to_pylist(), strict=True):
            assert all(alike(mine[name], theirs[name]) for name in mine), f"{mine} {theirs}\n{told}"

    def _some_values(self, model: str, name: str, sql: str) -> list[str]:
        view, _, _ = name.partition(".")
        table = "airports" if view.endswith("_airport") else view
        if name == "order_items.is_full_price":
            return []
        rows = self.databases[model].run(
            f"SELECT DISTINCT {sql} AS v FROM {table} AS {view} ORDER BY v"
        )
        values = [str(value) for value in rows["v"].to_pylist() if value is not None]
        return values[:: max(1, len(values) // 12)]


@pytest.fixture(scope="module")
def held() -> Held:
    return Held()


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_query_made_by_chance_has_the_answer_of_plain_sql(batch: int, held: Held) -> None:
    # The database runs outside Python's lock, so two threads are nearly twice as fast as one.
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(held.hold, range(batch, QUERIES, BATCHES)))


def alike(left: object, right: object) -> bool:
    # 1 == 1.0 == Decimal(1) in Python, so the type is part of what is compared.
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)
    return left == right
