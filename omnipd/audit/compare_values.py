"""Columns of two frames as one type in which what means the same is equal, and their values as text."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from omnipd.export.spelled import spelled
from omnipd.frames import times

#: Text of any length together: that of two frames may be more than a short text's offsets count.
TEXT = pa.large_string()

_NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
_TIME = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?$"
)
_CLOCK = r"^[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?$"
_UNITS = ["s", "ms", "us", "ns"]
_WIDEST_DECIMAL = 76


def texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the values of a column as CSV spells them; a null stays one.

    Examples
    --------
    >>> texts(pa.chunked_array([[5.0, 0.5, None]])).to_pylist()
    ['5', '0.5', None]
    """
    held = spelled(pa.table({"value": column})).column(0)
    if pa.types.is_timestamp(held.type):
        held = times.as_text(held)
    return held.cast(TEXT)


def in_one_type(
    before: pa.ChunkedArray, after: pa.ChunkedArray
) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """Return two columns as one type in which values that mean the same are equal.

    NaN is null, and zero has no sign. Numbers are compared as numbers, instants as instants, whatever
    holds them. What has no type in common is compared as text, as CSV spells it.

    Examples
    --------
    >>> before, after = pa.chunked_array([[1, 2, None]]), pa.chunked_array([[1.0, 2.5, None]])
    >>> differs(*in_one_type(before, after)).tolist()
    [False, True, False]
    """
    kinds = before.type, after.type
    before, after = _usual(before), _usual(after)
    if before.type == after.type:
        return before, after
    for kind in _common(before.type, after.type):
        with contextlib.suppress(pa.ArrowException):  # a value that the type cannot hold
            return before.cast(kind), after.cast(kind)
    if _is_number(before.type) and _is_number(after.type):
        return _written(before, _number), _written(after, _number)
    return _as_text(before, kinds[1]), _as_text(after, kinds[0])


def differs(before: pa.ChunkedArray, after: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Return where two columns of one type differ; two nulls do not."""
    one_null = pc.xor(before.is_null(), after.is_null())
    return _flags(pc.or_(one_null, pc.fill_null(pc.not_equal(before, after), False)))


def differ_as_json(before: pa.ChunkedArray, after: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Return where two columns of JSON differ in what it says; the order of keys does not count."""
    pairs = zip(before.to_pylist(), after.to_pylist(), strict=True)
    return np.array([_canonical(old) != _canonical(new) for old, new in pairs], bool)


def _canonical(text: str | None) -> str | None:
    try:
        return None if text is None else json.dumps(json.loads(text), sort_keys=True)
    except (ValueError, RecursionError):  # no JSON
        return text


def _flags(column: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    flags: npt.NDArray[np.bool_] = column.to_numpy()
    return flags


def _usual(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column in the widest type of its kind that holds the same without a doubt."""
    kind = column.type
    if pa.types.is_floating(kind):
        wide = column.cast(pa.float64())
        return pc.add(pc.if_else(pc.is_nan(wide), None, wide), 0.0)
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return column.cast(pa.timestamp(kind.unit, "UTC"))
    if pa.types.is_string(kind):
        return column.cast(TEXT)
    if pa.types.is_binary(kind):
        return column.cast(pa.large_binary())
    return column


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _common(before: pa.DataType, after: pa.DataType) -> list[pa.DataType]:
    """Return the types, at best first, that may hold the values of two others without changing any."""
    kinds = [before, after]

    def are(*tests: Callable[[pa.DataType], bool]) -> bool:
        return all(any(test(kind) for test in tests) for kind in kinds)

    if are(pa.types.is_integer):
        return [pa.int64()]
    if are(pa.types.is_integer, pa.types.is_floating):
        return [pa.int64(), pa.float64()]
    if are(pa.types.is_integer, pa.types.is_decimal):
        scale = max(getattr(kind, "scale", 0) for kind in kinds)
        return [pa.decimal256(_WIDEST_DECIMAL, scale)]
    if are(pa.types.is_date):
        return [pa.date32()]
    if are(pa.types.is_date, pa.types.is_timestamp) and not any(
        getattr(kind, "tz", None) for kind in kinds
    ):
        return [pa.timestamp(_finest(kinds))]
    if are(pa.types.is_timestamp) and before.tz == after.tz:
        return [pa.timestamp(_finest(kinds), before.tz)]
    if are(pa.types.is_duration):
        return [pa.duration(_finest(kinds))]
    if are(pa.types.is_time):
        unit = _finest(kinds)
        return [pa.time64(unit) if unit in {"us", "ns"} else pa.time32(unit)]
    return []


def _finest(kinds: list[pa.DataType]) -> str:
    units: list[str] = [kind.unit for kind in kinds if not pa.types.is_date(kind)]
    return max(units, key=_UNITS.index)


def _written(column: pa.ChunkedArray, write: Callable[[Any], str]) -> pa.ChunkedArray:
    written = [None if value is None else write(value) for value in column.to_pylist()]
    return pa.chunked_array([pa.array(written, TEXT)])


def _number(value: float | Decimal) -> str:
    """Write a number in the one way that all types of numbers share.

    Examples
    --------
    >>> _number(5), _number(5.0), _number(Decimal("5.00")), _number(1e-7)
    ('5', '5', '5', '0.0000001')
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            return str(value)
        value = int(value) if value.is_integer() else Decimal(repr(value))
    text = str(value) if isinstance(value, int) else format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _decimal(text: str) -> str:
    return _number(Decimal(text))


def _as_text(column: pa.ChunkedArray, other: pa.DataType) -> pa.ChunkedArray:
    """Return a column as texts that compare with those of a column of another type."""
    if column.type != TEXT:
        return _one_spelling(column)
    if pa.types.is_boolean(other):
        lower = pc.utf8_lower(column)
        return pc.if_else(pc.is_in(lower, pa.array(["true", "false"], TEXT)), lower, column)
    if pa.types.is_floating(other):
        narrow = pa.float64() if pa.types.is_float64(other) else pa.float32()
        return _read_as(column, _NUMBER, lambda text: text.cast(narrow))
    if pa.types.is_decimal(other):
        return _read_as(column, _NUMBER, lambda text: _written(text, _decimal))
    if pa.types.is_timestamp(other) or pa.types.is_date(other):
        return _read_as(column, _TIME, partial(_times, zone=getattr(other, "tz", None)))
    if pa.types.is_time(other):
        return _read_as(column, _CLOCK, _times_of_day)
    return column


def _times(texts: pa.ChunkedArray, zone: str | None) -> pa.ChunkedArray:
    """Read times, those of far years as exactly as they are written."""
    try:
        return texts.cast(pa.timestamp("us", zone))
    except pa.ArrowException:  # finer, or none
        return texts.cast(pa.timestamp("ns", zone))


def _times_of_day(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Read times of a day, which Arrow reads only behind a date."""
    dated = pc.binary_join_element_wise(pa.scalar("1970-01-01", TEXT), texts, pa.scalar(" ", TEXT))
    return dated.cast(pa.timestamp("ns")).cast(pa.time64("ns"))


def _read_as(
    column: pa.ChunkedArray, pattern: str, read: Callable[[pa.ChunkedArray], pa.ChunkedArray]
) -> pa.ChunkedArray:
    """Return texts, those that match a pattern spelled as values of a type are."""
    matches = pc.fill_null(pc.match_substring_regex(column, pattern), False)
    matching = column.filter(matches)
    try:
        values = _one_spelling(_usual(read(matching)))
    except pa.ArrowException:  # one of them is none: the 31st of February
        each = [_one_if_any(matching.slice(row, 1), read) for row in range(len(matching))]
        values = pa.chunked_array([pa.array(each, TEXT)])
    masked = (column.combine_chunks(), matches.combine_chunks(), values.combine_chunks())
    return pa.chunked_array([pc.replace_with_mask(*masked)])


def _one_if_any(
    text: pa.ChunkedArray, read: Callable[[pa.ChunkedArray], pa.ChunkedArray]
) -> str | None:
    """Return one text, spelled as its value is, if it is one."""
    with contextlib.suppress(pa.ArrowException):
        text = _one_spelling(_usual(read(text)))
    one: str | None = text[0].as_py()
    return one


def _one_spelling(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return values as text, whatever digits of a fraction their type has: equal ones are spelled alike."""
    kind = column.type
    if pa.types.is_date(kind):
        column = column.cast(pa.timestamp("s"))
    if _is_number(kind):
        return _written(column, _number) if pa.types.is_decimal(kind) else texts(column)
    written = texts(column)
    if pa.types.is_timestamp(column.type) or pa.types.is_time(kind):
        for pattern, short in ((r"(\.[0-9]*[1-9])0+(Z?)$", r"\1\2"), (r"\.0+(Z?)$", r"\1")):
            written = pc.replace_substring_regex(written, pattern, short)
    return written
