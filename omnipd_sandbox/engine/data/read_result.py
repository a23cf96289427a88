"""Read a result piece by piece, and stop when it is too large."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from omnipd_sandbox.refused_query import Refused

_MOST_ROWS, _FEWEST_ROWS, _VALUES = 65_536, 2_048, 4_000_000
_TEXTS = {"VARCHAR", "JSON", "BIT"}
_SO_FAR = "omnipd bytes so far"
# What the guard says; the database puts its own words before it.
_TOO_LARGE = "omnipd: the result is too large"
_ALL_ROWS = 2**62


def read_result(relation: duckdb.DuckDBPyRelation, at_most: int | None, max_bytes: int) -> pa.Table:
    """Read the rows of a select.

    Parameters
    ----------
    relation
        The select, not run yet.
    at_most
        How many rows to read, the first ones; None reads all.
    max_bytes
        How large the rows may be, in Arrow.

    Raises
    ------
    Refused
        With error type KILL, for a result that is larger.
    """
    columns = relation.columns
    # Limiting gives columns that share a name new ones, so that the guard can name them.
    limited = relation.limit(_ALL_ROWS if at_most is None else at_most)
    try:
        return _read(_guarded(limited, max_bytes), columns, max_bytes)
    except (duckdb.Error, OSError, pa.ArrowException) as error:
        if _TOO_LARGE in str(error):
            raise _too_large(max_bytes) from None
        raise


def _read(relation: duckdb.DuckDBPyRelation, columns: list[str], max_bytes: int) -> pa.Table:
    reader = relation.to_arrow_reader(_rows_in_a_batch(len(columns)))
    batches, size = [], 0
    for batch in reader:
        # Without what the guard adds.
        rows = batch.select(range(len(columns)))
        size += rows.nbytes
        if size > max_bytes:
            raise _too_large(max_bytes)
        batches.append(rows)
    schema = pa.schema(list(reader.schema)[: len(columns)])
    return pa.Table.from_batches(batches, schema).rename_columns(columns)


def _rows_in_a_batch(columns: int) -> int:
    return max(_FEWEST_ROWS, min(_MOST_ROWS, _VALUES // columns))


def _guarded(relation: duckdb.DuckDBPyRelation, max_bytes: int) -> duckdb.DuckDBPyRelation:
    """Let the database itself add up the texts, and fail when they are too large.

    It holds a text that many rows share once, and writes it out for each row before anybody
    can look at the batch: 2,048 times.
    """
    texts = [
        name
        for name, kind in zip(relation.columns, relation.types, strict=True)
        if str(kind) in _TEXTS
    ]
    if not texts:
        return relation
    sizes = " + ".join(f"coalesce(strlen({_quoted(each)}::VARCHAR), 0)" for each in texts)
    so_far = f'sum({sizes}) OVER (ROWS UNBOUNDED PRECEDING) AS "{_SO_FAR}"'
    return relation.project(f"*, {so_far}").filter(
        f"CASE WHEN \"{_SO_FAR}\" > {max_bytes} THEN error('{_TOO_LARGE}') ELSE true END"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _too_large(max_bytes: int) -> Refused:
    return Refused(
        "KILL", f"The result is larger than the {max_bytes:,} bytes that result_limit allows"
    )
