"""The database behind a connection: DuckDB in memory, filled when first asked for rows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import duckdb
import pyarrow as pa

from omnipd.sandbox.semantic.arrow_types import with_wire_types
from omnipd.sandbox.semantic.datasets import flights, orders
from omnipd.sandbox.semantic.refusal import Refused


@dataclass(frozen=True)
class Dataset:
    """Name the tables of a database and how their rows get there."""

    schema: str
    fill: Callable[[duckdb.DuckDBPyConnection], None]


DATASETS = {
    "flights": Dataset(flights.SCHEMA, flights.fill),
    "orders": Dataset(orders.SCHEMA, orders.fill),
}


@dataclass
class Warehouse:
    """Answer SQL on one data set; safe to share between threads."""

    dataset: Dataset
    _connection: duckdb.DuckDBPyConnection = field(init=False)
    _filled: bool = field(default=False, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self._connection = duckdb.connect(":memory:")
        # GLOBAL, because each query runs on a cursor of its own.
        self._connection.execute("SET GLOBAL TimeZone = 'UTC'")
        self._connection.execute(self.dataset.schema)

    def columns(self, table: str) -> list[tuple[str, str]]:
        """List the columns of a table as (name, DuckDB type), in order; empty for no such table."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT column_name, data_type FROM duckdb_columns()"
                " WHERE NOT internal AND lower(table_name) = lower(?) ORDER BY column_index",
                [table],
            ).fetchall()
        return [(name, kind) for name, kind in rows]

    def describe(self, select: str) -> list[str]:
        """Tell the DuckDB types of a select's columns without running it.

        Raises
        ------
        duckdb.Error
            When the database does not accept the select.
        """
        with self._lock:
            rows = self._connection.execute(f"DESCRIBE {select}").fetchall()
        return [row[1] for row in rows]

    def run(self, select: str) -> pa.Table:
        """Run a select and return its rows in the Arrow types of the wire.

        Raises
        ------
        Refused
            With error type QUERY, when the database refuses or fails.
        """
        self._fill_once()
        cursor = self._connection.cursor()
        try:
            relation = cursor.sql(select)
            types = [str(kind) for kind in relation.types]
            table = relation.to_arrow_table()
        except duckdb.Error as error:
            raise Refused("QUERY", str(error)) from error
        finally:
            cursor.close()
        return with_wire_types(table, types)

    def _fill_once(self) -> None:
        with self._lock:
            if self._filled:
                return
            self.dataset.fill(self._connection)
            # One thread per query: sums of floats then add up in the same order every time.
            self._connection.execute("SET threads = 1")
            self._connection.execute("SET enable_external_access = false")
            self._connection.execute("SET lock_configuration = true")
            self._filled = True


@cache
def warehouse(name: str) -> Warehouse:
    """Return the process's one warehouse of a data set; all models of the data share it."""
    return Warehouse(DATASETS[name])
