"""Frames → files: whole or not at all, and nothing in them that another program chokes on."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from omnipd.errors import (
    ArgumentError,
    ExportError,
    ExportIncompleteError,
    OmniError,
    warn,
)
from omnipd.frames import times
from omnipd.frames.columns import as_json
from omnipd.frames.to_pandas import is_whole, storable_columns, to_arrow

#: Where pandas' own Parquet files hold ``df.attrs``, and where it looks for them.
ATTRS = b"PANDAS_ATTRS"
# A spreadsheet runs a cell that begins with one of these, in full width too, and a program that
# splits on another separator begins a cell after it (OWASP: CSV injection; CVE-2021-41270).
_FORMULA = r"(^|[;,|\t\r\n])([=+\-@\t\r＝＋－＠])"


def to_parquet(
    df: pd.DataFrame, path: str | os.PathLike[str], *, allow_incomplete: bool = False
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
        Its folder must exist.
    allow_incomplete : bool, default False
        Write a frame that is marked incomplete.

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
    table = table_for(df, path, allow_incomplete=allow_incomplete)
    write_atomically(path, lambda file: write_parquet(table, file))


def write_parquet(table: pa.Table, file: IO[bytes]) -> None:
    """Write a table of scalar columns as Parquet to an open file."""
    pyarrow.parquet.write_table(table, file)


def to_csv(
    df: pd.DataFrame,
    path: str | os.PathLike[str],
    *,
    raw: bool = False,
    allow_incomplete: bool = False,
) -> None:
    r"""Write a frame to a CSV file, atomically, with formulas made harmless.

    UTF-8, comma, ``\n``; every value is quoted and a null is an empty field without quotes, so
    that null differs from empty text and from the texts ``NA``, ``NaN`` and ``null``. Text that a
    spreadsheet would run as a formula gets a ``'`` before it: names in Omni are written by many
    hands.

    Parameters
    ----------
    df : pandas.DataFrame
        Columns with lists or structs become JSON text. A default index is not written; another one
        becomes a column.
    path : path-like
        Its folder must exist.
    raw : bool, default False
        Leave text as it is, formulas too: for programs, not for spreadsheets.
    allow_incomplete : bool, default False
        Write a frame that is marked incomplete.

    Raises
    ------
    ExportIncompleteError
        If the frame is marked incomplete, or the file cannot be written to its end.
    ExportError
        If the file cannot be opened.
    ArgumentError
        If `df` is not a DataFrame.

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

    ``pd.read_csv`` pays no heed to quotes: to it, a document that is called NA has no name.
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
    table = table_for(df, path, allow_incomplete=allow_incomplete)
    write_atomically(path, lambda file: write_csv(table, file, raw=raw))


def write_csv(table: pa.Table, file: IO[bytes], *, raw: bool = False) -> None:
    """Write a table of scalar columns as CSV to an open file."""
    table = times.showable(table)
    if not raw:
        table = _without_formulas(table)
    options = pyarrow.csv.WriteOptions(quoting_style="all_valid")
    pyarrow.csv.write_csv(table, file, options)


def to_jsonl(
    df: pd.DataFrame, path: str | os.PathLike[str], *, allow_incomplete: bool = False
) -> None:
    """Write a frame as JSON lines, one object per row, atomically.

    Parameters
    ----------
    df, path, allow_incomplete
        As for :func:`to_parquet`. Decimals are written as text, instants as ISO 8601, nulls as
        null.

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
    table = table_for(df, path, allow_incomplete=allow_incomplete)
    write_atomically(path, lambda file: write_jsonl(table, file))


def write_jsonl(table: pa.Table, file: IO[bytes]) -> None:
    """Write a table of scalar columns as JSON lines to an open file."""
    for batch in times.showable(table).to_batches(max_chunksize=10_000):
        file.writelines(f"{as_json(row)}\n".encode() for row in batch.to_pylist())


def write_atomically(path: str | os.PathLike[str], write: Callable[[IO[bytes]], Any]) -> None:
    """Write a file beside its place, and move it there when it is whole and on the disk."""
    write_together({Path(path): write})


def write_together(writes: Mapping[Path, Callable[[IO[bytes]], Any]]) -> None:
    """Write several files, all of them or none.

    Each is written beside its place. When all are whole and on the disk, they are moved there one
    after the other: meanwhile a reader may see the first ones new and the last ones old, and a power
    cut leaves them so. No file is ever half.
    """
    failure: tuple[bool, str] | None = None
    placed: list[Path] = []
    target = Path()
    try:
        with contextlib.ExitStack() as parts:
            beside: list[tuple[Path, Path]] = []
            for path, write in writes.items():
                if "\0" in str(path):
                    raise ArgumentError(f"path={str(path)!r} has a NUL in it, which no file may.")
                target = _without_link(path)
                beside.append((_written_beside(target, write, parts), target))
            for part, target in beside:
                os.replace(part, target)  # noqa: PTH105
                placed.append(target)
        for folder in {target.parent for target in placed}:
            _sync_folder(folder)
    except OmniError:  # of what is written; some are an OSError too
        raise
    except FileNotFoundError:
        failure = (False, f"The folder {target.parent} does not exist. Make it first.")
    except (IsADirectoryError, PermissionError, NotADirectoryError) as error:
        failure = (False, f"{target} cannot be written: {error.strerror}.")
    except OSError as error:
        failure = (True, f"{target} could not be written to its end: {error.strerror or error}.")
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        failure = (False, f"{target}: a column cannot be stored: {_without_values(error)}")
    if failure is not None:
        late, text = failure
        hint = "Any existing file was left unchanged, and no part of the new one was left."
        if placed:
            hint = f"These are new already, the others as before: {', '.join(map(str, placed))}."
        raise (ExportIncompleteError if late else ExportError)(text, hint=hint)


def _written_beside(
    target: Path, write: Callable[[IO[bytes]], Any], parts: contextlib.ExitStack
) -> Path:
    """Write a file under another name beside its place; it goes again when the others fail."""
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    mode = _mode_for(target)
    part = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.part")
    parts.enter_context(_removed_on_failure(part))
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    return part


def _without_link(path: Path) -> Path:
    """Return where a link leads: what it points at is replaced, not the link."""
    try:
        return path.resolve() if path.is_symlink() else path
    except (RuntimeError, OSError):
        pass
    raise ExportError(
        f"{path} is a link that leads nowhere.", hint="Remove it, or take another name."
    )


def make_folder(folder: str | os.PathLike[str]) -> Path:
    """Make a folder for exported files, and return it."""
    check_path("folder", folder)
    root = Path(folder)
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror
    else:
        return root
    raise ExportError(f"The folder {root} cannot be made: {reason}.")


def check_path(name: str, path: Any) -> None:
    """Refuse what names no file."""
    if not isinstance(path, str | os.PathLike):
        raise ArgumentError(f"{name}={path!r:.60} is not a path.")


def table_for(df: pd.DataFrame, path: Any, *, allow_incomplete: bool = False) -> pa.Table:
    """Return a frame as a table that any file can hold; refuse one that is marked incomplete."""
    if not isinstance(df, pd.DataFrame):
        raise ArgumentError(f"Expected a DataFrame, not {type(df).__name__}.")
    check_path("path", path)
    if not (allow_incomplete or is_whole(df)):
        raise ExportIncompleteError(
            "The frame is marked incomplete: it does not hold all that Omni has.",
            hint="Read it again, or pass allow_incomplete=True.",
        )
    fault = ""
    try:
        table, mended = to_arrow(df)
    except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
        fault = _without_values(error)
    if fault:
        raise ExportError(
            f"A column cannot be stored: {fault}.",
            hint="A column holds values of one type; astype(str) makes text of any.",
        )
    if mended:
        warn(f"Text that is not valid Unicode was mended with U+FFFD in: {', '.join(mended)}")
    scalar = storable_columns(table)
    notes = dict(scalar.schema.metadata or {})
    if scalar.schema.types != table.schema.types:
        # pandas' own notes in the file would name types that plain pd.read_parquet chokes on.
        notes.pop(b"pandas", None)
    return scalar.replace_schema_metadata(notes | _attrs_of(df))


def _without_values(error: Exception) -> str:
    """Return why a column cannot be stored, without any value of it.

    Arrow's first argument may quote a value, and a value may hold what is to be shown to nobody, such
    as a key that a server echoed. Where there are several arguments the last one names the column.
    """
    return str(error.args[-1]).rstrip(".") if error.args else type(error).__name__


def _attrs_of(df: pd.DataFrame) -> dict[bytes, bytes]:
    """Return what a frame says of itself as pandas writes it: read again, it is marked as it was."""
    held = {}
    for name, value in df.attrs.items():
        with contextlib.suppress(TypeError, ValueError):  # no JSON
            held[str(name)] = json.loads(json.dumps(value))
    return {ATTRS: json.dumps(held).encode()} if held else {}


def _without_formulas(table: pa.Table) -> pa.Table:
    """Put ``'`` before what a spreadsheet would run, in text and in the header."""
    for index, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            safe = table.column(index)
            for _ in range(2):  # a tab is a separator and a danger of its own
                safe = pc.replace_substring_regex(safe, _FORMULA, r"\1'\2")
            table = table.set_column(index, field.name, safe)
    return table.rename_columns([re.sub(_FORMULA, r"\1'\2", name) for name in table.column_names])


@contextlib.contextmanager
def _removed_on_failure(part: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _mode_for(target: Path) -> int:
    """Return the permissions of the file that is replaced, else those of any new file."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except OSError:
        return 0o666


def _sync_folder(folder: Path) -> None:
    """Put the new name on the disk too, where the platform can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
