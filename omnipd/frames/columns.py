"""The vocabulary of columns: where on the wire a value is, and which Arrow type it has here.

An endpoint declares its columns with these words; records become tables by them, and the reference
lists them. Only scalar types: nested columns break ``pd.read_parquet``, ``groupby``,
``drop_duplicates`` and CSV in pandas.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from omnipd.frames.spelling import text_of

TEXT = pa.string()
COUNT = pa.int64()
NUMBER = pa.float64()
FLAG = pa.bool_()
INSTANT = pa.timestamp("us", tz="UTC")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_1, _YEAR_10000 = -62_135_596_800_000_000, 253_402_300_800_000_000


@dataclass(frozen=True)
class Column:
    """One column of an inventory frame.

    Attributes
    ----------
    type : pyarrow.DataType
        The type, the same for zero rows and a million.
    paths : tuple of str
        Where the value is in a record, dots for nesting; the first that holds one wins.
    doc : str
        What it means, for the reference.
    convert : callable, optional
        From the wire's value, never null, to the column's.
    wire : pyarrow.DataType, optional
        The type of what the wire usually holds. None when only ``convert`` can read it.
    vectorized : callable, optional
        From an array of ``wire`` to one of ``type``; raises for what only ``convert`` can read.
        None when they are the same. Only for speed, as ``wire`` is.
    """

    type: pa.DataType
    paths: tuple[str, ...]
    doc: str
    convert: Callable[[Any], Any] | None = None
    wire: pa.DataType | None = None
    vectorized: Callable[[pa.Array], pa.Array] | None = None


Columns = Mapping[str, Column]


def text(*paths: str, doc: str, none: str | None = None) -> Column:
    """Declare a string. ``none`` is what the server sends where there is none: it is null here."""
    if none is None:
        return Column(TEXT, paths, doc, wire=TEXT)
    return Column(
        TEXT,
        paths,
        doc,
        functools.partial(_but, none, _as_sent),
        TEXT,
        functools.partial(_all_but, none),
    )


def count(*paths: str, doc: str, none: int | None = None) -> Column:
    """Declare a whole number; null when the server did not say, zero when it said zero.

    ``none`` is what the server sends where there is no number to tell: it is null here.
    """
    if none is None:
        return Column(COUNT, paths, doc, to_count, wire=COUNT)
    counted = functools.partial(_but, none, to_count)
    return Column(COUNT, paths, doc, counted, COUNT, functools.partial(_all_but, none))


def _but(none: Any, convert: Callable[[Any], Any], value: Any) -> Any:
    """Return a value, converted; null for the one that stands for none."""
    converted = convert(value)
    return None if converted == none else converted


def _as_sent(value: Any) -> Any:
    return value


def _all_but(none: Any, values: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(values, none), None, values)


def flag(*paths: str, doc: str) -> Column:
    """Declare a boolean."""
    return Column(FLAG, paths, doc, wire=FLAG)


def instant(*paths: str, doc: str) -> Column:
    """Declare a time in UTC, read from ISO 8601 text or Unix milliseconds."""
    return Column(INSTANT, paths, doc, to_instant, TEXT, _instants)


def folder_path(*paths: str, doc: str) -> Column:
    """Declare a folder path with exactly one leading slash: Omni sends it with and without."""
    return Column(TEXT, paths, doc, _to_folder_path, TEXT, _folder_paths)


def as_json(value: Any) -> str:
    """Write any JSON value as compact text.

    Examples
    --------
    >>> as_json({"a": [1, None]})
    '{"a":[1,null]}'
    """
    try:
        return _dumps(value)
    except ValueError:
        return _dumps(_finite(value))


def as_text(value: Any) -> str:
    """Return text as it is, and any other JSON value as compact text."""
    return value if isinstance(value, str) else as_json(value)


def format_name(value: Any) -> str:
    """Return the name of a field's format, which newer servers put into an object.

    Examples
    --------
    >>> format_name("USDCURRENCY_2"), format_name({"value": "NUMBER_0"})
    ('USDCURRENCY_2', 'NUMBER_0')
    """
    named = value.get("value") if isinstance(value, dict) else value
    return named if isinstance(named, str) else as_json(value)


def _finite(value: Any) -> Any:
    """Return a value with text for the numbers that JSON does not have."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list | tuple) else value


_dumps = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=text_of
).encode


def to_count(value: Any) -> int:
    """Return a JSON number that is whole; Arrow alone would cut 1.5 to 1.

    Examples
    --------
    >>> to_count(3.0)
    3
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise ValueError(f"{value!r} is not a whole number")
    return int(value)


def to_instant(value: Any) -> datetime | None:
    """Read a time as Omni writes it: ISO 8601 with any fraction and zone, or Unix milliseconds.

    The first instant of year 1 stands for none.

    Examples
    --------
    >>> to_instant("2026-03-01T12:00:00.5+01:00").isoformat()
    '2026-03-01T11:00:00.500000+00:00'
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        # A fraction of seconds would lose milliseconds of far years, and systems differ in their range.
        time = _EPOCH + timedelta(milliseconds=value)
    else:
        time = datetime.fromisoformat(value)
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    return None if time == datetime.min.replace(tzinfo=UTC) else time


def _instants(texts: pa.Array) -> pa.Array:
    times = texts.cast(INSTANT)
    ends = pc.min_max(times.view(COUNT)).as_py()
    if ends["min"] is not None and not (ends["min"] >= _YEAR_1 and ends["max"] < _YEAR_10000):
        raise ValueError("a time that Python cannot hold")
    if ends["min"] == _YEAR_1:
        return pc.if_else(pc.equal(times.view(COUNT), _YEAR_1), None, times)
    return times


def _to_folder_path(value: Any) -> str:
    return "/" + str(value).lstrip("/")


def _folder_paths(texts: pa.Array) -> pa.Array:
    return pc.utf8_replace_slice(pc.utf8_ltrim(texts, "/"), 0, 0, "/")
