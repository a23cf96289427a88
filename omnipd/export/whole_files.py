"""Files that appear whole under their names, or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from omnipd.arguments import argument, refuse_key
from omnipd.errors import (
    ArgumentError,
    ExportError,
    ExportIncompleteError,
    OmniError,
)


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
                    raise ArgumentError(
                        argument("path", str(path)) + " has a NUL in it, which no file may."
                    )
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
        failure = (False, f"{target}: a column cannot be stored: {without_values(error)}")
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
        raise ArgumentError(argument(name, path) + " is not a path.")
    refuse_key(argument(name), Path(path).name)


def without_values(error: Exception) -> str:
    """Return why a column cannot be stored, without any value of it.

    Arrow's first argument may quote a value, and a value may hold what is to be shown to nobody, such
    as a key that a server echoed. Where there are several arguments the last one names the column.
    """
    return str(error.args[-1]).rstrip(".") if error.args else type(error).__name__


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
