"""How values are spelled where a text stands for them: in JSON, and in files without their type."""

from __future__ import annotations

import base64
import json
import math
import os
import re
from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
# Python puts what has no text of its own between these: <object object at 0x7f…>.
_NO_TEXT = re.compile(r"<.*>", re.DOTALL)
_TABLES = (pd.DataFrame, pd.Series, pd.Index, pa.Table, pa.Array, pa.ChunkedArray)


class UnstorableError(ValueError):
    """Says why a column cannot be stored, without any value of it."""


def text_of(value: Any) -> str:
    """Return the text that stands for a value which JSON does not have.

    Examples
    --------
    >>> from datetime import date, timedelta
    >>> text_of(date(2026, 3, 1)), text_of(timedelta(hours=-26)), text_of(b"omni")
    ('2026-03-01', '-P1DT2H', 'b21uaQ==')
    """
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, pa.MonthDayNano):
        return month_day_nano(*value)
    if isinstance(value, timedelta):
        return duration(nanoseconds(value), "ns")
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def own_text(value: Any) -> str:
    """Return the text that stands for an object; refuse one that has none of its own."""
    if isinstance(value, _TABLES):
        raise UnstorableError("it holds whole columns or tables")
    text = text_of(value)
    if _NO_TEXT.fullmatch(text):
        raise UnstorableError("it holds Python objects that have no text of their own")
    return text


def unwrapped(value: Any) -> Any:
    """Return what a member of an Enum or a scalar of Arrow stands for; anything else as it is."""
    if isinstance(value, Enum):
        return value.value
    return value.as_py() if isinstance(value, pa.Scalar) else value


def nanoseconds(value: Any) -> int:
    """Return the length of a timedelta of Python, pandas or NumPy.

    Examples
    --------
    >>> nanoseconds(timedelta(seconds=1)), nanoseconds(np.timedelta64(1, "m"))
    (1000000000, 60000000000)
    """
    if isinstance(value, timedelta) and not isinstance(value, pd.Timedelta):
        return value // timedelta(microseconds=1) * 1000
    held = pd.Timedelta(value)  # in a unit of its own, which only its number of NumPy tells
    return int(held.to_timedelta64().view("i8")) * (10**9 // _PER_SECOND[held.unit])


def duration(count: int, unit: str) -> str:
    """Return so many seconds, or parts of one, as a duration of ISO 8601.

    Examples
    --------
    >>> duration(93_600, "s"), duration(-1_500, "ms"), duration(0, "ns")
    ('P1DT2H', '-PT1.5S', 'PT0S')
    """
    seconds, part = divmod(abs(count), _PER_SECOND[unit])
    days, seconds = divmod(seconds, 86_400)
    return f"{'-' * (count < 0)}P{f'{days}D' * (days > 0)}{_clock(seconds, part, unit, days > 0)}"


def month_day_nano(months: int, days: int, nanoseconds: int) -> str:
    """Return an interval of the calendar as a duration of ISO 8601; each part has its own sign.

    Examples
    --------
    >>> month_day_nano(14, -3, 1_500_000_000), month_day_nano(0, 0, 0)
    ('P14M-3DT1.5S', 'PT0S')
    """
    begun = f"{f'{months}M' * (months != 0)}{f'{days}D' * (days != 0)}"
    seconds, part = divmod(abs(nanoseconds), 10**9)
    clock = _clock(seconds, part, "ns", bool(begun), "-" * (nanoseconds < 0))
    return f"P{begun}{clock}"


def _clock(seconds: int, part: int, unit: str, begun: bool, sign: str = "") -> str:
    """Return hours, minutes and seconds; a duration that has nothing else has its seconds."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    digits = len(str(_PER_SECOND[unit])) - 1
    fraction = f".{part:0{digits}d}".rstrip("0") if part else ""
    texts = [f"{sign}{hours}H" * (hours > 0), f"{sign}{minutes}M" * (minutes > 0)]
    if rest or fraction or not (begun or seconds):
        texts.append(f"{sign}{rest}{fraction}S")
    clock = "".join(texts)
    return f"T{clock}" if clock else ""


def as_json_value(value: Any) -> Any:
    """Return a Python object as what JSON has: objects, lists, texts, numbers, true, false, null.

    The members of a set are put in order, so that equal sets are written alike. Two keys of one
    mapping that have the same text are refused, and so are objects that have no text.
    """
    value = unwrapped(value)
    if isinstance(value, np.generic):
        value = _of_numpy(value)
    if isinstance(value, Mapping):
        held = {_key(key): as_json_value(inner) for key, inner in value.items()}
        if len(held) < len(value):
            raise UnstorableError("two keys of a mapping have the same text")
        return held
    if isinstance(value, set | frozenset):
        return sorted(map(as_json_value, value), key=repr)
    if isinstance(value, list | tuple | range | np.ndarray) and not isinstance(
        value, pa.MonthDayNano
    ):
        return [as_json_value(inner) for inner in value]
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | bool | int | float) else own_text(value)


def _of_numpy(value: np.generic) -> Any:
    if isinstance(value, np.datetime64):
        return pd.Timestamp(value)
    if isinstance(value, np.timedelta64):
        return pd.Timedelta(value)
    return value.item()


def _key(key: Any) -> str:
    held = as_json_value(key)
    return held if isinstance(held, str) else json.dumps(held, ensure_ascii=False)
