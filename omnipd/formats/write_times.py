"""Columns of dates and times → text by a pattern of d3 such as ``%Y-%m``, much as strftime has them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_SHORT = 3

_DIRECTIVE = re.compile(r"%([-_0]?)([A-Za-z%])")
#: What stands for several parts.
_SEVERAL = {"c": "%x, %X", "x": "%-m/%-d/%Y", "X": "%-I:%M:%S %p"}

Read = Callable[[pa.Array], pa.Array]


class _Number(NamedTuple):
    """A part of a time that is a number."""

    read: Read
    width: int
    padding: str = "0"


def is_time(kind: pa.DataType) -> bool:
    """Whether values of a type are dates or times of a day that is known."""
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))


def is_time_pattern(text: str) -> bool:
    """Whether a format is one of times of which every part is known."""
    parts = [found[2] for found in _DIRECTIVE.finditer(text)]
    return bool(parts) and {*parts} <= {*_NUMBERS, *_NAMES, *_SEVERAL, "%"}


def time_texts(column: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    """Return the text of each date or time; null stays null. Instants are in their own zone.

    Examples
    --------
    >>> from datetime import date
    >>> time_texts(pa.chunked_array([[date(2026, 3, 1), None]]), "%-d %b %Y").to_pylist()
    ['1 Mar 2026', None]
    """
    for _ in range(2):  # some of the parts stand for several themselves
        pattern = _DIRECTIVE.sub(lambda found: _SEVERAL.get(found[2], found[0]), pattern)
    return pa.chunked_array([_texts(chunk, pattern) for chunk in column.chunks], pa.string())


def _texts(times: pa.Array, pattern: str) -> pa.Array:
    local = _local(times)
    # Null where the time is, also for a pattern of nothing but text.
    parts: list[pa.Array | str] = [pc.if_else(pc.is_valid(times), "", pa.scalar(None, pa.string()))]
    place = 0
    for found in _DIRECTIVE.finditer(pattern):
        parts += [pattern[place : found.start()], _part(local, found[1], found[2])]
        place = found.end()
    return pc.binary_join_element_wise(*parts, pattern[place:], "")


def _local(times: pa.Array) -> pa.Array:
    """Return times without a zone, as clocks show them."""
    kind = times.type
    if pa.types.is_date(kind):
        return times.cast(pa.timestamp("s" if pa.types.is_date32(kind) else "ms"))
    if kind.tz is None:
        return times
    # Of UTC no data of zones is asked, which a machine may not have.
    return times.cast(pa.timestamp(kind.unit)) if kind.tz == "UTC" else pc.local_timestamp(times)


def _part(local: pa.Array, padding: str, sign: str) -> pa.Array | str:
    if sign == "%":
        return "%"
    if sign in _NAMES:
        return _NAMES[sign](local)
    number = _NUMBERS[sign]
    digits = number.read(local).cast(pa.string())
    if padding == "-":
        return digits
    filled = {"_": " ", "0": "0"}.get(padding, number.padding)
    return pc.ascii_lpad(digits, number.width, filled)


def _named(names: tuple[str, ...], read: Read, first: int, length: int | None = None) -> Read:
    texts = pa.array([name[:length] for name in names])
    return lambda local: texts.take(pc.subtract(read(local), first))


def _day_of_week(local: pa.Array) -> pa.Array:
    """Return the day of the week from Sunday, 0, to Saturday, 6."""
    return pc.day_of_week(local, week_start=7)


def _left_over(numbers: pa.Array, divisor: int) -> pa.Array:
    return pc.subtract(numbers, pc.multiply(pc.divide(numbers, divisor), divisor))


def _hour_of_twelve(local: pa.Array) -> pa.Array:
    return pc.add(_left_over(pc.add(pc.hour(local), 11), 12), 1)


def _week(week_start: int) -> Read:
    """Return the week of the year, which begins with the first such day in it."""

    def read(local: pa.Array) -> pa.Array:
        days = pc.subtract(pc.day_of_year(local), 1)
        since = pc.day_of_week(local, week_start=week_start)
        return pc.divide(pc.subtract(pc.add(days, 7), since), 7)

    return read


def _microseconds(local: pa.Array) -> pa.Array:
    return pc.add(pc.multiply(pc.millisecond(local), 1000), pc.microsecond(local))


_NAMES: dict[str, Read] = {
    "a": _named(_DAYS, _day_of_week, 0, _SHORT),
    "A": _named(_DAYS, _day_of_week, 0),
    "b": _named(_MONTHS, pc.month, 1, _SHORT),
    "B": _named(_MONTHS, pc.month, 1),
    "p": lambda local: pc.if_else(pc.less(pc.hour(local), 12), "AM", "PM"),
}
_NUMBERS = {
    "d": _Number(pc.day, 2),
    "e": _Number(pc.day, 2, " "),
    "f": _Number(_microseconds, 6),
    "g": _Number(lambda local: _left_over(pc.iso_year(local), 100), 2),
    "G": _Number(pc.iso_year, 4),
    "H": _Number(pc.hour, 2),
    "I": _Number(_hour_of_twelve, 2),
    "j": _Number(pc.day_of_year, 3),
    "L": _Number(pc.millisecond, 3),
    "m": _Number(pc.month, 2),
    "M": _Number(pc.minute, 2),
    "q": _Number(pc.quarter, 1),
    "S": _Number(pc.second, 2),
    "u": _Number(lambda local: pc.day_of_week(local, count_from_zero=False), 1),
    "U": _Number(_week(7), 2),
    "V": _Number(pc.iso_week, 2),
    "w": _Number(_day_of_week, 1),
    "W": _Number(_week(1), 2),
    "y": _Number(lambda local: _left_over(pc.year(local), 100), 2),
    "Y": _Number(pc.year, 4),
}
