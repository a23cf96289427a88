"""Files that only their owner can read, each in its place as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

#: The ending of a file that is not in its place yet.
PART = ".part"


def make_folder(folder: Path) -> None:
    """Make a folder for private files; the one above it is made private too where it is missing."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


@contextlib.contextmanager
def whole_file(target: Path, *, modified: float | None = None) -> Iterator[IO[bytes]]:
    """Open a file that takes its place at the end of the block; if the block fails, nothing changes.

    Parameters
    ----------
    target : Path
        Its place, in a folder that exists.
    modified : float, optional
        The time of change that it gets. Default: now.
    """
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}{PART}")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            yield file
        if modified is not None:
            os.utime(part, (modified, modified))
        part.replace(target)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def set_aside(file: Path) -> Path:
    """Rename a damaged file, so that it is not read again and can be looked at; return its new name.

    Raises
    ------
    OSError
        If it cannot be renamed.
    """
    aside = file.with_suffix(".damaged")
    file.replace(aside)
    return aside


def delete(files: Iterable[Path], *, older_than: float | None = None) -> None:
    """Delete files, or those that were last changed before a time."""
    for file in files:
        with contextlib.suppress(OSError):  # another process may be doing the same
            if older_than is None or file.stat().st_mtime < older_than:
                file.unlink()
