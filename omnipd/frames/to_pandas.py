"""Arrow tables → DataFrames. The only place where pandas objects are made from data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from omnipd.frames import times
from omnipd.frames.columns import as_json
from omnipd.unicode_text import whole_text


def to_frame(table: pa.Table, facts: dict[str, Any]) -> pd.DataFrame:
    """Return a DataFrame with Arrow types, without copying the data.

    Parameters
    ----------
    table : pyarrow.Table
        Scalar columns only; see :func:`scalar_columns`.
    facts : dict
        Small JSON-able facts for ``df.attrs["omni"]``; see :func:`is_whole` for how long they stay.
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


def marked_incomplete(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame that bears the mark; the one that was given is not changed."""
    facts = frame.attrs.get("omni")
    marked = frame.copy(deep=False)
    marked.attrs["omni"] = {**(facts if isinstance(facts, dict) else {}), "complete": False}
    return marked


def scalar_columns(table: pa.Table) -> pa.Table:
    """Return the table with scalar columns only, which every file format and pandas itself can hold.

    As :func:`storable_columns`; and times that Python cannot hold, see :func:`times.showable`.
    """
    return times.showable(storable_columns(table))


def storable_columns(table: pa.Table) -> pa.Table:
    """Return the table with scalar columns only; which types they have does not depend on values.

    Dictionaries are decoded. Lists, structs, maps and intervals become JSON text. UTC by any name, and
    a time zone that nobody knows, become UTC.
    """
    return _each_column(table, _storable)


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
    known = times.in_known_zone(kind)
    return column if known == kind else column.cast(known)


def _storage(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type.storage_type
    return pa.chunked_array([chunk.storage for chunk in column.chunks], kind)


def to_arrow(frame: pd.DataFrame) -> tuple[pa.Table, list[str]]:
    """Return a frame as an Arrow table, and the names of columns whose text had to be mended.

    An index without a name is left out, another one becomes a column. A lone surrogate, which only
    columns of Python objects can hold, becomes U+FFFD.
    """
    default = all(name is None for name in frame.index.names)
    frame = frame.copy(deep=False)
    frame.attrs = {}  # what is not JSON in them would be a warning
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
