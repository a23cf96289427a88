"""Frames → Parquet, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import IO, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from omnipd.errors import ExportError
from omnipd.export.dictionaries import columns_that_repeat
from omnipd.export.storable_table import table_for
from omnipd.export.whole_files import write_atomically
from omnipd.paths import place_of_file


def to_parquet(
    df: pd.DataFrame,
    path: str | os.PathLike[str],
    *,
    allow_incomplete: bool = False,
    storage_options: Mapping[str, Any] | None = None,
) -> None:
    """Write a frame to a Parquet file, atomically.

    The file appears whole under its name or not at all; an existing one is replaced only at the
    end. Any reader gets the columns with their Arrow types; ``pd.read_parquet`` gives
    the frame back, with pandas' own string dtype for text and objects for decimals; ask it for
    ``dtype_backend="pyarrow"`` to have Arrow types throughout. ``df.attrs`` come back, too, and with
    them the mark of a frame that was written although it is incomplete.

    Parameters
    ----------
    df : pandas.DataFrame
        Any frame, see Notes.
    path : path-like
        Folders that are missing are made. A device or a pipe is written to as it comes. Or an
        address that fsspec knows, such as ``s3://bucket/labels.parquet``: the object is put there when
        the file is whole.
    allow_incomplete : bool, default False
        Write a frame that is marked incomplete.
    storage_options : mapping, optional
        As for pandas: what the store of an address takes, such as its endpoint or credentials.

    Raises
    ------
    ExportIncompleteError
        If the frame is marked incomplete, or the file cannot be written to its end.
    ExportError
        If the file cannot be opened, or a column cannot be stored; it is named, and nothing is written.
    ArgumentError
        If `df` is not a DataFrame.

    Notes
    -----
    These rules are those of all four formats: Parquet, CSV, JSON lines and Excel.

    *The index* comes first, a column for each level, unless the rows are just numbered from 0 (a
    default ``RangeIndex``). A frame that was filtered keeps the old numbers, and they are written too:
    ``df.reset_index(drop=True)`` leaves them out. A level without a name is called as ``reset_index``
    calls it: ``index``, or ``level_0``, ``level_1`` and so on. In Parquet it is the index again when
    pandas reads the file, unnamed if it was.

    *The names* of columns are text: ``2026`` becomes ``"2026"``, and ``("sales", "sum")`` of a
    MultiIndex ``"('sales', 'sum')"``. Two columns of the same name are refused. The columns of a pivot
    are ``"EWR · Flights"`` in CSV, JSON lines and Excel, as with ``pivot="flat"``; in Parquet, which gives
    pandas both levels back, they are named as other pairs are.

    *What Arrow knows* keeps its type in Parquet, whatever the values. Categories and sparse columns
    are their values.

    *What only pandas or Python knows* is written as text: a period as ``2025-01``, an interval as
    ``(0, 2]``, a complex number, UUID, path, or an integer of more than 64 bits as ``str()`` has it. A
    member of an Enum is its value. Lists, dicts, tuples, sets, arrays, structs and maps are JSON text;
    in it, bytes are base64 and durations as in CSV. Intervals of the calendar are text such as
    ``P1M2D``. An object column holds values of one kind: numbers beside text, dates beside times, and
    objects that have no text of their own are refused.

    Examples
    --------
    >>> import omnipd, pandas, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "labels.parquet"
    >>> omnipd.to_parquet(omnipd.flatten_content([]), path)
    >>> len(pandas.read_parquet(path))
    0
    """
    target = place_of_file("path", path, storage_options)
    table = table_for(df, allow_incomplete=allow_incomplete)
    write_atomically(target, lambda file: write_parquet(table, file))


def write_parquet(table: pa.Table, file: IO[bytes], *, checksums: bool = False) -> None:
    """Write a table of scalar columns as Parquet to an open file, with checksums of its pages or without."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "s":  # Parquet has milliseconds
            try:
                column = table.column(place).cast(pa.timestamp("ms", field.type.tz))
            except pa.ArrowInvalid:
                raise ExportError(
                    f"The column {field.name} cannot be stored: it has a time that Parquet cannot hold.",
                    hint="CSV and JSON lines hold times of any year.",
                ) from None
            table = table.set_column(place, field.name, column)
    pyarrow.parquet.write_table(
        table, file, use_dictionary=columns_that_repeat(table), write_page_checksum=checksums
    )
