"""The database behind a connection: DuckDB in memory, filled when first asked for rows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby

import duckdb
import pyarrow as pa

from omnipd_sandbox.engine.data.arrow_types import is_usual, with_wire_types
from omnipd_sandbox.engine.data.datasets import flights, orders
from omnipd_sandbox.engine.data.limits import USUAL, Limits
from omnipd_sandbox.engine.data.read_result import read_result
from omnipd_sandbox.engine.data.time_limit import TimeLimit
from omnipd_sandbox.http.running import client_of_this_thread, running
from omnipd_sandbox.refused_query import Refused

_time_limit = TimeLimit()
# Seconds; most queries are over by then.
_LOOKS_FOR_CLIENT_AFTER = 0.3


@dataclass(frozen=True)
class Dataset:
    """Name the tables of a database and how their rows get there."""

    schema: str
    fill: Callable[[duckdb.DuckDBPyConnection], None]


DATASETS = {
    "flights": Dataset(flights.SCHEMA, flights.fill),
    "orders": Dataset(orders.SCHEMA, orders.fill),
    "many orders": Dataset(orders.SCHEMA, orders.fill_large),
}


@dataclass
class Warehouse:
    """Answer SQL on one data set; safe to share between threads."""

    dataset: Dataset
    # A query that takes longer is ended.
    longest_seconds: float = 60
    limits: Limits = USUAL
    _connection: duckdb.DuckDBPyConnection = field(init=False)
    _blank: duckdb.DuckDBPyConnection | None = field(init=False)
    _filled: bool = field(default=False, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self._connection = self._with_tables()
        # The same tables without rows, closed off from the start: a model's SQL may be a stranger's,
        # and it is looked at before any rows are loaded.
        self._blank = self._with_tables() if self.dataset.schema else None
        if self._blank is not None:
            _close_off(self._blank, self.limits)

    def _with_tables(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(":memory:")
        # GLOBAL, because each query runs on a cursor of its own.
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        if self.dataset.schema:
            connection.execute(self.dataset.schema)
        return connection

    def load(self, statement: str) -> None:
        """Run a statement that makes or fills tables, before any query is run."""
        with self._lock:
            self._connection.execute(statement)

    def tables(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """List the tables as (schema, table, columns), each column as (name, DuckDB type)."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns()"
                " WHERE NOT internal ORDER BY schema_name, table_name, column_index"
            ).fetchall()
        return [
            (schema, table, [(name, kind) for *_, name, kind in columns])
            for (schema, table), columns in groupby(rows, key=lambda row: row[:2])
        ]

    def describe(self, select: str) -> list[str]:
        """Tell the DuckDB types of a select's columns without running it.

        Raises
        ------
        Refused
            When the database does not accept the select.
        """
        return [kind for _, kind in self.described(select)]

    def described(self, select: str) -> list[tuple[str, str]]:
        """Tell the names and DuckDB types of a select's columns without running it.

        Raises
        ------
        Refused
            When the database does not accept the select.
        """
        with self._reading(select, self._blank) as relation:
            return _columns(relation)

    def result_columns(self, select: str) -> list[tuple[str, str]]:
        """List what a select would return as (name, DuckDB type), without running it.

        Raises
        ------
        Refused
            With error type QUERY, for what is not one select that the database accepts.
        """
        with self._reading(select) as relation:
            return _columns(relation)

    def run(self, select: str, at_most: int | None = None) -> pa.Table:
        """Run a select and return its rows in the Arrow types of the wire.

        Parameters
        ----------
        select
            One statement; it may be a stranger's, because nothing but reading tables is possible.
        at_most
            How many rows to return, the first ones; None returns all.

        Raises
        ------
        Refused
            With error type QUERY, when the database refuses or fails, also for want of memory;
            with KILL for what takes too long, is too large, or is not wanted any more.
        """
        with self._reading(select) as relation:
            kinds = [kind for _, kind in _columns(relation)]
            if not all(is_usual(kind) for kind in kinds):
                # Before anything is run: what has no wire type may be very large.
                with_wire_types(relation.limit(0).to_arrow_table(), kinds)
            table = read_result(relation, at_most, self.limits.result)
        return with_wire_types(table, kinds)

    @contextmanager
    def _reading(
        self, select: str, connection: duckdb.DuckDBPyConnection | None = None
    ) -> Iterator[duckdb.DuckDBPyRelation]:
        """Bind a select on a cursor that cannot write; by default where the rows are."""
        try:
            select.encode()
        except UnicodeEncodeError:
            # DuckDB takes UTF-8, and what comes over the wire may hold what that cannot say.
            raise Refused("QUERY", "The text holds a lone surrogate") from None
        if connection is None:
            self._fill_once()
        cursor = (connection or self._connection).cursor()
        late = threading.Event()

        def end() -> None:
            late.set()
            cursor.interrupt()

        has_left = client_of_this_thread()

        def end_if_unwanted() -> None:
            if has_left():
                cursor.interrupt()

        try:
            statements = cursor.extract_statements(select)
            if [each.type for each in statements] != [duckdb.StatementType.SELECT]:
                raise Refused("QUERY", "Only a single SELECT statement can be run")
            # A SELECT may still hold an INSERT, in a WITH.
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            with (
                running(cursor),
                _time_limit.after(self.longest_seconds, end),
                _time_limit.after(_LOOKS_FOR_CLIENT_AFTER, end_if_unwanted),
            ):
                yield cursor.sql(_without_end(select))
        except (duckdb.Error, OSError, pa.ArrowException) as error:
            raise self._refusal(error, late=late.is_set()) from error
        finally:
            cursor.close()

    def _refusal(self, error: Exception, *, late: bool) -> Refused:
        # Of an error that comes by way of Arrow only the database's words are left.
        said = str(error)
        if said.startswith("INTERRUPT Error"):
            too_long = f"The query took longer than {self.longest_seconds} seconds"
            return Refused("KILL", too_long if late else "The query was ended: nobody waits for it")
        if said.startswith("Out of Memory Error"):
            return Refused(
                "QUERY",
                "The query needs more memory than the"
                f" {self.limits.memory:,} bytes that memory_limit allows",
            )
        return Refused("QUERY", said)

    def _fill_once(self) -> None:
        with self._lock:
            if self._filled:
                return
            self.dataset.fill(self._connection)
            # One thread per query: sums of floats then add up in the same order every time.
            self._connection.execute("SET threads = 1")
            _close_off(self._connection, self.limits)
            self._filled = True


def _close_off(connection: duckdb.DuckDBPyConnection, limits: Limits) -> None:
    """Allow no files, no network, nothing spilled to disk, no Python variables, and so much memory."""
    # The limit is one for a database and all its cursors, and its tables count.
    held = connection.execute("SELECT sum(memory_usage_bytes) FROM duckdb_memory()").fetchall()
    connection.execute(f"SET memory_limit = '{int(held[0][0]) + limits.memory}B'")
    connection.execute("SET temp_directory = ''")
    connection.execute("SET python_enable_replacements = false")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _without_end(select: str) -> str:
    """Cut off the semicolons and comments that a select ends in: a limit is written behind it."""
    text = select.encode()
    end = len(text)
    # Their places are counted in bytes.
    for place, kind in reversed(duckdb.tokenize(select)):
        if kind != duckdb.token_type.comment and text[place : place + 1] != b";":
            break
        end = place
    return text[:end].decode()


def _columns(relation: duckdb.DuckDBPyRelation) -> list[tuple[str, str]]:
    kinds = [str(kind) for kind in relation.types]
    return list(zip(relation.columns, kinds, strict=True))


@lru_cache(maxsize=16)
def warehouse(name: str, limits: Limits = USUAL) -> Warehouse:
    """Return the process's one warehouse of a data set with these limits; all models share it."""
    return Warehouse(DATASETS[name], limits=limits)
