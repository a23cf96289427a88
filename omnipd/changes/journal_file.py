"""What became of each change of a plan, on disk before and after each call.

One SQLite file: SQLite puts an entry in its place as a whole or not at all, also when the process is
killed, and lets only one process at it. Each state is written, and on the disk, before the next call is
made: what is marked as sent may have reached Omni, what is not has not.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from omnipd.cache.private_files import make_folder
from omnipd.errors import ArgumentError, SettingsError
from omnipd.locks import NO_FORK

Result = TypeVar("Result")
State = Literal[
    "refused",
    "pending",
    "sent",
    "ok",
    "already",
    "conflict",
    "failed",
    "unknown",
    "unverified",
]
#: What no call is made for any more.
SETTLED = frozenset(get_args(State)) - {"pending", "sent"}

_FORMAT = "1"
_TABLES = """
    CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS planned (row INTEGER PRIMARY KEY, cells TEXT);
    CREATE TABLE IF NOT EXISTS entries (
        entry INTEGER PRIMARY KEY AUTOINCREMENT, row INTEGER, state TEXT, at TEXT, status INTEGER,
        detail TEXT, verified INTEGER
    );
"""


@dataclass(frozen=True)
class Entry:
    """What is known of a change.

    Attributes
    ----------
    state : str
    sent : bool
        Whether a call was made for it that may have had an effect.
    at : datetime or None
        Since when it is so.
    status : int or None
        What Omni answered.
    detail : str or None
        What is to be said of it.
    verified : bool or None
        Whether Omni shows it; None where nobody has looked.
    """

    state: State
    sent: bool = False
    at: datetime | None = None
    status: int | None = None
    detail: str | None = None
    verified: bool | None = None


class JournalFile:
    """The file of one journal. Of a fork, only the process that opened it uses it.

    Parameters
    ----------
    file : Path
        Made with what it is to hold, or opened.
    about, planned : mapping and sequence
        What is written into a new one: facts, and the cells of each row of the plan.

    Raises
    ------
    ArgumentError
        If another process is at it, or it is no journal.
    SettingsError
        If it cannot be written.
    """

    def __init__(
        self,
        file: Path,
        about: Mapping[str, str] | None = None,
        planned: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self.file = file
        self._database: sqlite3.Connection | None = None
        if about is None and not file.is_file():
            raise ArgumentError(f"There is no journal {file}.", hint="Name the file of one.")
        if about is not None:
            try:
                make_folder(file.parent)
                os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            except FileExistsError:
                raise ArgumentError(
                    f"There is a file {file} already.",
                    hint="Name a new one; a journal is gone on with by open_journal.",
                ) from None
            except OSError as error:
                raise SettingsError(
                    f"The journal {file} cannot be written ({type(error).__name__}).",
                    hint="Name a file in a folder of your own. Nothing was sent.",
                ) from None

        def begin(database: sqlite3.Connection) -> None:
            if about is not None:
                held = {"format": _FORMAT, **about}
                database.executemany("INSERT INTO about VALUES (?, ?)", held.items())
                cells = ((row, json.dumps(one)) for row, one in enumerate(planned))
                database.executemany("INSERT INTO planned VALUES (?, ?)", cells)

        self._run(begin)
        self.about: dict[str, str] = self._run(
            lambda one: dict(one.execute("SELECT name, value FROM about"))
        )
        if self.about.get("format") != _FORMAT:
            self.close()
            raise ArgumentError(
                f"{file} is no journal that this version of omnipd knows.",
                hint="Name the file of one.",
            )

    def planned(self) -> list[dict[str, Any]]:
        """Return the cells of the rows of the plan."""
        rows = self._run(
            lambda one: one.execute("SELECT cells FROM planned ORDER BY row").fetchall()
        )
        return [json.loads(cells) for (cells,) in rows]

    def entries(self) -> dict[int, Entry]:
        """Return what is known of each row that anything is known of."""
        found: dict[int, Entry] = {}
        rows = self._run(
            lambda one: one.execute(
                "SELECT row, state, at, status, detail, verified FROM entries ORDER BY entry"
            ).fetchall()
        )
        for row, state, at, status, detail, verified in rows:
            was_sent = row in found and found[row].sent
            # Taken back: Omni has done nothing for it.
            sent = state != "pending" and (was_sent or state == "sent")
            seen = None if verified is None else bool(verified)
            found[row] = Entry(state, sent, datetime.fromisoformat(at), status, detail, seen)
        return found

    def note(
        self,
        rows: Iterable[int],
        state: State,
        *,
        status: int | None = None,
        detail: str | None = None,
        verified: bool | None = None,
    ) -> None:
        """Write what has become of rows; it is on the disk when this returns."""
        at = datetime.now(UTC).isoformat()
        held = [(row, state, at, status, detail, verified) for row in rows]
        self._run(
            lambda one: one.executemany(
                "INSERT INTO entries (row, state, at, status, detail, verified)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                held,
            )
        )

    def close(self) -> None:
        """Let go of the file."""
        database, self._database = self._database, None
        if database is not None:
            with NO_FORK, contextlib.suppress(sqlite3.Error):
                database.close()

    def _run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do something with the file, as one transaction."""
        try:
            with NO_FORK:
                database = self._connected()
                with database:
                    return work(database)
        except sqlite3.Error as error:
            self.close()
            code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
            if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise ArgumentError(
                    f"The journal {self.file} is being used by another process.",
                    hint="Wait for it.",
                ) from None
            if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
                raise ArgumentError(f"{self.file} is no journal, or damaged.") from None
            name = getattr(error, "sqlite_errorname", type(error).__name__)
            raise SettingsError(
                f"The journal {self.file} cannot be written ({name}).",
                hint="Make room, or make it writable, and go on with it. What is in it is not lost, and "
                "nothing is sent without it.",
            ) from None

    def _connected(self) -> sqlite3.Connection:
        if self._database is None:
            database = sqlite3.connect(self.file, timeout=0, check_same_thread=False)
            self._database = database
            # Two that go on with the same journal would make each change twice.
            database.execute("PRAGMA locking_mode=EXCLUSIVE")
            database.execute("PRAGMA journal_mode=TRUNCATE")
            database.execute("PRAGMA synchronous=FULL")
            database.execute("BEGIN EXCLUSIVE")
            database.execute("COMMIT")
            database.executescript(_TABLES)
        return self._database
