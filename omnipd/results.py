"""A query's Arrow stream → the table that was asked for.

Nothing in the bytes is trusted: a stream that is cut at a batch boundary reads as whole, and a
damaged one can crash the reader, so the end-of-stream marker is looked for and every value is
validated before anything else touches the data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from omnipd.columns import whole_text
from omnipd.errors import QueryError, ResponseError

#: The column that tells totals rows from others, when they are kept.
TOTAL_COLUMN = "omni_total"

_INDICATORS = (
    "$omni_column_total_indicator",
    "__omni_column_total_indicator",
    "$omni_row_total_indicator",
    "__omni_row_total_indicator",
)
_RESERVED = re.compile(r"^\$omni_|^__omni_|__omni_sort(_\d+)?$|__omni_summ(_\d+)?$")
_SIDECAR = re.compile(r"^(.*)__omni_summ(?:_\d+)?$")
_RAW = re.compile(r"^(.+\[[^\[\]]+\])__raw$")


def decode(payload: bytes | bytearray, rows_said: int | None = None) -> pa.Table:
    """Read a whole, valid Arrow stream.

    Parameters
    ----------
    payload : bytes
        An Arrow IPC stream.
    rows_said : int, optional
        The number of rows that the same answer names. Where a writer leaves out the end-of-stream
        marker, this must agree instead.

    Raises
    ------
    ResponseError
        For anything that is cut, damaged or not a stream.
    """
    if bytes(payload[:6]) == b"ARROW1":
        raise ResponseError("The result is an Arrow file, not the Arrow stream that Omni sends.")
    buffer = pa.py_buffer(payload)
    end = _end_of_stream(buffer)
    fault = None
    try:
        table = pa.ipc.open_stream(buffer).read_all()
        table.validate(full=True)
        for kind in table.schema.types:
            _check_type(kind)
        # Only the columns: notes that a stream may carry for pandas or Arrow are not obeyed.
        table = pa.Table.from_arrays(table.columns, names=_distinct(table.column_names))
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
        fault = type(error).__name__
    if fault is not None:
        raise ResponseError(f"The result is not a valid Arrow stream ({fault}).")
    if table.num_rows > 8 * max(len(payload), table.nbytes):
        raise ResponseError(f"The result claims {table.num_rows:,} rows in {len(payload):,} bytes.")
    if end is None and rows_said != table.num_rows:
        raise ResponseError(
            f"The Arrow stream of the result has no end: it is cut after {table.num_rows:,} rows."
        )
    if end is not None and end != buffer.size:
        raise ResponseError(f"{buffer.size - end:,} bytes stand behind the end of the result.")
    return table


def _check_type(kind: pa.DataType) -> None:
    """Raise a ValueError for what validation does not look at: zones, inner names, odd decimals."""
    if pa.types.is_timestamp(kind):
        str(kind.tz)
    if pa.types.is_decimal(kind) and not 0 <= kind.scale <= kind.precision:
        raise ValueError(f"a decimal of {kind.precision} digits with {kind.scale} behind the point")
    for place in range(kind.num_fields):
        inner = kind.field(place)
        str(inner.name)
        _check_type(inner.type)


def _distinct(names: Sequence[str]) -> list[str]:
    """Return the names with a number behind those that came before: SQL may name columns alike."""
    distinct: list[str] = []
    for name in names:
        number, other = 2, name
        while other in distinct:
            number, other = number + 1, f"{name}_{number}"
        distinct.append(other)
    return distinct


def _end_of_stream(buffer: pa.Buffer) -> int | None:
    """Return where the stream's own end marker ends; None when there are merely no more bytes."""
    source = pa.BufferReader(buffer)
    reader = pa.ipc.MessageReader.open_stream(source)
    position = 0
    while True:
        try:
            reader.read_next_message()
        except StopIteration:
            return int(source.tell()) if source.tell() > position else None
        except (pa.ArrowException, OSError, EOFError, ValueError):
            return None
        position = source.tell()


def normalise(
    table: pa.Table, fields: Sequence[str], *, totals: bool = False, pivoted: bool = False
) -> pa.Table:
    """Return the columns that were asked for, in that order, without Omni's bookkeeping.

    Parameters
    ----------
    table : pyarrow.Table
        As decoded.
    fields : sequence of str
        The fields of the query; empty for SQL, where the result's own columns are the request.
    totals : bool
        Keep totals rows, told apart by the column ``omni_total``.
    pivoted : bool
        The layout of a pivoted result is not known; its columns stay as they came.

    Raises
    ------
    QueryError
        If the result lacks a field that was asked for.
    """
    marks = _total_marks(table)
    if marks is not None and totals:
        table = _values_from_sidecars(table, marks)
    elif marks is not None:
        table = table.filter(pc.is_null(marks))
    table = _without_raw_pairs(table)
    kept = [name for name in table.column_names if not _RESERVED.search(name)]
    if not pivoted:
        kept = _in_request_order(kept, fields)
    result = table.select(kept)
    if totals:
        column = (
            pa.chunked_array([pa.nulls(table.num_rows, pa.string())]) if marks is None else marks
        )
        result = result.append_column(TOTAL_COLUMN, column)
    return result


def _total_marks(table: pa.Table) -> pa.ChunkedArray | None:
    """Return what kind of total each row is, null for ordinary rows; None without indicators."""
    marks = None
    for name in _INDICATORS:
        if name in table.column_names:
            said = table.column(name).cast(pa.string())
            said = pc.if_else(pc.equal(said, ""), pa.scalar(None, pa.string()), said)
            marks = said if marks is None else pc.coalesce(marks, said)
    return marks


def _values_from_sidecars(table: pa.Table, marks: pa.ChunkedArray) -> pa.Table:
    """Take the values of totals rows from their sidecar columns, the first of each wins."""
    # A database may give names back in another case; of two such columns the first is meant.
    bases = {name.lower(): name for name in reversed(table.column_names)}
    bases |= {name: name for name in table.column_names}
    done = set()
    is_total = pc.is_valid(marks)
    for name in table.column_names:
        found = _SIDECAR.match(name)
        base = bases.get(found[1], bases.get(found[1].lower())) if found else None
        if base is None or base in done:
            continue
        done.add(base)
        column = table.column(base)
        total = table.column(name).cast(column.type)
        merged = pc.if_else(pc.and_(is_total, pc.is_valid(total)), total, column)
        table = table.set_column(table.column_names.index(base), base, merged)
    return table


def _without_raw_pairs(table: pa.Table) -> pa.Table:
    """Keep the timestamp of a formatted grain under the plain name, and drop its formatted text."""
    for raw in table.column_names:
        found = _RAW.match(raw)
        if found is None or found.group(1) not in table.column_names:
            continue
        plain = found.group(1)
        table = table.drop_columns([plain])
        names = [plain if name == raw else name for name in table.column_names]
        table = table.rename_columns(names)
    return table


def _in_request_order(names: list[str], fields: Sequence[str]) -> list[str]:
    lower = {name.lower(): name for name in names}
    missing = [field for field in fields if field.lower() not in lower]
    if missing:
        raise QueryError(
            f"The result lacks {', '.join(missing)}; it has {', '.join(names) or 'no columns'}.",
            hint="Check the spelling against the topic's fields.",
        )
    asked = list(dict.fromkeys(lower[field.lower()] for field in fields))
    return asked + [name for name in names if name not in set(asked)]


def labelled(table: pa.Table, fields: Any) -> pa.Table:
    """Rename columns to Omni's labels; two columns with one label keep their names behind it."""
    labels = [_label(name, fields) for name in table.column_names]
    named = [
        f"{label} ({name})" if labels.count(label) > 1 else label
        for label, name in zip(labels, table.column_names, strict=True)
    ]
    return table.rename_columns(_distinct(named))


def _label(name: str, fields: Any) -> str:
    field = fields.get(name) if isinstance(fields, dict) else None
    label = field.get("label") if isinstance(field, dict) else None
    return str(whole_text(label)) if isinstance(label, str) and label else name
