"""Arrow tables → DataFrames. The only place where pandas objects are made from data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from omnipd.errors import notice
from omnipd.frames.columns import as_json
from omnipd.text import whole_text

# Names of the one zone in which every instant can be shown.
_UTC = {"utc", "etc/utc", "gmt", "etc/gmt", "zulu", "etc/zulu", "z", "uct", "etc/uct"}
_UTC |= {"etc/universal", "universal", "gmt0", "gmt+0", "gmt-0", "greenwich", "etc/greenwich"}
_UTC |= {"etc/gmt0", "etc/gmt+0", "etc/gmt-0", "+00:00", "-00:00", "+00", "+0000", "utc+00:00"}

_PER_DAY = {"s": 86_400, "ms": 86_400 * 10**3, "us": 86_400 * 10**6, "ns": 86_400 * 10**9}
# The first day of the year 1 and the last of 9999, counted from 1970.
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896


def to_frame(table: pa.Table, facts: dict[str, Any]) -> pd.DataFrame:
    """Return a DataFrame with Arrow types, without copying the data.

    Parameters
    ----------
    table : pyarrow.Table
        Scalar columns only; see :func:`scalar_columns`.
    facts : dict
        Small JSON-able facts for ``df.attrs["omni"]``. pandas may drop them; nothing depends on
        them.
    """
    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
    frame.attrs["omni"] = facts
    return frame


def is_whole(frame: Any) -> bool:
    """Whether a frame or a column of one bears no mark of being incomplete.

    The mark is in ``attrs``, which pandas passes on from one frame to what is made of it, and loses
    where frames are merged, joined or concatenated.
    """
    facts = getattr(frame, "attrs", {}).get("omni")
    return not (isinstance(facts, dict) and facts.get("complete") is False)


def scalar_columns(table: pa.Table) -> pa.Table:
    """Return the table with scalar columns only, which every file format and pandas itself can hold.

    As :func:`storable_columns`. A column with a time that its zone cannot show is shown in UTC, and one
    with a time before the year 1 or after 9999 becomes text; either is a warning.
    """
    table = storable_columns(table)
    for index, field in enumerate(table.schema):
        column, said = _showable(table.column(index))
        if said is not None:
            notice(f"The column {field.name} {said}.")
            table = table.set_column(index, field.name, column)
    return table


def storable_columns(table: pa.Table) -> pa.Table:
    """Return the table with scalar columns only; which types they have does not depend on values.

    Dictionaries are decoded. Lists, structs, maps and intervals become JSON text. UTC by any name, and
    a time zone that nobody knows, become UTC.
    """
    return _each_column(table, _storable)


def floats(table: pa.Table) -> pa.Table:
    """Return the table with float64 in place of decimals: of each the nearest there is."""
    return _each_column(table, _float)


def _float(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_decimal(column.type):
        return column
    # Arrow's own cast makes 741.1800000000001 of 741.18; read from text, a number is rounded right.
    return column.cast(pa.string()).cast(pa.float64())


def _each_column(table: pa.Table, change: Callable[[pa.ChunkedArray], pa.ChunkedArray]) -> pa.Table:
    for index, field in enumerate(table.schema):
        column = change(table.column(index))
        if column.type != field.type:
            table = table.set_column(index, field.name, column)
    return table


def _storable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if isinstance(column.type, pa.BaseExtensionType):
        column = _storage(column)
    if pa.types.is_run_end_encoded(column.type):
        column = pa.chunked_array(
            [pc.run_end_decode(chunk) for chunk in column.chunks], column.type.value_type
        )
    if pa.types.is_dictionary(column.type):
        decoded = [chunk.dictionary_decode() for chunk in column.chunks]
        column = pa.chunked_array(decoded, column.type.value_type)
    kind = column.type
    if pa.types.is_nested(kind) or pa.types.is_interval(kind):
        texts = [None if value is None else as_json(value) for value in column.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    if pa.types.is_null(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    if pa.types.is_binary_view(kind) or pa.types.is_fixed_size_binary(kind):
        return column.cast(pa.binary())
    if pa.types.is_decimal(kind) and kind.bit_width < 128:
        return column.cast(pa.decimal128(kind.precision, kind.scale))
    if pa.types.is_timestamp(kind) and kind.tz is not None and not _has_zone(kind.tz):
        return column.cast(pa.timestamp(kind.unit, "UTC"))
    return column


def _showable(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, str | None]:
    """Return times that Python can show, others break a mere repr; and what had to be done."""
    kind = column.type
    if not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        return column, None
    if pa.types.is_date32(kind):
        per_day, numbers = 1, column.cast(pa.int32())
    else:
        per_day = _PER_DAY["ms" if pa.types.is_date64(kind) else kind.unit]
        numbers = column.cast(pa.int64())
    ends = pc.min_max(numbers).as_py()
    zoned = pa.types.is_timestamp(kind) and kind.tz not in {None, "UTC"}
    # A zone may add a day.
    if _lies_within(ends, per_day, shift=int(zoned)):
        return column, None
    if zoned and _lies_within(ends, per_day, shift=0):
        in_utc = column.cast(pa.timestamp(kind.unit, "UTC"))
        return in_utc, f"has a time that {kind.tz} cannot show; it is in UTC"
    return column.cast(pa.string()), "has a time before the year 1 or after 9999; it is text"


def _lies_within(ends: dict[str, Any], per_day: int, *, shift: int) -> bool:
    return ends["min"] is None or (
        (_FIRST_DAY + shift) * per_day <= ends["min"]
        and ends["max"] < (_LAST_DAY + 1 - shift) * per_day
    )


def _has_zone(name: str) -> bool:
    """Whether a name is that of a zone other than UTC."""
    if name.lower() in _UTC:
        return name == "UTC"
    try:
        pc.assume_timezone(pa.array([0], pa.timestamp("s")), name)
    except pa.ArrowException:
        return False
    return True


def _storage(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type.storage_type
    return pa.chunked_array([chunk.storage for chunk in column.chunks], kind)


def to_arrow(frame: pd.DataFrame) -> tuple[pa.Table, list[str]]:
    """Return a frame as an Arrow table, and the names of columns whose text had to be mended.

    An index without a name is left out, another one becomes a column. Half a surrogate pair, which only
    columns of Python objects can hold, becomes U+FFFD.
    """
    default = all(name is None for name in frame.index.names)
    try:
        return pa.Table.from_pandas(frame, preserve_index=False if default else None), []
    except UnicodeEncodeError:
        mended = frame.copy()
    names = []
    for name in mended.select_dtypes("object").columns:
        whole = mended[name].map(whole_text)
        if not whole.equals(mended[name]):
            mended[name] = whole
            names.append(str(name))
    return pa.Table.from_pandas(mended, preserve_index=False if default else None), names
