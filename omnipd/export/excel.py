"""Frames → one Excel workbook, a sheet each; nothing in a cell is run, and nothing is lost silently.

openpyxl writes the rows as they come. What is decided here is what a cell cannot hold.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

import pandas as pd
import pyarrow as pa

from omnipd.addresses import Address
from omnipd.arguments import argument, refuse_key
from omnipd.errors import (
    ArgumentError,
    ExportError,
    warn,
)
from omnipd.export.sheet_names import sheet_names
from omnipd.export.spelled import spelled
from omnipd.export.storable_table import table_for
from omnipd.export.temporary_folder import temporary_folder, temporary_folder_named
from omnipd.export.whole_files import write_atomically
from omnipd.extras import load_extra
from omnipd.locks import NO_FORK
from omnipd.paths import place_of_file

# https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3
_MAX_ROWS = 1_048_576
_MAX_COLUMNS = 16_384
_MAX_TEXT = 32_767
# Excel keeps fifteen digits of a number.
_DIGITS = 15
_MAX_INTEGER = 10**_DIGITS
# Excel's days begin in 1900, and its February of 1900 has 29.
_FIRST_TIME = datetime(1900, 3, 1)  # noqa: DTZ001 - a cell has no zone
# Its last day is in 9999; a cell has milliseconds, and what would be rounded up is none of its days.
_LAST_TIME = datetime(9999, 12, 31, 23, 59, 59, 999_000)  # noqa: DTZ001
# XML reads both as a line feed.
_LINE_END = re.compile("\r\n?")
# XML has no way to write these.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# What Excel, or openpyxl, takes for a formula or an error instead of text.
_MISREAD = re.compile(r"[=+\-@#\t\r＝＋－＠]")
_TIME_WIDTH = 19
_BATCH = 5_000


def to_excel(
    df: pd.DataFrame,
    path: str | os.PathLike[str],
    *,
    sheet_name: str = "Sheet1",
    allow_incomplete: bool = False,
    storage_options: Mapping[str, Any] | None = None,
) -> None:
    """Write a frame to an Excel workbook of one sheet, whole or not at all.

    It needs ``pip install "omnipd[excel]"``. What a sheet cannot hold is told in a warning, as by
    :meth:`Inventory.to_excel`, which writes several frames.

    Parameters
    ----------
    df : pandas.DataFrame
        Any frame. What becomes of the index and of each type is said in the Notes of
        :func:`to_parquet`.
    path : path-like
        A name that ends in ``.xlsx``, or an address. Folders that are missing are made.
    sheet_name : str, default "Sheet1"
        The name of the sheet. One that Excel does not allow is mended, with a warning.
    allow_incomplete : bool, default False
        Write a frame that is marked incomplete.
    storage_options : mapping, optional
        As for :func:`to_parquet`.

    Raises
    ------
    ArgumentError
        If the name does not end in ``.xlsx``, or `df` is not a DataFrame.
    SettingsError
        If openpyxl is not installed.
    ExportIncompleteError
        If the frame is marked incomplete, or the disk or the temporary folder is full.
    ExportError
        If the frame has more rows or columns than a sheet, or the file cannot be written.

    Examples
    --------
    >>> import omnipd, pandas, pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "content.xlsx"
    >>> df = omnipd.flatten_content([{"type": "document", "identifier": "d1", "name": "=1+1"}])
    >>> omnipd.to_excel(df[["document_identifier", "name"]], path, sheet_name="content")
    >>> pandas.read_excel(path, sheet_name="content")["name"].tolist()
    ['=1+1']
    """
    if not isinstance(sheet_name, str):
        raise ArgumentError(argument("sheet_name", sheet_name) + " is not text.")
    refuse_key(argument("sheet_name"), sheet_name)
    target = workbook_path(path, storage_options)
    table = table_for(df, allow_incomplete=allow_incomplete, flat=True)
    write_atomically(target, workbook({sheet_name: table}))


def workbook_path(path: Any, storage_options: Mapping[str, Any] | None = None) -> Path | Address:
    """Return the file that a workbook is to be; refuse a name that no Excel opens."""
    target = place_of_file("path", path, storage_options)
    if target.suffix.lower() != ".xlsx":
        raise ArgumentError(argument("path", str(target)) + " does not end in .xlsx.")
    return target


def workbook(tables: Mapping[str, pa.Table]) -> Callable[[IO[bytes]], None]:
    """Check that tables fit into a workbook, and return what writes it to an open file.

    Parameters
    ----------
    tables : mapping of str to pyarrow.Table
        By the name of the sheet; scalar columns only.

    Raises
    ------
    ExportError
        For a table with more rows or columns than a sheet has.
    SettingsError
        If openpyxl is not installed.
    """
    too_long = [name for name, table in tables.items() if table.num_rows >= _MAX_ROWS]
    if too_long:
        raise ExportError(
            f"A sheet has {_MAX_ROWS:,} rows with its heading; more are in: {', '.join(too_long)}.",
            hint="Nothing was written. Parquet and CSV take any number.",
        )
    too_wide = [name for name, table in tables.items() if table.num_columns > _MAX_COLUMNS]
    if too_wide:
        raise ExportError(
            f"A sheet has {_MAX_COLUMNS:,} columns; more are in: {', '.join(too_wide)}.",
            hint="Nothing was written. Parquet and CSV take any number.",
        )
    load_extra("openpyxl", "excel", "Excel files need")
    names = sheet_names(tables)
    return lambda file: _write({names[name]: table for name, table in tables.items()}, file)


def _write(tables: Mapping[str, pa.Table], file: IO[bytes]) -> None:
    with NO_FORK:
        from openpyxl import Workbook  # noqa: PLC0415

    book = Workbook(write_only=True)
    cells = _Cells()
    with contextlib.ExitStack() as undo:
        with temporary_folder_named():
            folder = undo.enter_context(temporary_folder())
            for number, (name, table) in enumerate(tables.items()):
                _fill(book.create_sheet(name), table, cells, folder / f"{number}.xml", undo)
        _save(book, file)
    cells.tell()


def _fill(
    sheet: Any, table: pa.Table, cells: _Cells, rows: Path, undo: contextlib.ExitStack
) -> None:
    """Put a table into a sheet, whose rows wait in a file until the workbook is put together."""
    with NO_FORK:
        from openpyxl.utils import get_column_letter  # noqa: PLC0415
        from openpyxl.worksheet._writer import WorksheetWriter  # noqa: PLC0415

    sheet.freeze_panes = "A2"
    for place, kind in enumerate(table.schema.types, 1):
        if pa.types.is_temporal(kind):
            sheet.column_dimensions[get_column_letter(place)].width = _TIME_WIDTH
    # As openpyxl has it, the file is left behind when something fails, and what is not written yet
    # is tried again when nobody listens any more.
    writer = sheet._writer = WorksheetWriter(sheet, out=str(rows))
    writer.cleanup = lambda: None
    undo.callback(_closed_quietly, writer.xf)
    writer.write_top()
    undo.callback(lambda: _closed_quietly(sheet._rows))
    sheet.append([cells.text(sheet, column, column) for column in table.column_names])
    for row in cells.rows(sheet, table):
        sheet.append(row)
    sheet.close()


def _save(book: Any, file: IO[bytes]) -> None:
    """Put a workbook together, as ``book.save()`` does, which leaves an archive open when it fails."""
    with NO_FORK:
        from openpyxl.writer.excel import ExcelWriter  # noqa: PLC0415

    archive = ZipFile(file, "w", ZIP_DEFLATED)
    try:
        ExcelWriter(book, archive).save()
    finally:
        with contextlib.suppress(OSError, ValueError):
            archive.close()


def _closed_quietly(generator: Any) -> None:
    if generator is not None:
        with contextlib.suppress(OSError, ValueError):
            generator.close()


class _Cells:
    """Turns values into cells, and remembers what had to be changed."""

    def __init__(self) -> None:
        self._cut: Counter[str] = Counter()
        self._mended: Counter[str] = Counter()
        self._rewrapped: Counter[str] = Counter()

    def rows(self, sheet: Any, table: pa.Table) -> Iterator[list[Any]]:
        """Yield the rows of a table as cells."""
        for batch in spelled(table).to_batches(max_chunksize=_BATCH):
            columns = [
                self._column(sheet, name, values)
                for name, values in zip(table.column_names, batch.columns, strict=True)
            ]
            yield from (list(row) for row in zip(*columns, strict=True))

    def text(self, sheet: Any, column: str, value: str) -> Any:
        """Return a text as Excel can hold it, and never as a formula."""
        lines = _LINE_END.sub("\n", value)
        if lines != value:
            self._rewrapped[f"{sheet.title}.{column}"] += 1
        legal = _ILLEGAL.sub("\ufffd", lines)
        if legal != lines:
            self._mended[f"{sheet.title}.{column}"] += 1
        # Excel counts in UTF-16, and so a letter outside its first plane twice.
        if len(legal) * 2 > _MAX_TEXT:
            units = legal.encode("utf-16-le")
            if len(units) > _MAX_TEXT * 2:
                legal = units[: _MAX_TEXT * 2].decode("utf-16-le", "ignore")
                self._cut[f"{sheet.title}.{column}"] += 1
        return _as_text(sheet, legal) if _MISREAD.match(legal) else legal

    def tell(self) -> None:
        """Say what had to be changed."""
        if self._mended:
            warn(
                "Control characters, which Excel cannot hold, became U+FFFD: "
                f"{_counted(self._mended)}."
            )
        if self._rewrapped:
            warn(
                f"Line ends became \\n, as a cell has them: {_counted(self._rewrapped)}. Parquet and "
                "CSV hold them as they are."
            )
        if self._cut:
            warn(
                f"Text longer than the {_MAX_TEXT:,} characters of a cell was cut: "
                f"{_counted(self._cut)}. Parquet and CSV hold it whole."
            )

    def _column(self, sheet: Any, name: str, values: pa.Array) -> list[Any]:
        if pa.types.is_timestamp(values.type):
            values = values.cast(pa.timestamp("us"), safe=False)
        held: list[Any] = values.to_pylist()
        if pa.types.is_boolean(values.type):
            return held
        return [None if value is None else self._cell(sheet, name, value) for value in held]

    def _cell(self, sheet: Any, name: str, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(sheet, name, value)
        if isinstance(value, datetime):
            return value if _FIRST_TIME <= value <= _LAST_TIME else value.isoformat()
        if isinstance(value, date):
            return value if value >= _FIRST_TIME.date() else value.isoformat()
        if isinstance(value, time):  # to the millisecond; what is rounded up may be the next day
            return value.replace(microsecond=value.microsecond // 1000 * 1000)
        if isinstance(value, Decimal) and _is_short(value):
            return float(value)
        return value if _is_number(value) else self.text(sheet, name, str(value))


def _as_text(sheet: Any, text: str) -> Any:
    """Return a cell whose text is not read as something else."""
    with NO_FORK:
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    # As if a ' stood before it: it stays text also when somebody edits the cell.
    cell.quotePrefix = True
    return cell


def _is_number(value: Any) -> bool:
    """Whether a cell holds it as it is; other numbers are written as text, with all their digits."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and abs(value) < _MAX_INTEGER


def _is_short(value: Decimal) -> bool:
    """Whether a decimal has no more digits than a cell keeps, so that no other number is shown."""
    digits = value.as_tuple().digits
    return abs(value) < _MAX_INTEGER and len("".join(map(str, digits)).strip("0")) <= _DIGITS


def _counted(places: Counter[str]) -> str:
    return ", ".join(f"{where} ({count:,})" for where, count in places.items())
