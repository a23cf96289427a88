"""Frames → Parquet, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import IO, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

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
        Columns with lists or structs become JSON text. A default index is not written; another one
        becomes a column. Types do not depend on values: Parquet holds times of any year.
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
        If the file cannot be opened, or a column cannot be stored.
    ArgumentError
        If `df` is not a DataFrame.

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


def write_parquet(table: pa.Table, file: IO[bytes]) -> None:
    """Write a table of scalar columns as Parquet to an open file."""
    pyarrow.parquet.write_table(table, file)
