"""Columns of Python objects as Arrow arrays: each as what it means, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from omnipd.frames.columns import as_json
from omnipd.frames.spelling import (
    UnstorableError,
    as_json_value,
    nanoseconds,
    own_text,
    unwrapped,
)
from omnipd.unicode_text import whole_text


def array_of(values: np.ndarray[Any, Any]) -> tuple[pa.Array | pa.ChunkedArray, bool]:
    """Return Python objects as an Arrow array, and whether text of them had to be mended.

    What pandas takes for missing is null. Members of an Enum and scalars of Arrow are what they stand
    for. Objects of one kind become the Arrow type of that kind; lists, dicts, tuples, sets and arrays become JSON text;
    objects of a kind that Arrow does not know become their text.

    Raises
    ------
    UnstorableError
        For objects of several kinds, and for those that have no text.
    """
    here = pd.notna(values)
    held = values[here].tolist()
    types = set(map(type, held))
    if any(issubclass(kind, Enum | pa.Scalar) for kind in types):
        plain = np.empty(len(values), object)
        for place, one in enumerate(values):
            plain[place] = unwrapped(one)
        return array_of(plain)
    kinds = {_kind_of(one) for one in types}
    names = " and ".join(sorted(one.__name__ for one in types))
    if len(kinds) > 1:
        raise UnstorableError(f"it holds {names}")
    try:
        array, mended = (kinds.pop() if kinds else _texts)(held)
    except UnstorableError as error:
        reason = str(error)
    except Exception:  # noqa: BLE001 - whatever an object does when it is asked for its text
        # Not in the words of the error, which may quote a value.
        reason = f"Arrow has no type for its values of {names}"
    else:
        if not here.all():
            array = array.take(pa.array(np.cumsum(here) - 1, mask=~here))
        return array, mended
    raise UnstorableError(reason)


_Made = tuple[pa.Array | pa.ChunkedArray, bool]


def _texts(held: Sequence[str]) -> _Made:
    try:
        return pa.array(held, pa.string()), False
    except UnicodeEncodeError:
        return pa.array(list(map(whole_text, held)), pa.string()), True


def _flags(held: Sequence[Any]) -> _Made:
    return pa.array(held, pa.bool_()), False


def _numbers(held: Sequence[Any]) -> _Made:
    plain = [one.item() if isinstance(one, np.generic) else one for one in held]
    types = set(map(type, plain))
    try:
        if Decimal in types and float not in types:
            return pa.array(list(map(Decimal, plain))), False
        return pa.array(plain), False
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        if float in types:
            raise
    # More digits than Arrow has room for.
    return _texts(list(map(str, plain)))


def _binary(held: Sequence[Any]) -> _Made:
    return pa.array(list(map(bytes, held)), pa.binary()), False


def _instants(held: Sequence[Any]) -> _Made:
    stamps = [one if isinstance(one, datetime) else pd.Timestamp(one) for one in held]
    if not all(MINYEAR <= one.year <= MAXYEAR for one in stamps):  # Arrow would make 1970 of it
        raise UnstorableError("it has a time before the year 1 or after 9999")
    aware = {one.tzinfo is not None for one in stamps}
    if len(aware) > 1:
        raise UnstorableError("some of its times have a zone, others have none")
    fine = any(getattr(one, "nanosecond", 0) for one in stamps)
    kind = pa.timestamp("ns" if fine else "us", "UTC" if True in aware else None)
    return pa.array(stamps, kind), False


def _days(held: Sequence[date]) -> _Made:
    return pa.array(held, pa.date32()), False


def _times_of_day(held: Sequence[time]) -> _Made:
    if any(one.tzinfo is not None for one in held):
        return _texts([one.isoformat() for one in held])
    return pa.array(held, pa.time64("us")), False


def _durations(held: Sequence[Any]) -> _Made:
    counts = list(map(nanoseconds, held))
    if any(count % 1000 for count in counts):
        return pa.array(counts, pa.int64()).cast(pa.duration("ns")), False
    return pa.array([count // 1000 for count in counts], pa.int64()).cast(pa.duration("us")), False


def _nested(held: Sequence[Any]) -> _Made:
    return _texts([as_json(as_json_value(one)) for one in held])


def _others(held: Sequence[Any]) -> _Made:
    return _texts(list(map(own_text, held)))


# The first that fits: a bool is an int too, a datetime a date, a timedelta64 an integer, and an interval
# of Arrow's a tuple.
_KINDS: tuple[tuple[tuple[type, ...], Callable[[Any], _Made]], ...] = (
    ((str,), _texts),
    ((bool, np.bool_), _flags),
    ((timedelta, np.timedelta64), _durations),
    ((np.longdouble,), _others),
    ((int, float, Decimal, np.integer, np.floating), _numbers),
    ((bytes, bytearray, memoryview), _binary),
    ((datetime, np.datetime64), _instants),
    ((date,), _days),
    ((time,), _times_of_day),
    ((pa.MonthDayNano,), _others),
    ((Mapping, list, tuple, set, frozenset, range, np.ndarray), _nested),
    ((object,), _others),
)


def _kind_of(type_: type) -> Callable[[Any], _Made]:
    return next(make for types, make in _KINDS if issubclass(type_, types))
