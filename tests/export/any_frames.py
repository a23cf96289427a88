"""Frames of every kind that pandas can hold, each with what its values mean in plain Python.

The meaning is what a value was made from, so no line of omnipd says what is expected of it.
"""

import base64
import enum
import json
import pathlib
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st

NS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TEXTS = st.text(st.sampled_from("a=+-@'\"\t\n\r,;＝é🌴0N"), max_size=5)


class Color(enum.Enum):
    """Members that stand for texts."""

    RED = "red"
    BLUE = "-blue"


class Point:
    """What nobody wrote a text for."""


@dataclass(frozen=True)
class Kind:
    """What values mean, and how a reader finds it again in a file.

    `read` makes the value of what a reader gives: a text of CSV, a value of JSON, Parquet or Excel.
    """

    name: str
    values: st.SearchStrategy
    #: Two that are easily mistaken.
    samples: tuple[Any, Any]
    read: Callable[[Any], Any] = field(default=lambda got: got)
    #: How far Excel may be off.
    coarse: int = 0


def ns_of_duration(got):
    """Read a duration of ISO 8601, or what Parquet has instead."""
    if not isinstance(got, str):
        return got
    found = re.fullmatch(
        r"(-?)P(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,9}))?S)?)?", got
    )
    assert found, got
    assert not got.endswith("P"), got
    sign, days, hours, minutes, seconds, part = found.groups()
    assert int(hours or 0) < 24
    assert int(minutes or 0) < 60
    assert int(seconds or 0) < 60
    whole = sum(
        int(text or 0) * size
        for text, size in ((days, 86_400), (hours, 3600), (minutes, 60), (seconds, 1))
    )
    return (-1 if sign else 1) * (whole * 10**9 + int((part or "").ljust(9, "0")))


def parts_of_interval(got):
    found = re.fullmatch(r"P(?:(-?\d+)M)?(?:(-?\d+)D)?(?:T(.+))?", got)
    assert found, got
    months, days, clock = found.groups()
    if clock is None:
        return int(months or 0), int(days or 0), 0
    negative = clock.startswith("-")
    return (
        int(months or 0),
        int(days or 0),
        (-1 if negative else 1) * ns_of_duration(f"PT{clock.replace('-', '')}"),
    )


def ns_of_naive(got):
    if isinstance(got, str):
        assert re.fullmatch(r"\d{4}-\d\d-\d\d[ T][\d:.]+", got), got
    return int(np.datetime64(got).astype("datetime64[ns]").astype(int))


def ns_of_instant(got):
    """Read an instant; a text says that it is in UTC, a cell of Excel cannot."""
    if isinstance(got, str):
        assert got.endswith(("Z", "+00:00")), got
        return ns_of_naive(got.removesuffix("Z").removesuffix("+00:00"))
    return ns_of_naive(got.replace(tzinfo=None)) if isinstance(got, datetime) else got


def ns_of_time(got):
    if isinstance(got, str):
        hours, minutes, seconds = got.split(":")
        whole, _, part = seconds.partition(".")
        seconds_ = int(hours) * 3600 + int(minutes) * 60 + int(whole)
        return seconds_ * 10**9 + int(part.ljust(9, "0"))
    if isinstance(got, int):
        return got
    return (got.hour * 3600 + got.minute * 60 + got.second) * 10**9 + got.microsecond * 1000


def read_bytes(got):
    return base64.b64decode(got, validate=True) if isinstance(got, str) else got


def read_date(got):
    if isinstance(got, str):
        return date.fromisoformat(got)
    return got.date() if isinstance(got, datetime) else got


def read_bool(got):
    return {"true": True, "false": False}[got] if isinstance(got, str) else got


def read_decimal(got):
    if isinstance(got, float):  # of Excel
        return Decimal(repr(got))
    return Decimal(got)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
NESTED = JSON.filter(lambda value: isinstance(value, list | dict))


def multiples(unit, low, high):
    """Numbers of nanoseconds that a unit can tell."""
    per = NS[unit]
    return st.integers(low // per + 1, high // per - 1).map(lambda count: count * per)


def instants(unit):
    # From 1900 to 2261: Excel's days begin then, nanoseconds end after.
    return multiples(unit, -2_203_800_000 * 10**9, 9_200_000_000 * 10**9)


def around_1970(unit):
    return -NS[unit], 1_767_323_045 * 10**9 + NS[unit]


TEXT = Kind("text", TEXTS, ("", "'-1\n=2,\"@x"))
BOOL = Kind("bool", st.booleans(), (True, False), read_bool)
DATE = Kind(
    "date",
    st.dates(date(1900, 3, 1), date(9999, 12, 31)),
    (date(1900, 3, 1), date(9999, 12, 31)),
    read_date,
)
BYTES = Kind("bytes", st.binary(min_size=4, max_size=4), (b"\xff\x00\n=", b"omni"), read_bytes)
DECIMAL = Kind(
    "decimal",
    st.decimals(-99999, 99999, places=3),
    (Decimal("1.10"), Decimal("-0.005")),
    read_decimal,
)
LONG = Kind(
    "decimal",
    st.decimals(-(10**40), 10**40, places=9),
    (Decimal("123456789012345"), Decimal("1234567890.123456")),
    read_decimal,
)
COMPLEX = Kind(
    "complex", st.complex_numbers(max_magnitude=9, allow_nan=False), (1 + 2j, -0.5j), complex
)
UUID = Kind("uuid", st.uuids(), (uuid.UUID(int=1), uuid.UUID(int=2**128 - 1)), uuid.UUID)
LIST = Kind(
    "list", st.lists(st.none() | st.integers(-9, 9), max_size=3), ([], [1, None]), json.loads
)
DICT = Kind("dict", NESTED, ({"a": [1, "=b"]}, [{"b": None}]), json.loads)
SPAN = Kind(
    "interval",
    st.tuples(st.integers(-99, 99), st.integers(-99, 99), st.integers(-(10**14), 10**14)),
    ((14, -3, -1_500_000_000), (0, 0, 0)),
    parts_of_interval,
)
PERIOD = Kind(
    "period",
    st.tuples(st.integers(1900, 2200), st.integers(1, 12)).map("{0[0]}-{0[1]:02}".format),
    ("2025-01", "1999-12"),
)
BIN = Kind("bin", st.integers(0, 9).map(lambda low: f"({low}, {low + 1}]"), ("(0, 1]", "(1, 2]"))
PATH = Kind("path", st.sampled_from(["a", "b/c", "/d é"]), ("a", "b/c"))
COLOR = Kind("enum", st.sampled_from(["red", "-blue"]), ("red", "-blue"))


def integers(bits, signed=True):
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return Kind("integer", st.integers(low, high), (low, high), int)


def floats(width):
    samples = (float(np.dtype(f"f{width // 8}").type(0.1)), float("-inf"))
    finite = st.floats(width=width, allow_nan=False)
    return Kind("float", finite, samples, lambda got: _float(got, width))


def _float(got, width):
    # A text may be the shortest that means this number of so many bits.
    return float(np.dtype(f"f{width // 8}").type(float(got)))


def naive(unit):
    return Kind(f"naive {unit}", instants(unit), around_1970(unit), ns_of_naive, coarse=10**6)


def zoned(unit):
    return Kind(f"instant {unit}", instants(unit), around_1970(unit), ns_of_instant, coarse=10**6)


def times(unit):
    return Kind(
        f"time {unit}",
        multiples(unit, -1, 86_400 * 10**9),
        (0, 86_400 * 10**9 - NS[unit]),
        ns_of_time,
        coarse=10**6,
    )


def durations(unit):
    samples = (-93_600 * 10**9 - NS[unit], NS[unit])
    return Kind(f"duration {unit}", multiples(unit, -(2**62), 2**62), samples, ns_of_duration)


@dataclass(frozen=True)
class Dtype:
    """One way in which pandas may hold values of a kind."""

    kind: Kind
    make: Callable[[list[Any]], pd.Series]
    nulls: bool = True
    hashable: bool = True


def objects(to=lambda value: value):
    return lambda values: pd.Series([None if v is None else to(v) for v in values], dtype=object)


def pandas(dtype):
    return lambda values: pd.Series(values, dtype=dtype)


def arrow(kind, to=lambda value: value):
    def make(values):
        array = pa.array([None if value is None else to(value) for value in values], kind)
        return pd.Series(pd.arrays.ArrowExtensionArray(array))

    return make


def counted(kind, unit):
    """Times and durations in Arrow, made from whole numbers."""

    def make(values):
        numbers = [None if value is None else value // NS[unit] for value in values]
        small = pa.types.is_time32(kind)
        array = pa.array(numbers, pa.int32() if small else pa.int64()).cast(kind)
        return pd.Series(pd.arrays.ArrowExtensionArray(array))

    return make


def numpy_times(unit, letter, zone=None):
    def make(values):
        none = np.iinfo("i8").min
        numbers = [none if value is None else value // NS[unit] for value in values]
        series = pd.Series(np.array(numbers, "i8").view(f"{letter}8[{unit}]"))
        return series if zone is None else series.dt.tz_localize("UTC").dt.tz_convert(zone)

    return make


def index_of(series):
    """Return an index of the very dtype; older pandas would make another of objects."""
    return pd.Index(series, dtype=series.dtype)


def category(make):
    def made(values):
        held = list(dict.fromkeys(value for value in values if value is not None))
        codes = [-1 if value is None else held.index(value) for value in values]
        return pd.Series(pd.Categorical.from_codes(codes, categories=index_of(make(held))))

    return made


def dictionary(kind):
    def make(values):
        array = pa.array(values, kind)
        coded = pa.DictionaryArray.from_arrays(pa.array(range(len(values)), pa.int32()), array)
        return pd.Series(pd.arrays.ArrowExtensionArray(coded))

    return make


def run_ends(kind):
    def make(values):
        ends = pa.array(range(1, len(values) + 1), pa.int32())
        array = pa.RunEndEncodedArray.from_arrays(ends, pa.array(values, kind))
        return pd.Series(pd.arrays.ArrowExtensionArray(array))

    return make


def extension(kind, storage, to):
    def make(values):
        array = pa.array([None if value is None else to(value) for value in values], storage)
        return pd.Series(pd.arrays.ArrowExtensionArray(pa.ExtensionArray.from_storage(kind, array)))

    return make


def moment(value):
    return EPOCH + timedelta(microseconds=value // 1000)


def clock(value):
    return (EPOCH + timedelta(microseconds=value // 1000)).time()


def interval(text):
    low = int(text[1 : text.index(",")])
    return pd.Interval(low, low + 1)


def intervals(texts):
    bounds = [(one.left, one.right) for one in map(interval, texts)]
    return pd.Series(pd.arrays.IntervalArray.from_tuples(bounds, dtype="interval[int64, right]"))


INTEGER_WIDTHS = (8, 16, 32, 64)
DTYPES: dict[str, Dtype] = {
    "text of objects": Dtype(TEXT, objects()),
    "str": Dtype(TEXT, pandas("str")),
    "string[python]": Dtype(TEXT, pandas("string[python]")),
    "string[pyarrow]": Dtype(TEXT, pandas("string[pyarrow]")),
    **{
        str(kind): Dtype(TEXT, arrow(kind))
        for kind in (pa.string(), pa.large_string(), pa.string_view())
    },
    "category of text": Dtype(TEXT, category(objects())),
    "dictionary of text": Dtype(TEXT, dictionary(pa.string())),
    "run ends": Dtype(TEXT, run_ends(pa.string()), hashable=False),
    "numpy text": Dtype(TEXT, objects(np.str_)),
    **{
        f"{sign}{bits}": Dtype(integers(bits, not sign), pandas(f"{sign}int{bits}"), nulls=False)
        for bits in INTEGER_WIDTHS
        for sign in ("", "u")
    },
    **{
        f"{sign}Int{bits}": Dtype(integers(bits, not sign), pandas(f"{sign.upper()}Int{bits}"))
        for bits in INTEGER_WIDTHS
        for sign in ("", "u")
    },
    **{
        f"arrow {sign}int{bits}": Dtype(
            integers(bits, not sign), arrow(getattr(pa, f"{sign}int{bits}")())
        )
        for bits in INTEGER_WIDTHS
        for sign in ("", "u")
    },
    "integers of objects": Dtype(integers(64), objects()),
    "integers of NumPy": Dtype(integers(16), objects(np.int16)),
    "long integers": Dtype(integers(300), objects()),
    "sparse integers": Dtype(integers(64), pandas(pd.SparseDtype("int64", 0)), nulls=False),
    "category of integers": Dtype(integers(64), category(pandas("int64"))),
    **{f"float{bits}": Dtype(floats(bits), pandas(f"float{bits}")) for bits in (16, 32, 64)},
    **{f"Float{bits}": Dtype(floats(bits), pandas(f"Float{bits}")) for bits in (32, 64)},
    **{
        f"arrow float{bits}": Dtype(
            floats(bits), arrow(getattr(pa, f"float{bits}")(), np.dtype(f"f{bits // 8}").type)
        )
        for bits in (16, 32, 64)
    },
    "floats of objects": Dtype(floats(64), objects()),
    "sparse floats": Dtype(floats(64), pandas(pd.SparseDtype("float64"))),
    "bool": Dtype(BOOL, pandas("bool"), nulls=False),
    "boolean": Dtype(BOOL, pandas("boolean")),
    "bool of objects": Dtype(BOOL, objects()),
    "bool of NumPy": Dtype(BOOL, objects(np.bool_)),
    "sparse bool": Dtype(BOOL, pandas(pd.SparseDtype("bool", False)), nulls=False),
    "arrow bool": Dtype(BOOL, arrow(pa.bool_())),
    "bool8": Dtype(BOOL, extension(pa.bool8(), pa.int8(), int)),
    "decimals of objects": Dtype(DECIMAL, objects()),
    "long decimals of objects": Dtype(LONG, objects()),
    "category of decimals": Dtype(DECIMAL, category(objects())),
    **{
        str(kind): Dtype(DECIMAL, arrow(kind))
        for kind in (pa.decimal32(9, 3), pa.decimal64(12, 3), pa.decimal128(30, 4))
    },
    "decimal256": Dtype(LONG, arrow(pa.decimal256(60, 9))),
    "bytes of objects": Dtype(BYTES, objects()),
    "bytearrays": Dtype(BYTES, objects(bytearray), hashable=False),
    **{
        str(kind): Dtype(BYTES, arrow(kind))
        for kind in (pa.binary(), pa.large_binary(), pa.binary_view(), pa.binary(4))
    },
    "instants of objects": Dtype(zoned("us"), objects(moment)),
    "instants of pandas": Dtype(zoned("ns"), objects(lambda ns: pd.Timestamp(ns, tz="Asia/Tokyo"))),
    "times of NumPy": Dtype(naive("ms"), objects(lambda ns: np.datetime64(ns // 10**6, "ms"))),
    "times of objects": Dtype(naive("us"), objects(lambda ns: moment(ns).replace(tzinfo=None))),
    "category of instants": Dtype(zoned("us"), category(numpy_times("us", "M", "UTC"))),
    "dates of objects": Dtype(DATE, objects()),
    "category of dates": Dtype(DATE, category(objects())),
    "date32": Dtype(DATE, arrow(pa.date32())),
    "date64": Dtype(DATE, arrow(pa.date64())),
    "clocks of objects": Dtype(times("us"), objects(clock)),
    **{
        f"time32 {unit}": Dtype(times(unit), counted(pa.time32(unit), unit)) for unit in ("s", "ms")
    },
    **{
        f"time64 {unit}": Dtype(times(unit), counted(pa.time64(unit), unit))
        for unit in ("us", "ns")
    },
    **{f"datetime64 {unit}": Dtype(naive(unit), numpy_times(unit, "M")) for unit in NS},
    **{
        f"datetime64 {unit} {zone}": Dtype(zoned(unit), numpy_times(unit, "M", zone))
        for unit, zone in (("s", "UTC"), ("us", "Asia/Tokyo"), ("ns", "America/New_York"))
    },
    **{f"timestamp {unit}": Dtype(naive(unit), counted(pa.timestamp(unit), unit)) for unit in NS},
    **{
        f"timestamp {unit} {zone}": Dtype(zoned(unit), counted(pa.timestamp(unit, zone), unit))
        for unit in NS
        for zone in ("UTC", "GMT", "Asia/Tokyo", "+05:30", "Nowhere/City")
    },
    "durations of objects": Dtype(
        durations("us"), objects(lambda ns: timedelta(microseconds=ns // 1000))
    ),
    "durations of pandas": Dtype(durations("ns"), objects(lambda ns: pd.Timedelta(ns, "ns"))),
    "durations of NumPy": Dtype(
        durations("s"), objects(lambda ns: np.timedelta64(ns // 10**9, "s"))
    ),
    **{f"timedelta64 {unit}": Dtype(durations(unit), numpy_times(unit, "m")) for unit in NS},
    **{f"duration {unit}": Dtype(durations(unit), counted(pa.duration(unit), unit)) for unit in NS},
    "month_day_nano": Dtype(SPAN, arrow(pa.month_day_nano_interval()), hashable=False),
    "period": Dtype(PERIOD, pandas("period[M]")),
    "periods of objects": Dtype(PERIOD, objects(lambda text: pd.Period(text, "M"))),
    "category of periods": Dtype(PERIOD, category(pandas("period[M]"))),
    # Without nulls: pandas makes floats of the others then.
    "interval": Dtype(BIN, intervals, nulls=False),
    "category of intervals": Dtype(BIN, category(intervals)),
    "intervals of objects": Dtype(BIN, objects(interval)),
    "complex128": Dtype(COMPLEX, pandas("complex128"), nulls=False),
    "complex of objects": Dtype(COMPLEX, objects()),
    "uuids of objects": Dtype(UUID, objects()),
    "uuid": Dtype(UUID, extension(pa.uuid(), pa.binary(16), lambda one: one.bytes)),
    "json": Dtype(LIST, extension(pa.json_(), pa.string(), json.dumps), hashable=False),
    "paths": Dtype(PATH, objects(pathlib.PurePosixPath)),
    "members of an enum": Dtype(COLOR, objects(Color)),
    "lists": Dtype(LIST, objects(), hashable=False),
    "tuples": Dtype(LIST, objects(tuple), hashable=False),
    "arrays": Dtype(LIST, objects(lambda value: np.array(value, object)), hashable=False),
    "lists and dicts": Dtype(DICT, objects(), hashable=False),
    **{
        str(kind): Dtype(LIST, arrow(kind), hashable=False)
        for kind in (
            pa.list_(pa.int64()),
            pa.large_list(pa.int8()),
            pa.list_view(pa.int8()),
        )
    },
    "dictionary of lists": Dtype(LIST, dictionary(pa.list_(pa.int8())), hashable=False),
    "null": Dtype(Kind("null", st.none(), (None, None)), arrow(pa.null()), hashable=False),
    "nothing of objects": Dtype(Kind("null", st.none(), (None, None)), objects(), hashable=False),
}

#: What cannot be stored, whatever else a frame holds.
UNSTORABLE: dict[str, list[Any]] = {
    "numbers and text": [1, "x"],
    "flags and numbers": [True, 2],
    "dates and times": [date(2026, 1, 2), datetime(2026, 1, 2, 3)],  # noqa: DTZ001
    "times with and without a zone": [datetime(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC)],  # noqa: DTZ001
    "decimals and floats": [Decimal(1), 0.5],
    "exact and inexact numbers": [2**60 + 1, 0.5],
    "objects without a text": [Point(), Point()],
    "functions": [len, max],
    "whole frames": [pd.DataFrame({"a": [1]}), None],
    "two keys of the same text": [{1: "a", "1": "b"}, None],
    "objects without a text in lists": [[Point()], [1]],
    "whole columns in lists": [[pd.Series([1])], [1]],
    "times after 9999": [np.datetime64("12026-01-01"), np.datetime64("2026-01-01")],
}
