"""The file in which all processes of a user count the requests of one key.

One small SQLite file: it gives the lock between processes on every platform. A connection for each
look survives a fork, leaks nothing, and sees a file that another process has put in its place.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import TypeVar

from omnipd.cache.private_files import drop_parts, make_folder, whole_file
from omnipd.locks import NO_FORK

#: So long a look waits for the lock. Whoever looks holds up the other threads of its process.
_BUSY_SECONDS = 0.1
_TRIES = 3
#: Longer than anything in the log but a 429 counts.
_LATELY = 61.0
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
#: What says nothing of the file's content: no right, no space, no such folder.
_UNUSABLE = {
    *(sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR),
    *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_NOLFS),
}
_Result = TypeVar("_Result")


class LogBusyError(Exception):
    """Another program keeps the log locked."""


class LogUnusableError(Exception):
    """The log cannot be written or replaced. The text is the name of what was raised."""


class Lost(Enum):
    """Whether entries are lost that may count still: none, or some, for the first time in a minute or not."""

    NOTHING = 0
    ONCE = 1
    AGAIN = 2


#: A request that counts, or a 429 that holds all requests, as one clock sees it: a number that is the
#: same for every clock, the clock by which it was made, the clock of what follows, until when it
#: counts, and how many seconds a 429 held when it was made (0.0 for a request).
Entry = tuple[int, int, int, float, float]

_TABLE = """
    CREATE TABLE entries (
        id INTEGER, made_by INTEGER, clock INTEGER, until REAL, hold REAL, PRIMARY KEY (id, clock)
    ) WITHOUT ROWID
"""
_Decide = Callable[[list[Entry] | None, Lost], tuple[_Result, Collection[Entry], Collection[int]]]


class RequestLog:
    """The entries of one key on disk.

    Parameters
    ----------
    path : Path
        The file; its directory is made with mode 0700.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        #: Whether a log that was there is lost, and another was begun, since this was last set back.
        self.begun_anew = False
        # That a log was there is known although it is deleted.
        self._mark = path.with_suffix(".used")
        self._marked = False

    def exchange(self, decide: _Decide[_Result], version: int = 0) -> tuple[_Result, int]:
        """Read all entries, and write what a function makes of them, as one transaction.

        A damaged log is replaced by an empty one first.

        Parameters
        ----------
        decide : callable
            Takes the entries, or None where they are still those of `version`, and whether others are
            lost that may count still. Returns a result, the entries to put in, and the ids of those to
            delete. Raises ValueError or TypeError for entries that cannot be.
        version : int
            What the last exchange has returned.

        Returns
        -------
        tuple
            The result, and what stands for the entries as they are now.

        Raises
        ------
        LogBusyError
            If another program has locked it; nothing was written.
        LogUnusableError
            If it cannot be written or replaced.
        """
        lost: Lost | None = None
        reason = ""
        for _ in range(_TRIES):  # whoever deletes a log under us is no reason to count alone
            try:
                seen = self._stat()
                if lost is None and (seen is None or not seen.st_size):
                    lost = self._what_is_lost() if self._mark.exists() else Lost.NOTHING
                seen = seen or self._create()
                result = self._transaction(decide, version, lost)
                if not self._marked:
                    self._make_mark()
                    drop_parts(self.path.parent, datetime.now(UTC).timestamp())
                    self._marked = True
                return result
            except (OSError, sqlite3.Error, TypeError, ValueError) as error:
                reason = type(error).__name__
                code = _primary_code(error)
            if code in _BUSY:
                raise LogBusyError
            if code not in _UNUSABLE and seen is not None:
                try:
                    lost = self._replace(seen)
                except OSError as error:
                    reason = type(error).__name__
        raise LogUnusableError(reason)

    def _transaction(
        self, decide: _Decide[_Result], version: int, lost: Lost | None
    ) -> tuple[_Result, int]:
        with (
            NO_FORK,
            contextlib.closing(
                sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
            ) as log,
            log,  # an interrupt inside rolls back
        ):
            log.execute("PRAGMA synchronous=OFF")
            log.execute("PRAGMA journal_mode=TRUNCATE")  # to make a file each time takes long
            log.execute("BEGIN IMMEDIATE")
            begun = lost is not None and not log.execute("SELECT 1 FROM sqlite_master").fetchone()
            if begun:
                log.execute(_TABLE)
            (now_there,) = log.execute("PRAGMA user_version").fetchone()
            entries = None
            if not version or now_there != version:
                entries = log.execute(
                    "SELECT id, made_by, clock, until, hold FROM entries"
                ).fetchall()
            lost = lost if begun and lost else Lost.NOTHING
            result, put, delete = decide(entries, lost)
            if delete:
                log.executemany("DELETE FROM entries WHERE id = ?", [(one,) for one in delete])
            if put:
                log.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)", put)
            if put or delete or not now_there:
                now_there = 1 + int.from_bytes(os.urandom(4), "big") % 0x7FFFFFFE
                log.execute(f"PRAGMA user_version = {now_there}")
        self.begun_anew |= lost is not Lost.NOTHING
        return result, now_there

    def _stat(self) -> os.stat_result | None:
        try:
            return self.path.stat()
        except FileNotFoundError:
            return None

    def _create(self) -> os.stat_result:
        """Make an empty file, which SQLite takes for an empty database."""
        make_folder(self.path.parent)
        descriptor = os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            return os.fstat(descriptor)
        finally:
            os.close(descriptor)

    def _make_mark(self) -> None:
        """Note that there is a log. The time of the note is that of the last loss, or none."""
        with contextlib.suppress(FileExistsError):
            self._mark.touch(mode=0o600, exist_ok=False)
            os.utime(self._mark, (0, 0))

    def _replace(self, damaged: os.stat_result) -> Lost:
        """Put an empty file in the place of a damaged one; tell whether what it held may count.

        Another process may do the same at the same moment, and one of the two may lose what the
        other has begun. Both then count what they do not know as sent.
        """
        lost = self._what_is_lost()
        there = self._stat()
        if there is not None and (there.st_dev, there.st_ino) == (damaged.st_dev, damaged.st_ino):
            # The journal of a process that was killed would be played back into the new file.
            self.path.with_name(f"{self.path.name}-journal").unlink(missing_ok=True)
            with whole_file(self.path):
                pass
            self.begun_anew = True
        return lost

    def _what_is_lost(self) -> Lost:
        """Tell by the times of the files, and note that it is lost; times of the future mean lately.

        Whoever deletes a file changes the time of its folder.
        """
        used = self.path.parent.stat().st_mtime
        if (there := self._stat()) is not None:
            used = max(used, there.st_mtime)
        noted = self._mark.stat().st_mtime if self._mark.exists() else 0.0
        self._mark.touch(mode=0o600)
        now = self._mark.stat().st_mtime
        if now - used > _LATELY:
            return Lost.NOTHING
        return Lost.ONCE if now - noted > _LATELY else Lost.AGAIN


def _primary_code(error: Exception) -> int:
    """Return the code by which SQLite, or what stands for it, names the kind of a failure."""
    if isinstance(error, OSError):
        return sqlite3.SQLITE_CANTOPEN
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    return code & 0xFF
