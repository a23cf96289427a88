"""What a query answered beside what SQL by hand answers: DuckDB alone, on the same files."""

from __future__ import annotations

import math
import warnings
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from tpch.case import NOW, Case

import omnipd

ORGANIZATION = Path(__file__).parent / "organization"
TABLES = ("customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier")
#: What a query has that says none.
OMNIS_LIMIT = 1000
#: Doubles are sums and averages, whose last digits depend on the order of the rows.
RELATIVE_TOLERANCE = 1e-11

Row = tuple[Any, ...]


def serve(organization: Path = ORGANIZATION) -> omnipd.Sandbox:
    """Start the sandbox over TPC-H, on a day of its own."""
    return omnipd.sandbox(org=organization, now=lambda: NOW)


def open_files(folder: Path = ORGANIZATION / "data") -> duckdb.DuckDBPyConnection:
    """Open the tables for SQL by hand."""
    connection = duckdb.connect()
    for table in TABLES:
        place = str(folder / f"{table}.parquet").replace("'", "''")
        connection.execute(f"CREATE VIEW {table} AS FROM '{place}'")
    return connection


def answered(case: Case, omni: omnipd.Sandbox) -> list[Row]:
    """Ask a case's query through omnipd.

    Raises
    ------
    AssertionError
        If the columns are not the fields that were asked for, in their order.
    """
    users = {each.email: each.membership_id for each in omni.server.organization.users.values()}
    limited = case.wire["limit"] != OMNIS_LIMIT
    with warnings.catch_warnings():
        if limited:
            # There may be more rows, it says.
            warnings.simplefilter("ignore", omnipd.OmniWarning)
        frame = omnipd.run_query(
            case.query,
            limit=None if limited else "all",
            user_id=users[case.user] if case.user else None,
            totals=case.totals,
            client=omni,
        )
    wanted = [*case.wire["fields"], *(["omni_total"] if case.totals else [])]
    assert sorted(frame.columns) == sorted(wanted), list(frame.columns)
    table = pa.Table.from_pandas(frame[wanted], preserve_index=False)
    return [tuple(row.values()) for row in table.to_pylist()]


def by_hand(case: Case, connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """Run a case's SQL."""
    rows: list[Row] = connection.sql(case.sql).fetchall()
    return rows


def difference(case: Case, got: list[Row], wanted: list[Row]) -> str | None:
    """Say where the rows differ first; None when they are the same."""
    if not case.is_sorted:
        got, wanted = sorted(got, key=_order), sorted(wanted, key=_order)
    if len(got) != len(wanted):
        return f"{len(got):,} rows, and by hand {len(wanted):,}"
    for number, (one, other) in enumerate(zip(got, wanted, strict=True), 1):
        if len(one) != len(other) or not all(map(_same, one, other)):
            return f"row {number}: {one}, and by hand {other}"
    return None


def _same(one: Any, other: Any) -> bool:
    """Compare two values of one type: doubles to the tolerance, all others exactly."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return math.isclose(one, other, rel_tol=RELATIVE_TOLERANCE)
    return bool(one == other)


def _order(row: Row) -> tuple[Any, ...]:
    """Sort rows by all that is exact, then by the doubles."""
    exact = [(each is not None, _comparable(each)) for each in row if not isinstance(each, float)]
    doubles = [each for each in row if isinstance(each, float)]
    return (exact, doubles)


def _comparable(value: Any) -> Any:
    return "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)
