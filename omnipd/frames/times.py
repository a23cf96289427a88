"""Times that pandas and Python can hold, and those that they cannot.

A type says the zone, and Arrow takes any name for one. UTC has many names, and under each but its
own a time of the last day of 9999 would count as one that another zone may put into the year 10000.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from omnipd.errors import warn

_PER_DAY = {"s": 86_400, "ms": 86_400 * 10**3, "us": 86_400 * 10**6, "ns": 86_400 * 10**9}
# Days from 1970: the first of the year 1 and the last of 9999, which Python can hold, and those of
# the years -32767 and 32767, which Arrow can write.
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896
_FIRST_WRITTEN, _LAST_WRITTEN = -12_687_428, 11_248_737

#: UTC by its other names, in small letters.
_UTC = {
    *("utc", "uct", "universal", "zulu", "z", "gmt", "gmt0", "gmt+0", "gmt-0", "greenwich"),
    *(f"{sign}{digits}" for sign in "+-" for digits in ("00:00", "0000", "00")),
}

_Rows = TypeVar("_Rows", pa.Table, pa.RecordBatch)


def in_known_zones(table: _Rows) -> _Rows:
    """Return a table whose instants say UTC for UTC by any name, and for a zone that nobody knows.

    Examples
    --------
    >>> in_known_zones(pa.table({"a": pa.array([0], pa.timestamp("s", "Etc/UTC"))})).schema.types
    [TimestampType(timestamp[s, tz=UTC])]
    """
    for place, field in enumerate(table.schema):
        kind = in_known_zone(field.type)
        if kind != field.type:
            table = table.set_column(place, field.name, table.column(place).cast(kind))
    return table


def in_known_zone(kind: pa.DataType) -> pa.DataType:
    """Return a type of instants with a zone that is known; any other type as it is."""
    if not pa.types.is_timestamp(kind) or kind.tz is None:
        return kind
    return pa.timestamp(kind.unit, _zone(kind.tz))


@functools.lru_cache(maxsize=1024)
def _zone(name: str) -> str:
    if name.lower().removeprefix("etc/") in _UTC:
        return "UTC"
    try:
        pc.assume_timezone(pa.array([0], pa.timestamp("s")), name)
        # Arrow takes more for a zone than Python does, such as +0530.
        pa.scalar(0, pa.timestamp("s", name)).as_py()
    except Exception:  # noqa: BLE001 - whatever the data of zones on this machine makes of it
        return "UTC"
    return name


def tell(table: pa.Table | pa.RecordBatch, told: set[str] | None = None) -> None:
    """Warn of columns whose times a DataFrame cannot hold as they are, in whatever way they are taken.

    Parameters
    ----------
    table : pyarrow.Table or pyarrow.RecordBatch
        The rows.
    told : set of str, optional
        Columns that nothing more is said of; those that are told of now are added.
    """
    told = set() if told is None else told
    for place, field in enumerate(table.schema):
        if field.name in told or (fault := _fault(_plain(table.column(place)))) is None:
            continue
        told.add(field.name)
        warn(
            f"The column {field.name} has a time {fault.words}. Arrow and Parquet keep it as it came."
        )


def showable(table: pa.Table) -> pa.Table:
    """Return a table whose times Python can hold; who hands a result over says so (:func:`tell`).

    The one change of a type that depends on values: a column with a time that its zone cannot show
    is in UTC, one with a time before the year 1 or after 9999 is text.
    """
    for place, field in enumerate(table.schema):
        column = table.column(place)
        if (fault := _fault(column)) is not None:
            held = fault.held(column)
            table = table.set_column(place, field.name, held)
    return table


@dataclass(frozen=True)
class _Fault:
    """Why times cannot be shown, and what becomes of them."""

    words: str
    held: Callable[[pa.ChunkedArray], pa.ChunkedArray]


def _fault(column: pa.ChunkedArray | pa.Array) -> _Fault | None:
    """Return what is wrong with times, None in the usual case."""
    kind = column.type
    if not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        return None
    zoned = pa.types.is_timestamp(kind) and kind.tz not in {None, "UTC"}
    # A zone is less than a day from UTC: the calendar of zones is asked only near the ends.
    if _within(column, _FIRST_DAY + zoned, _LAST_DAY - zoned):
        return None
    if not _within(column, _FIRST_DAY, _LAST_DAY):
        return _Fault("before the year 1 or after 9999; it is text in a DataFrame", as_text)
    if not zoned or _within(pc.local_timestamp(column), _FIRST_DAY, _LAST_DAY):
        return None
    return _Fault(f"that {kind.tz} cannot show; it is in UTC in a DataFrame", _in_utc)


def in_utc(table: pa.Table) -> pa.Table:
    """Return a table whose instants are in UTC, for which nothing has to know a zone.

    Examples
    --------
    >>> in_utc(pa.table({"a": pa.array([0], pa.timestamp("s", "Asia/Tokyo"))})).schema.types
    [TimestampType(timestamp[s, tz=UTC])]
    """
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) and field.type.tz not in {None, "UTC"}:
            table = table.set_column(place, field.name, _in_utc(table.column(place)))
    return table


def _in_utc(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.timestamp(column.type.unit, "UTC"))


def _plain(column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """Return the values of a dictionary."""
    coded = pa.types.is_dictionary(column.type)
    return column.cast(column.type.value_type) if coded else column


def as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return dates or times as text, in any year; instants in UTC, with a Z at the end.

    Arrow itself looks for the data of zones even when it writes UTC, and fails where there are none.

    Examples
    --------
    >>> as_text(pa.chunked_array([pa.array([0, None], pa.timestamp("s", "Asia/Tokyo"))])).to_pylist()
    ['1970-01-01 00:00:00Z', None]
    """
    kind = column.type
    zoned = pa.types.is_timestamp(kind) and kind.tz is not None
    if zoned:
        column = column.cast(pa.timestamp(kind.unit))
    texts = _naive_text(column)
    return pc.binary_join_element_wise(texts, "Z", "") if zoned else texts


def _naive_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if _within(column, _FIRST_WRITTEN + 1, _LAST_WRITTEN - 1):
        return column.cast(pa.string())
    # Arrow would silently write another year.
    unit = "D" if pa.types.is_date(kind) else kind.unit
    held = pc.divide(_numbers(column), _per_day(kind)) if unit == "D" else _numbers(column)
    values = held.fill_null(0).to_numpy().astype(f"datetime64[{unit}]")
    texts = pc.replace_substring(pa.array(np.datetime_as_string(values), pa.string()), "T", " ")
    valid = pc.is_valid(column).combine_chunks()
    return pa.chunked_array([pc.if_else(valid, texts, pa.scalar(None, pa.string()))])


def _within(column: pa.ChunkedArray | pa.Array, first: int, last: int) -> bool:
    """Whether all values lie on days from the first to the last."""
    per_day = _per_day(column.type)
    ends = pc.min_max(_numbers(column)).as_py()
    return ends["min"] is None or bool(
        first * per_day <= ends["min"] and ends["max"] < (last + 1) * per_day
    )


def _per_day(kind: pa.DataType) -> int:
    if pa.types.is_date32(kind):
        return 1
    return _PER_DAY["ms" if pa.types.is_date64(kind) else kind.unit]


def _numbers(column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    wide = column.cast(pa.int32()) if pa.types.is_date32(column.type) else column
    return wide.cast(pa.int64())
