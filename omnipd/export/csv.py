"""Frames → CSV, whole or not at all, with what a spreadsheet would run made harmless."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import IO, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from omnipd.export.compression import compressed
from omnipd.export.spelled import spelled
from omnipd.export.storable_table import table_for
from omnipd.export.whole_files import write_atomically
from omnipd.frames import times
from omnipd.paths import place_of_file

# A spreadsheet runs a cell that begins with one of these, in full width too (OWASP: CSV injection).
# Every field is quoted, so that nothing inside a text begins a cell. A text that looks guarded gets
# one ' more: taking one away is always right.
_FORMULA = r"\A('*[=+\-@\t\r＝＋－＠])"
_GUARDED = re.compile(r"\A'('*[=+\-@\t\r＝＋－＠])")


def to_csv(
    df: pd.DataFrame,
    path: str | os.PathLike[str],
    *,
    raw: bool = False,
    allow_incomplete: bool = False,
    storage_options: Mapping[str, Any] | None = None,
) -> None:
    r"""Write a frame to a CSV file, atomically, with formulas made harmless.

    UTF-8, comma, ``\n``; every value is quoted and a null is an empty field without quotes, so
    that null differs from empty text and from the texts ``NA``, ``NaN`` and ``null``. Text that a
    spreadsheet would run as a formula gets a ``'`` before it: names in Omni are written by many
    hands. Instants are in UTC, such as ``2026-01-02 03:04:05Z``; durations are those of ISO 8601, such
    as ``P1DT2H``, which ``pandas.to_timedelta`` reads; bytes are base64. What is no text in the frame
    and is spelled with a ``-`` or a ``+`` before it, such as ``-PT0.5S``, gets the ``'`` too.

    Parameters
    ----------
    df : pandas.DataFrame
        Any frame. What becomes of the index and of each type is said in the Notes of
        :func:`to_parquet`.
    path : path-like
        A file, or an address as for :func:`to_parquet`. Folders that are missing are made. A name that ends in ``.gz``, ``.zst``, ``.bz2``, ``.xz``
        or ``.zip`` is compressed, as pandas does it.
    raw : bool, default False
        Leave text as it is, formulas too: for programs, not for spreadsheets.
    allow_incomplete : bool, default False
        Write a frame that is marked incomplete.
    storage_options : mapping, optional
        As for :func:`to_parquet`.

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
    A formula is a text, or the name of a column, that begins with ``=``, ``+``, ``-``, ``@``, these in
    full width, a tab or a carriage return. What follows a comma or a line end inside a text begins no
    cell, since every field is quoted, and stays as it is. A text that begins with ``'`` and then a
    formula gets one ``'`` more, so that the file can be read back exactly: take one ``'`` from each
    text that ``^'+[=+\-@\t\r＝＋－＠]`` matches, or write it with ``raw=True``. In a frame of one column a null is an empty line, which many
    readers skip.

    Examples
    --------
    >>> import omnipd, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "content.csv"
    >>> df = omnipd.flatten_content([{"type": "document", "identifier": "d1", "name": "=1+1"}])
    >>> omnipd.to_csv(df[["document_identifier", "name"]], path)
    >>> print(path.read_text())
    "document_identifier","name"
    "d1","'=1+1"
    <BLANKLINE>

    ``pd.read_csv`` ignores quotes: it reads a document that is called NA as one without a name.
    PyArrow does when it is asked to:

    >>> import pyarrow.csv
    >>> as_written = pyarrow.csv.ConvertOptions(
    ...     strings_can_be_null=True, quoted_strings_can_be_null=False
    ... )
    >>> df = omnipd.flatten_content([{"type": "document", "identifier": "d1", "name": "NA"}])
    >>> omnipd.to_csv(df[["name", "url"]], path)
    >>> pyarrow.csv.read_csv(path, convert_options=as_written).to_pylist()
    [{'name': 'NA', 'url': None}]
    """
    target = place_of_file("path", path, storage_options)
    table = table_for(df, allow_incomplete=allow_incomplete, flat=True)
    write_atomically(target, compressed(target, lambda file: write_csv(table, file, raw=raw)))


def write_csv(table: pa.Table, file: IO[bytes], *, raw: bool = False, header: bool = True) -> None:
    """Write a table of scalar columns as CSV to an open file; without a header, behind others."""
    table = spelled(table)
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(place, field.name, times.as_text(table.column(place)))
    if not raw:
        table = _without_formulas(table)
    # PyArrow 23 writes the header once more for a first batch of no rows.
    full = [batch for batch in table.to_batches() if batch.num_rows]
    table = pa.Table.from_batches(full, table.schema)
    options = pyarrow.csv.WriteOptions(include_header=header, quoting_style="all_valid")
    pyarrow.csv.write_csv(table, file, options)


def unguarded(text: str) -> str:
    """Return a text of a CSV file as it was before it was made safe.

    Examples
    --------
    >>> unguarded("'=1+1"), unguarded("it's")
    ('=1+1', "it's")
    """
    return _GUARDED.sub(r"\1", text)


def _without_formulas(table: pa.Table) -> pa.Table:
    """Put ``'`` before what a spreadsheet would run, in text and in the header."""
    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            safe = pc.replace_substring_regex(table.column(place), _FORMULA, r"'\1")
            table = table.set_column(place, field.name, safe)
    return table.rename_columns([re.sub(_FORMULA, r"'\1", name) for name in table.column_names])
