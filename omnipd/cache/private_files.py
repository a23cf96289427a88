"""Folders and files that are their owner's alone, each file in its place as a whole or not at all.

A folder is used only if it is a folder itself, belongs to this user, and nobody else can write in it.
Whoever can write in a folder above it can put another in its place, but none that belongs to this
user. So each file is looked at as well, once it is open: a regular file of this user that nobody else
can write. No link is followed, and no pipe waited for. Systems other than POSIX do not say all this.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from omnipd.errors import warn

# The names of files that are not in their places yet: a folder may have files of others as well.
_PART = re.compile(r"\..+\.[0-9a-f]{8}\.part")
#: The ending of a file that cannot be read, kept to be looked at.
DAMAGED = ".damaged"
#: How folders of instance and key are named. Beside them may lie what is not omnipd's: whoever names
#: the directory of a project as the cache may have results of his own there.
FINGERPRINT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{16}")
#: The endings of files whose time of change is when they run out.
_EXPIRING = {".json", ".arrow", DAMAGED}
#: Seconds after which a file that was never finished is nobody's any more.
_LONGEST_WRITE = 3600.0
#: Seconds that a damaged file is kept.
_DAMAGED_FOR = 7 * 86_400.0
#: How often a folder is made again that is deleted at once.
_ATTEMPTS = 5
_POSIX = os.name == "posix"
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_READ = os.O_RDONLY
for _flag in ("O_BINARY", "O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK"):
    _READ |= getattr(os, _flag, 0)


class Unusable(Exception):
    """Why something that is stored, or the place for it, is not used: words that go into a message."""


def make_folder(folder: Path) -> None:
    """Make a private folder, and those above it that are missing; others of its name stay."""
    missing = [folder]
    while not missing[-1].parent.exists():
        missing.append(missing[-1].parent)
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)


def own_folder(folder: Path, *, make: bool = False) -> bool:
    """Make sure that a folder is this user's alone, and tell whether it is there.

    One of this user's that others could write in is closed to them and emptied, with a warning: who
    has written what is in it cannot be told.

    Parameters
    ----------
    make : bool
        Make it where it is missing.

    Raises
    ------
    Unusable
        If it is not a folder, belongs to somebody else, or cannot be made, closed or emptied.
    """
    left = _ATTEMPTS if make else 0
    while True:
        try:
            if make:
                make_folder(folder)
            _close_to_others(folder)
        except OSError as error:
            # Deleted since it was made; the latter if mkdir found it and then looked whether it is a folder.
            gone = isinstance(error, (FileNotFoundError, FileExistsError))
            if gone and not make:
                return False
            if not (gone and left):
                raise Unusable(f"cannot be used ({type(error).__name__})") from None
            left -= 1
        else:
            return True


def _close_to_others(folder: Path) -> None:
    """Make sure that a folder that is there is this user's alone."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise Unusable("is not a folder")
    if not _POSIX:
        return
    if found.st_uid != os.geteuid():
        raise Unusable("belongs to another user")
    if found.st_mode & _OTHERS:
        folder.chmod(0o700)
    if found.st_mode & _OTHERS_WRITE:
        if folder.lstat().st_mode & _OTHERS_WRITE:
            raise Unusable("cannot be closed to other users")
        _empty(folder)
        warn(
            f"Other users could write in the folder {folder}: it was closed to them, and what was "
            "stored in it was deleted."
        )


def _empty(folder: Path) -> None:
    """Delete all that is in a folder; what cannot be deleted is an error."""
    for one in folder.iterdir():
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        else:
            one.unlink(missing_ok=True)


def open_own(file: Path) -> IO[bytes]:
    """Open a file to read it.

    Raises
    ------
    Unusable
        If it is not a regular file, or not this user's alone to write.
    OSError
        If it cannot be opened; FileNotFoundError if there is none.
    """
    # Whose the descriptor is never changes hands: an interrupt on the way would have it closed twice, and
    # the second time it may be that of another file.
    opened = open(file, "rb", opener=lambda path, _: os.open(path, _READ))  # noqa: SIM115
    try:
        found = os.fstat(opened.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise Unusable("not a regular file")
        if _POSIX and (found.st_uid != os.geteuid() or found.st_mode & _OTHERS_WRITE):
            raise Unusable("other users could write it")
    except BaseException:
        opened.close()
        raise
    return opened


@contextlib.contextmanager
def whole_file(target: Path, *, modified: float | None = None) -> Iterator[IO[bytes]]:
    """Open a file that takes its place at the end of the block; if the block fails, nothing changes.

    Parameters
    ----------
    target : Path
        Its place, in a folder that exists.
    modified : float, optional
        The time of change that it gets: when it runs out. Default: now.
    """
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
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


def set_aside(file: Path, now: float) -> Path:
    """Rename a file that cannot be read, so that it can be looked at for a week; return its new name.

    Raises
    ------
    Unusable
        If it cannot be renamed.
    """
    aside = file.with_suffix(DAMAGED)
    try:
        file.replace(aside)
    except FileNotFoundError:  # another process has done it
        return aside
    except OSError as error:
        raise Unusable(
            f"holds a damaged file that cannot be moved ({type(error).__name__})"
        ) from None
    with contextlib.suppress(OSError, NotImplementedError):
        until = now + _DAMAGED_FOR
        os.utime(aside, (until, until), follow_symlinks=os.utime not in os.supports_follow_symlinks)
    return aside


def drop_expired(folder: Path, now: float) -> None:
    """Delete what has run out: a file's time of change is set to when it does.

    Also in the folders beside it: nobody may use the key of one any more.
    """
    for one in folder.parent.iterdir():
        if FINGERPRINT.fullmatch(one.name) and one.is_dir() and not one.is_symlink():
            with contextlib.suppress(OSError):  # another process has deleted it
                files = [file for file in one.iterdir() if file.suffix in _EXPIRING]
                delete(files, older_than=now)
            drop_parts(one, now)


def drop_parts(folder: Path, now: float) -> None:
    """Delete the files of processes that were killed before these were in their places."""
    with contextlib.suppress(OSError):
        parts = [file for file in folder.iterdir() if _PART.fullmatch(file.name)]
        delete(parts, older_than=now - _LONGEST_WRITE)


def delete(files: Iterable[Path], *, older_than: float | None = None) -> None:
    """Delete files, or those that were last changed before a time."""
    for file in files:
        with contextlib.suppress(OSError):  # another process may be doing the same
            if older_than is None or file.lstat().st_mtime < older_than:
                file.unlink()
