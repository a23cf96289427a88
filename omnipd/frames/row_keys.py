"""Rows as numbers: rows that are alike have one number, nulls and all."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]


def row_numbers(table: pa.Table) -> tuple[Numbers, Numbers]:
    """Return for each row the number of its kind, and for each kind where its first row is.

    Kinds are numbered as they first come. Null is a value like any other here, and alike are values
    of one type only.

    Parameters
    ----------
    table : pyarrow.Table
        Scalar columns. Without columns all rows are alike.

    Examples
    --------
    >>> numbers, firsts = row_numbers(pa.table({"a": ["x", None, "x"], "b": [1, 1, 1]}))
    >>> numbers.tolist(), firsts.tolist()
    ([0, 1, 0], [0, 1])
    """
    kinds: Numbers = np.zeros(table.num_rows, np.int64)
    for column in table.columns:
        values = _numbered(column)
        together = kinds * (int(values.max(initial=0)) + 1) + values
        kinds = np.unique(together, return_inverse=True)[1].astype(np.int64).reshape(-1)
    _, firsts, inverse = np.unique(kinds, return_index=True, return_inverse=True)
    as_they_come = np.argsort(firsts)
    places = np.empty_like(as_they_come)
    places[as_they_come] = np.arange(len(as_they_come))
    return places[inverse.reshape(-1)], firsts[as_they_come]


def _numbered(column: pa.ChunkedArray) -> Numbers:
    """Return a number for each value of a column, 0 for null."""
    # Older versions of Arrow tell no halves apart.
    column = column.cast(pa.float32()) if pa.types.is_float16(column.type) else column
    encoded = column.dictionary_encode().unify_dictionaries()
    indices = pa.chunked_array([chunk.indices for chunk in encoded.chunks], pa.int32())
    found: Numbers = pc.fill_null(indices, -1).to_numpy().astype(np.int64) + 1
    return found
