"""DataFrames → Arrow tables: whatever pandas can hold, as what it means, its index first."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from omnipd.errors import ExportError
from omnipd.frames.python_objects import array_of
from omnipd.frames.spelling import UnstorableError
from omnipd.frames.to_pandas import storable
from omnipd.unicode_text import whole_text

#: Names of columns that pandas makes again of the texts in a Parquet file; others stay texts.
_KNOWN_NAMES = {"string", "integer", "datetime64"}


def has_default_index(frame: pd.DataFrame) -> bool:
    """Whether the rows of a frame are numbered from 0, without a name: such an index says nothing.

    Examples
    --------
    >>> frame = pd.DataFrame({"a": [1, 2, 3]})
    >>> has_default_index(frame), has_default_index(frame[1:])
    (True, False)
    """
    index = frame.index
    return (
        isinstance(index, pd.RangeIndex)
        and index.name is None
        and index.equals(pd.RangeIndex(len(index)))
    )


def to_arrow(frame: pd.DataFrame) -> tuple[pa.Table, list[str]]:
    """Return a frame as an Arrow table of scalar columns, and the columns whose text was mended.

    The levels of an index that is not the default one are its first columns. A lone surrogate, which
    only columns of Python objects can hold, becomes U+FFFD. pandas' notes in the metadata tell what
    was the index.

    Raises
    ------
    ExportError
        For a column that Arrow cannot hold, and for columns that would have the same name.
    """
    levels = _levels(frame)
    labels = [*levels, *map(_name_of, frame.columns)]
    names = [whole_text(label) for label in labels]
    _refuse_same(names, levels)
    # Else a level whose name is a number would be taken for the one in its place.
    index = frame.index.set_names([None] * frame.index.nlevels)
    held = [_as_it_is(index.get_level_values(n)) for n in range(len(levels))]
    # Without the index, which pandas may not be able to slice.
    held.extend(_as_it_is(column.array) for _, column in frame.items())
    columns = [_stored(name, column) for name, column in zip(names, held, strict=True)]
    mended = [
        name
        for name, label, column in zip(names, labels, columns, strict=True)
        if column.mended or name != label
    ]
    table = pa.table([column.array for column in columns], names=names)
    notes = _notes(frame, names, columns)
    return table.replace_schema_metadata({b"pandas": json.dumps(notes).encode()}), mended


def column_to_arrow(name: Hashable, column: pd.Series[Any]) -> pa.ChunkedArray:
    """Return one column of a frame as :func:`to_arrow` does.

    Raises
    ------
    ExportError
        For a column that Arrow cannot hold.
    """
    array = _stored(_name_of(name), _as_it_is(column.array)).array
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


@dataclass(frozen=True)
class _Stored:
    """A column as Arrow has it, and without rows as pandas does: what its notes are made of."""

    array: pa.Array | pa.ChunkedArray
    empty: pd.Series[Any]
    mended: bool = False


def _levels(frame: pd.DataFrame) -> list[str]:
    """Return the names of the levels of an index that is stored, those that ``reset_index`` gives."""
    index = frame.index
    if has_default_index(frame):
        return []
    if index.nlevels > 1:
        unnamed = [f"level_{n}" for n in range(index.nlevels)]
    else:
        unnamed = ["level_0" if "index" in map(_name_of, frame.columns) else "index"]
    return [
        other if name is None else _name_of(name)
        for name, other in zip(index.names, unnamed, strict=True)
    ]


def _name_of(label: Hashable) -> str:
    """Return the name of a column as text, as PyArrow does."""
    if isinstance(label, str):
        return label
    return str(tuple(map(_name_of, label))) if isinstance(label, tuple) else str(label)


def _refuse_same(names: Sequence[Any], levels: Sequence[Any]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if not twice:
        return
    whose = "levels of the index or columns" if set(twice) & set(levels) else "columns"
    listed = ", ".join(map(repr, twice[:5]))
    raise ExportError(
        f"Several {whose} have the same name as text: {listed}.",
        hint="Give each a name of its own; reset_index(drop=True) leaves an index out.",
    )


def _stored(name: str, column: pd.Series[Any]) -> _Stored:
    try:
        return _as_arrow(column)
    except UnstorableError as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001 - whatever the arrays of other packages raise
        reason = f"its values cannot be read ({type(error).__name__})"
    raise ExportError(
        f"The column {name} cannot be stored: {reason}.",
        hint="A column holds values of one type; astype(str) makes text of any.",
    )


def _as_arrow(column: pd.Series[Any]) -> _Stored:
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        values = _as_arrow(_as_it_is(column.cat.categories))
        codes = column.cat.codes.to_numpy()
        return _of_objects(values.array.take(pa.array(codes, mask=codes < 0)), values.mended)
    if isinstance(kind, pd.SparseDtype):
        return _as_arrow(pd.Series(column.array.to_dense()))
    if isinstance(kind, pd.ArrowDtype):
        array = column.array.__arrow_array__()
        if str(array.type).startswith("extension<pandas."):  # periods and intervals
            return _as_arrow(pd.Series(array.type.to_pandas_dtype().__from_arrow__(array)))
        held = storable(array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array]))
        return _Stored(held, column.iloc[:0]) if held.type == array.type else _of_objects(held)
    if _is_arrow_s(kind):
        try:
            return _Stored(pa.array(column, from_pandas=True), column.iloc[:0])
        except UnicodeEncodeError:  # text of Python's
            pass
        except (pa.ArrowException, ValueError):
            if not isinstance(kind, pd.DatetimeTZDtype):
                raise
            return _as_arrow(column.dt.tz_convert("UTC"))  # a zone that Arrow has no name for
    return _of_objects(*array_of(column.to_numpy(dtype=object)))


def _as_it_is(values: Any) -> pd.Series[Any]:
    """Return values as a column of the very dtype; older pandas would make another of objects."""
    column: pd.Series[Any] = pd.Series(values, dtype=values.dtype)
    return column


def _is_arrow_s(kind: Any) -> bool:
    """Whether Arrow has the type."""
    if isinstance(kind, np.dtype):
        return kind.kind in "biufmM" and kind.itemsize <= 8
    return isinstance(kind, pd.DatetimeTZDtype | pd.StringDtype | pd.BooleanDtype) or (
        isinstance(kind, pd.api.extensions.ExtensionDtype)
        and pd.api.types.is_numeric_dtype(kind)
        and type(kind).__module__.split(".")[0] == "pandas"
    )


def _of_objects(array: pa.Array | pa.ChunkedArray, mended: bool = False) -> _Stored:
    return _Stored(array, pd.Series([], dtype=object), mended)


def _notes(frame: pd.DataFrame, names: Sequence[str], columns: Sequence[_Stored]) -> dict[str, Any]:
    """Return what pandas says of a frame in a file, and reads there again."""
    empty = pd.DataFrame({name: one.empty for name, one in zip(names, columns, strict=True)})
    notes = _pandas_notes(empty)
    levels = columns[: len(_levels(frame))]
    if not all(_fits_index(level.array.type) for level in levels):
        notes["index_columns"] = []
        return notes
    if levels:
        notes["index_columns"] = list(names[: len(levels)])
    else:
        notes["index_columns"][0]["stop"] = len(frame)
    for note, label, _ in zip(notes["columns"], frame.index.names, levels, strict=False):
        note["name"] = None if label is None else note["name"]
        if note["numpy_type"].endswith("[pyarrow]"):
            note["numpy_type"] = "object"  # pandas makes no index of every type of Arrow
    labels = frame.columns
    kinds = labels.levels if isinstance(labels, pd.MultiIndex) else [labels]
    as_they_are = list(names[len(levels) :]) == list(map(_name_of, labels))
    if as_they_are and all(one.inferred_type in _KNOWN_NAMES for one in kinds):
        named = pd.DataFrame(np.empty((0, len(labels))), columns=labels)
        notes["column_indexes"] = _pandas_notes(named)["column_indexes"]
    return notes


def _fits_index(kind: pa.DataType) -> bool:
    """Whether pandas makes an index of such a column of a file; else it stays a column there."""
    return not pa.types.is_float16(kind) and kind != pa.time64("ns")


def _pandas_notes(frame: pd.DataFrame) -> dict[str, Any]:
    schema = pa.Schema.from_pandas(frame.reset_index(drop=True))
    held: dict[str, Any] = json.loads((schema.metadata or {})[b"pandas"])
    return held
