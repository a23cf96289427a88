"""The answers of a long read on disk, until it is over: broken off at any moment, it goes on from there.

One SQLite file holds them, each as it came: SQLite puts a row in its place as a whole or not at all,
also when the process is killed. What is read again on purpose, because it may have changed meanwhile,
is another answer to the same question, and kept as such.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from omnipd.cache.lifetime import ago
from omnipd.cache.private_files import make_folder
from omnipd.call import Call, current_call
from omnipd.errors import ArgumentError, ExportIncompleteError, OmniError, SettingsError, warn
from omnipd.locks import NO_FORK, new_lock
from omnipd.paths import file_in_the_way, local_path

Result = TypeVar("Result")

#: Which way of keeping answers a file has.
_FORMAT = 1
_FILE = "checkpoint.sqlite"
#: How systems say that a disk is full, or what this user may have of it.
_NO_ROOM = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_TABLES = """
    CREATE TABLE IF NOT EXISTS asked (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS answers (
        question TEXT, turn INTEGER, read_at TEXT, body BLOB, PRIMARY KEY (question, turn)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS refusals (question TEXT PRIMARY KEY, read_at TEXT, facts TEXT) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Kept:
    """An answer as it came, and when."""

    body: bytes
    read_at: datetime


class Checkpoint:
    """The answers of one read.

    Parameters
    ----------
    folder : Path
        Where its file is; made where it is missing.
    asked : mapping of str to str
        What the answers are of: another instance, key or question has no use for them.
    keeps : bool
        Whether it takes more; what is only counted leaves it as it is.

    Attributes
    ----------
    found : int
        How many answers were there already.
    oldest : datetime or None
        When the oldest of them came.

    Raises
    ------
    ArgumentError
        If it holds the answers of something else, or another process is at it.
    SettingsError
        If it cannot be used.
    ExportIncompleteError
        If the disk is full.
    """

    def __init__(self, folder: Path, asked: Mapping[str, str], *, keeps: bool = True) -> None:
        self._file = folder / _FILE
        self._keeps = keeps
        self._asked = {"format": str(_FORMAT), **asked}
        self._lock = new_lock()
        # By what stands for the question: there may be a hundred thousand.
        self._turns: Counter[int] = Counter()
        self._pid = os.getpid()
        self._database: sqlite3.Connection | None = None
        try:
            make_folder(folder)
            os.close(os.open(self._file, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise _full(folder, str(error.strerror)) from None
            file, why = file_in_the_way(folder), f" ({type(error).__name__})"
            raise SettingsError(
                f"The checkpoint {folder} cannot be used"
                + (why if file is None else f": {file} is a file, not a folder")
                + ".",
                hint="Name a folder that can be made or written.",
            ) from None
        self.found, self.oldest = self._run(self._open)

    def answer(self, question: str) -> Kept | None:
        """Return what was answered to a question, at the turn at which it is asked now."""

        def load(database: sqlite3.Connection) -> Kept | None:
            row = database.execute(
                "SELECT body, read_at FROM answers WHERE question = ? AND turn = ?",
                (question, turn),
            ).fetchone()
            if row is None:
                return None
            return Kept(zlib.decompress(row[0]), datetime.fromisoformat(row[1]))

        with self._lock:
            if not self.usable:
                return None
            turn = self._turn(question)
            kept = self._run(load)
            if kept is not None:
                self._next_turn(question)
        return kept

    def keep(self, question: str, body: bytes, read_at: datetime | None = None) -> None:
        """Keep the answer to a question, which has come now or at another time."""
        came = (read_at or datetime.now(UTC)).isoformat()
        with self._lock:
            # Where the read is over nobody waits for this answer any more.
            if not self.usable or not self._keeps:
                return
            turn = self._turn(question)
            self._next_turn(question)
            held = (question, turn, came, zlib.compress(body, 1))
            self._run(
                lambda one: one.execute("INSERT OR REPLACE INTO answers VALUES (?,?,?,?)", held)
            )

    def forget(self, questions: Iterable[str]) -> None:
        """Delete the answers of a list that is wrong: to go on with them would be wrong again."""
        asked = [(question,) for question in set(questions)]
        with self._lock:
            if not self.usable or not self._keeps:
                return
            for (question,) in asked:
                self._turns.pop(hash(question), None)
            self._run(lambda one: one.executemany("DELETE FROM answers WHERE question = ?", asked))

    def _turn(self, question: str) -> int:
        ahead = current_call().ahead
        return self._turns[hash(question)] + (0 if ahead is None else ahead[hash(question)])

    def _next_turn(self, question: str) -> None:
        """Count a question; what a rehearsal asks is asked again at the same turn."""
        ahead = current_call().ahead
        (self._turns if ahead is None else ahead)[hash(question)] += 1

    def refusal(self, question: str) -> dict[str, Any] | None:
        """Return the facts of a refusal that was taken for an answer; None without one."""
        with self._lock:
            if not self.usable:
                return None
            row = self._run(
                lambda one: one.execute(
                    "SELECT facts FROM refusals WHERE question = ?", (question,)
                ).fetchone()
            )
        return None if row is None else dict(json.loads(row[0]))

    def keep_refusal(self, question: str, facts: Mapping[str, Any]) -> None:
        """Keep a refusal that is an answer: that there is none."""
        held = (question, datetime.now(UTC).isoformat(), json.dumps(facts))
        with self._lock:
            if not self.usable or not self._keeps:
                return
            self._run(
                lambda one: one.execute("INSERT OR REPLACE INTO refusals VALUES (?,?,?)", held)
            )

    def close(self) -> None:
        """Let go of the file; it stays."""
        with self._lock:
            database, self._database = self._database, None
            if database is not None and os.getpid() == self._pid:
                database.close()

    def delete(self) -> None:
        """Delete the file, and the folder if nothing else is in it."""
        self.close()
        with contextlib.suppress(OSError):
            delete_checkpoint(self._file.parent)
            self._file.parent.rmdir()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is kept; of one that cannot be asked that is not known."""
        if not self.usable:
            return False
        with self._lock:
            return self._run(lambda one: _count(one)[0] == 0)

    @property
    def usable(self) -> bool:
        """Whether this is the process that it belongs to: a child of a fork has no part in it."""
        return self._database is not None and os.getpid() == self._pid

    def _open(self, database: sqlite3.Connection) -> tuple[int, datetime | None]:
        held = dict(database.execute("SELECT name, value FROM asked"))
        if not held:
            database.executemany("INSERT INTO asked VALUES (?, ?)", self._asked.items())
        elif other := sorted(
            name for name in held | self._asked if held.get(name) != self._asked.get(name)
        ):
            raise _Other(", ".join(other))
        count, oldest = _count(database)
        return count, None if oldest is None else datetime.fromisoformat(oldest)

    def _run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do something with the file, as one transaction."""
        fault: OmniError
        try:
            with NO_FORK:
                database = self._connected()
                with database:
                    return work(database)
        except _Other as other:
            self.close()
            fault = ArgumentError(
                f"The checkpoint {self._file.parent} is of another read: {other} is not the same.",
                hint="Take another folder, or delete this one if it is not needed any more.",
            )
        except sqlite3.OperationalError as error:
            self.close()
            code = error.sqlite_errorcode & 0xFF
            if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                fault = ArgumentError(
                    f"The checkpoint {self._file.parent} is being used by another read.",
                    hint="Wait for it, or take another folder.",
                )
            elif code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
                fault = _full(self._file, str(error))
            else:
                fault = SettingsError(
                    f"The checkpoint {self._file} cannot be written ({error.sqlite_errorname}).",
                    hint="Take another folder; what is in it is not lost.",
                )
        except (sqlite3.Error, zlib.error, ValueError, TypeError) as error:
            self.close()
            fault = SettingsError(
                f"The checkpoint {self._file} is damaged ({type(error).__name__}).",
                hint="Delete it, and begin anew.",
            )
        raise fault

    def _connected(self) -> sqlite3.Connection:
        if self._database is None:
            database = sqlite3.connect(self._file, timeout=0, check_same_thread=False)
            self._database = database
            # Nobody else may have it: two would each ask for what the other has.
            database.execute("PRAGMA locking_mode=EXCLUSIVE")
            # No wait for the disk with each answer: what a power cut takes is asked for again.
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=NORMAL")
            database.execute("BEGIN EXCLUSIVE")
            database.execute("COMMIT")
            database.executescript(_TABLES)
        return self._database


def _count(database: sqlite3.Connection) -> tuple[int, str | None]:
    """Return how many answers are kept, and when the oldest came."""
    count, oldest = database.execute(
        "SELECT count(*), min(read_at) FROM"
        " (SELECT read_at FROM answers UNION ALL SELECT read_at FROM refusals)"
    ).fetchone()
    return count, oldest


def _full(place: Path, reason: str) -> ExportIncompleteError:
    return ExportIncompleteError(
        f"The checkpoint {place} could not be written to its end: {reason}.",
        hint="Make room, or take another folder; what is in it is not lost.",
    )


class _Other(Exception):
    """What is not the same as in the read that the file is of."""


def delete_checkpoint(folder: Path) -> None:
    """Delete the files of a checkpoint in a folder, where there is one."""
    for file in folder.glob(f"{_FILE}*"):
        file.unlink(missing_ok=True)


def delete_all_but_checkpoint(folder: Path) -> None:
    """Delete the files that are in the folder of a checkpoint beside its own."""
    for file in folder.iterdir():
        if not file.name.startswith(_FILE):
            file.unlink(missing_ok=True)


def question_of(path: str, params: Mapping[str, str] | None) -> str:
    """Return what stands for a request."""
    return f"{path}?{urlencode(sorted((params or {}).items()))}"


#: With the call that it is of.
_NOW: ContextVar[tuple[Checkpoint, Call] | None] = ContextVar("omnipd-checkpoint", default=None)


def current_checkpoint() -> Checkpoint | None:
    """Return the checkpoint of the read that this is a part of."""
    checkpoint, of = _NOW.get() or (None, None)
    is_here = checkpoint is not None and of is current_call().whole and checkpoint.usable
    return checkpoint if is_here else None


@contextlib.contextmanager
def checkpointed(
    folder: str | os.PathLike[str] | None,
    asked: Mapping[str, str],
    again: Callable[[], Any],
) -> Iterator[Checkpoint | None]:
    """Keep the answers of a block in a folder until it ends well; inside another one, in that one's.

    In a rehearsal the folder is looked into, and left as it is.

    Parameters
    ----------
    folder : path-like or None
        None keeps nothing.
    asked : mapping of str to str
        As for :class:`Checkpoint`.
    again : callable
        The same call, which an error's ``resume()`` makes.
    """
    if folder is None or current_checkpoint() is not None:
        yield current_checkpoint()
        return
    place, rehearses = local_path("checkpoint", folder), current_call().rehearses
    if rehearses and not (place / _FILE).exists():
        yield None
        return
    checkpoint = Checkpoint(place, asked, keeps=not rehearses)
    before = _NOW.get()
    try:
        try:  # an interrupt that comes when it is set must not leave it so
            _NOW.set((checkpoint, current_call().whole))
            _tell(checkpoint, folder)
            yield checkpoint
        finally:
            _NOW.set(before)
    except BaseException as error:
        if rehearses:
            checkpoint.close()
            raise
        if checkpoint.is_empty:
            checkpoint.delete()
            raise
        checkpoint.close()
        if isinstance(error, OmniError | KeyboardInterrupt):
            error.add_note(f"What was read is in the checkpoint {folder}: the same call goes on.")
        if isinstance(error, OmniError):
            error.resumable_by(again)
        raise
    if rehearses:
        checkpoint.close()
    else:
        checkpoint.delete()


def _tell(checkpoint: Checkpoint, folder: str | os.PathLike[str]) -> None:
    """Say how old that is which is taken from a checkpoint."""
    if checkpoint.oldest is None:
        return
    warn(
        f"Answers taken from the checkpoint {folder}: {checkpoint.found:,}. The oldest is of "
        f"{checkpoint.oldest:%Y-%m-%d %H:%M} UTC, {ago(checkpoint.oldest)}."
    )
