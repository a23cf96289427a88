"""Arrow tables → DataFrames. The only place where pandas objects are made from data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from omnipd.frames import times
from omnipd.frames.arrow_stream import distinct_names
from omnipd.frames.columns import as_json
from omnipd.frames.spelling import as_json_value, text_of
from omnipd.frames.wide import Wide, joined, value_texts

#: What the level of the columns is called that has the measures.
MEASURE = "measure"


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


def to_wide_frame(wide: Wide, facts: dict[str, Any]) -> pd.DataFrame:
    """Return a DataFrame with an index of what the rows are of, and columns of values and measures.

    Cells have Arrow types, and so have index and columns; but times there are pandas' own, in the
    unit that they came in, since only of those pandas picks a month by its name.

    Parameters
    ----------
    wide : Wide
        Scalar columns only.
    facts : dict
        As for :func:`to_frame`.
    """
    places = list(map(str, range(len(wide.cells))))
    frame = to_frame(pa.Table.from_arrays(list(wide.cells), names=places), facts)
    rows = _levels(wide.rows)
    if not wide.cells:
        frame = frame.reindex(range(wide.height))
    if not rows:
        frame.index = pd.RangeIndex(wide.height)
    elif len(rows) == 1:
        frame.index = rows[0]
    else:
        frame.index = pd.MultiIndex.from_arrays(rows, names=wide.rows.column_names)
    count = len(wide.measures)
    each = np.repeat(np.arange(wide.columns.num_rows), count)
    measures = pd.Index(list(wide.measures) * wide.columns.num_rows, dtype=object)
    frame.columns = pd.MultiIndex.from_arrays(
        [*_levels(wide.columns.take(pa.array(each))), measures],
        names=[*wide.columns.column_names, MEASURE],
    )
    return frame


def with_flat_names(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a wide frame with one name for each column, ``value · measure``, and any other as it is."""
    labels = frame.columns
    if not isinstance(labels, pd.MultiIndex) or labels.names[-1] != MEASURE:
        return frame
    levels = [labels.get_level_values(level).astype(object) for level in range(labels.nlevels)]
    texts = [value_texts([None if pd.isna(one) else one for one in level]) for level in levels]
    rows = [str(name) for name in frame.index.names if name is not None]
    names = distinct_names([*rows, *map(joined, zip(*texts, strict=True))])
    return frame.set_axis(names[len(rows) :], axis=1)


def _levels(table: pa.Table) -> list[pd.Index[Any]]:
    """Return the columns of a table as levels of an index."""

    def kind(type_: pa.DataType) -> pd.ArrowDtype | None:
        return None if pa.types.is_timestamp(type_) else pd.ArrowDtype(type_)

    frame = table.to_pandas(types_mapper=kind)
    return [pd.Index(frame[name], name=name) for name in table.column_names]


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

    Dictionaries are decoded. Lists, structs and maps become JSON text, intervals durations of
    ISO 8601, UUIDs text. UTC by any name, and a time zone that nobody knows, become UTC.
    """
    return _each_column(table, storable)


def _each_column(table: pa.Table, change: Callable[[pa.ChunkedArray], pa.ChunkedArray]) -> pa.Table:
    for index, field in enumerate(table.schema):
        column = change(table.column(index))
        if column.type != field.type:
            table = table.set_column(index, field.name, column)
    return table


def storable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return one column as :func:`storable_columns` does."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        return storable(_of_extension(column))
    if pa.types.is_run_end_encoded(kind):
        ends = [pc.run_end_decode(chunk) for chunk in column.chunks]
        return storable(pa.chunked_array(ends, kind.value_type))
    if pa.types.is_dictionary(kind):
        decoded = [chunk.dictionary.take(chunk.indices) for chunk in column.chunks]
        return storable(pa.chunked_array(decoded, kind.value_type))
    if pa.types.is_nested(kind):
        return written(column, lambda value: as_json(as_json_value(value)))
    if pa.types.is_interval(kind):
        return written(column, text_of)
    if pa.types.is_null(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    if pa.types.is_binary_view(kind) or pa.types.is_fixed_size_binary(kind):
        return column.cast(pa.binary())
    if pa.types.is_decimal(kind):
        usual = _usual_decimal(kind)
        return column if usual == kind else column.cast(usual)
    known = times.in_known_zone(kind)
    return column if known == kind else column.cast(known)


def _usual_decimal(kind: pa.DataType) -> pa.DataType:
    """Return a type for the same decimals that files know: its scale from 0 to its digits, 128 bits or more."""
    scale = max(kind.scale, 0)
    digits = max(kind.precision - min(kind.scale, 0), scale)
    wide = digits > pa.decimal128(38).precision or kind.bit_width > pa.decimal128(38).bit_width
    return (pa.decimal256 if wide else pa.decimal128)(digits, scale)


def written(column: pa.ChunkedArray, text: Callable[[Any], str]) -> pa.ChunkedArray:
    """Return a column with the text of each value."""
    texts = [None if value is None else text(value) for value in column.to_pylist()]
    return pa.chunked_array([pa.array(texts, pa.string())])


def _of_extension(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return what values of an extension mean, where Arrow says it; else how they are stored."""
    if isinstance(column.type, pa.UuidType):
        return written(column, str)
    kind = column.type.storage_type
    held = pa.chunked_array([chunk.storage for chunk in column.chunks], kind)
    return held.cast(pa.bool_()) if isinstance(column.type, pa.Bool8Type) else held
