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
_TABLES = (
    "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID",
    "CREATE TABLE planned (row INTEGER PRIMARY KEY, cells TEXT)",
    """CREATE TABLE entries (
        entry INTEGER PRIMARY KEY AUTOINCREMENT, row INTEGER, state TEXT, at TEXT, status INTEGER,
        detail TEXT, verified INTEGER
    )""",
)
#: The tables of a journal. A file of SQLite's that has others is left as it is.
_OURS = {"about", "planned", "entries"}
_NO_JOURNAL = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR}


@dataclass(frozen=True)
class Entry:
    """What is known of a change.

    Attributes
    ----------
    state : str
    tries : int
        How often it was sent, as far as that may have had an effect.
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
    tries: int = 0
    at: datetime | None = None
    status: int | None = None
    detail: str | None = None
    verified: bool | None = None


class JournalFile:
    """The file of one journal. Of a fork, only the process that opened it uses it.

    Parameters
    ----------
    file : Path
        Begun with what it is to hold, or opened.
    about, planned : mapping and sequence
        What a new one begins with: facts, and the cells of each row of the plan. What the plan refuses is
        settled from the beginning. All of it is in the file, or nothing.

    Attributes
    ----------
    about : dict
        The facts; none where whoever began it was killed before it was begun.

    Raises
    ------
    ArgumentError
        If another process is at it, it is no journal, or it is begun and was to be new.
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
        if about is not None:
            self._make()
        elif not file.is_file():
            raise ArgumentError(f"There is no journal {file}.", hint="Name the file of one.")
        self.about = self._run(_facts)
        if about is not None and not self.about:
            held = {"format": _FORMAT, **about}
            self._run(lambda one: _begin(one, held, planned))
            self.about = held
        elif about is not None:
            self.close()
            raise ArgumentError(
                f"There is a journal {file} already.",
                hint="Name a new file. A journal is gone on with by the plan that it is of.",
            )
        if self.about and self.about.get("format") != _FORMAT:
            self.close()
            raise ArgumentError(
                f"{file} is no journal that this version of omnipd knows.",
                hint="Name the file of one.",
            )

    def _make(self) -> None:
        try:
            make_folder(self.file.parent)
            os.close(os.open(self.file, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise SettingsError(
                f"The journal {self.file} cannot be written ({type(error).__name__}).",
                hint="Name a file in a folder of your own. Nothing was sent.",
            ) from None

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
            tries = found[row].tries if row in found else 0
            # What is pending again was taken back: Omni has done nothing for it.
            tries = 0 if state == "pending" else tries + (state == "sent")
            seen = None if verified is None else bool(verified)
            found[row] = Entry(state, tries, datetime.fromisoformat(at), status, detail, seen)
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
        held = [(row, state, _now(), status, detail, verified) for row in rows]
        if held:
            self._run(lambda one: one.executemany(_ENTER, held))

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
                    database.execute("BEGIN")
                    return work(database)
        except sqlite3.Error as error:
            self.close()
            code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
            if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise ArgumentError(
                    f"The journal {self.file} is being used by another process or thread.",
                    hint="Wait for it.",
                ) from None
            if code in _NO_JOURNAL:
                raise ArgumentError(
                    f"{self.file} is no journal, or damaged.", hint="Name the file of one."
                ) from None
            name = getattr(error, "sqlite_errorname", type(error).__name__)
            raise SettingsError(
                f"The journal {self.file} cannot be written ({name}).",
                hint="Make room, or make it writable, and go on with it. What is in it is not lost, and "
                "nothing is sent without it.",
            ) from None

    def _connected(self) -> sqlite3.Connection:
        if self._database is None:
            # One that is kept where nothing can be written can still be looked at.
            can_write = os.access(self.file, os.W_OK)
            place = f"{self.file.absolute().as_uri()}?mode={'rw' if can_write else 'ro'}"
            database = sqlite3.connect(
                place, uri=True, timeout=0, isolation_level=None, check_same_thread=False
            )
            self._database = database
            if can_write:
                # Two that go on with the same journal would make each change twice.
                database.execute("PRAGMA locking_mode=EXCLUSIVE")
                database.execute("PRAGMA synchronous=FULL")
                database.execute("BEGIN EXCLUSIVE")
                database.execute("COMMIT")
        return self._database


_ENTER = "INSERT INTO entries (row, state, at, status, detail, verified) VALUES (?, ?, ?, ?, ?, ?)"


def _begin(
    database: sqlite3.Connection, about: Mapping[str, str], planned: Sequence[Mapping[str, Any]]
) -> None:
    for table in _TABLES:
        database.execute(table)
    database.executemany("INSERT INTO about VALUES (?, ?)", about.items())
    cells = ((row, json.dumps(one)) for row, one in enumerate(planned))
    database.executemany("INSERT INTO planned VALUES (?, ?)", cells)
    refused = [row for row, one in enumerate(planned) if one.get("refused") is not None]
    at = _now()
    database.executemany(_ENTER, [(row, "refused", at, None, None, None) for row in refused])


def _facts(database: sqlite3.Connection) -> dict[str, str]:
    """Return the facts of a journal; none of an empty file."""
    tables = {
        name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    if not tables:
        return {}
    if not tables >= _OURS:
        return {"format": "none of ours"}
    return dict(database.execute("SELECT name, value FROM about"))


def _now() -> str:
    return datetime.now(UTC).isoformat()
