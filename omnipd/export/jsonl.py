"""Frames → JSON lines, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import IO, Any

import pandas as pd
import pyarrow as pa

from omnipd.export.compression import compressed
from omnipd.export.spelled import spelled
from omnipd.export.storable_table import table_for
from omnipd.export.whole_files import write_atomically
from omnipd.frames.columns import as_json
from omnipd.paths import place_of_file


def to_jsonl(
    df: pd.DataFrame,
    path: str | os.PathLike[str],
    *,
    allow_incomplete: bool = False,
    storage_options: Mapping[str, Any] | None = None,
) -> None:
    """Write a frame as JSON lines, one object per row, atomically.

    Parameters
    ----------
    df, path, allow_incomplete, storage_options
        As for :func:`to_parquet`. Decimals are written as text, instants as ISO 8601 in UTC, durations
        as ISO 8601, bytes as base64, nulls as null. A name that ends in ``.gz``, ``.zst``, ``.bz2``,
        ``.xz`` or ``.zip`` is compressed, as pandas does it.

    Raises
    ------
    ExportIncompleteError, ExportError, ArgumentError
        As for :func:`to_parquet`.

    Examples
    --------
    >>> import omnipd, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "content.jsonl"
    >>> df = omnipd.flatten_content([{"type": "document", "identifier": "d1", "name": "Sales"}])
    >>> omnipd.to_jsonl(df[["document_identifier", "url"]], path)
    >>> print(path.read_text())
    {"document_identifier":"d1","url":null}
    <BLANKLINE>
    """
    target = place_of_file("path", path, storage_options)
    table = table_for(df, allow_incomplete=allow_incomplete, flat=True)
    write_atomically(target, compressed(target, lambda file: write_jsonl(table, file)))


def write_jsonl(table: pa.Table, file: IO[bytes]) -> None:
    """Write a table of scalar columns as JSON lines to an open file."""
    for batch in spelled(table).to_batches(max_chunksize=10_000):
        file.writelines(f"{as_json(row)}\n".encode() for row in batch.to_pylist())
