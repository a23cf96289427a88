"""An organization in a SQLite file, so that changes outlive the server.

A change writes the records that it made, changed or deleted, in one transaction.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from itertools import compress, count, filterfalse, islice
from math import isfinite
from operator import is_not, ne
from pathlib import Path
from threading import Lock
from typing import Any

from omnipd_sandbox.folder.problems import BadOrganization
from omnipd_sandbox.folder.stored import (
    MAPPINGS,
    Trouble,
    as_text,
    first_values,
    read_organization,
    text_of,
)
from omnipd_sandbox.organization.organization import Organization

_FORMAT = int.from_bytes(b"omni", "big")
_VERSION = 3
_TABLES = """
CREATE TABLE single (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE record (
    mapping TEXT, key TEXT, place REAL NOT NULL, value TEXT NOT NULL, PRIMARY KEY (mapping, key)
) WITHOUT ROWID;
"""


class State:
    """Hold the file open, and know what stands in it.

    Raises
    ------
    BadOrganization
        If the file is damaged, of another version, or of another organization.
    OSError
        If it cannot be opened, or written.
    """

    def __init__(self, path: Path, begun: Organization) -> None:
        self._path = path
        # So that the file is not closed under a change.
        self._lock = Lock()
        # Where each record stands among those of its mapping.
        self._places: dict[str, dict[Any, float]] = {name: {} for name in MAPPINGS}
        self._database = _opened(path)
        try:
            with self._as_os_error():
                self._organization = copy(self._load(begun))
                # What was committed outlives the process at once, and a loss of power in a while;
                # waiting for the disk would be most of a change.
                self._database.execute("PRAGMA journal_mode = WAL")
                self._database.execute("PRAGMA synchronous = NORMAL")
                # What can only be read is refused now, and not with the first change.
                self._database.execute("UPDATE single SET value = value")
                self._database.execute("ROLLBACK")
        except BaseException:
            self._database.close()
            raise

    @property
    def organization(self) -> Organization:
        """Give the organization as it is in the file."""
        return copy(self._organization)

    def store(self, organization: Organization) -> None:
        """Write what has changed: all of it, or the file stays as it was."""
        with self._lock:
            self._store(organization)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def _store(self, organization: Organization) -> None:
        changes = [
            _change(old, new, self._places[name], name)
            for name in MAPPINGS
            if (old := getattr(self._organization, name))
            is not (new := getattr(organization, name))
        ]
        made = organization.made if organization.made != self._organization.made else None
        with self._as_os_error(), self._database:
            for each in changes:
                each.write(self._database)
            if made is not None:
                self._database.execute(
                    "UPDATE single SET value = ? WHERE name = 'made'", [as_text(made)]
                )
        for each in changes:
            places = self._places[each.mapping]
            for key in each.gone:
                del places[key]
            places |= each.placed
        # A copy, which nobody else changes.
        self._organization = copy(organization)

    def _load(self, begun: Organization) -> Organization:
        try:
            return self._read(begun)
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            # Without a code it is Python's own, about what came out of the file; SQLite's messages
            # quote the file, too.
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
            if code not in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
                raise
            raise _unusable(
                self._path, "it is not a SQLite file, as states are: damaged, or something else"
            ) from None
        except Trouble as trouble:
            raise _unusable(self._path, *trouble.args) from None

    def _read(self, begun: Organization) -> Organization:
        if not self._database.execute("SELECT 1 FROM sqlite_master").fetchone():
            # New, or ended before the first of it was written.
            self._begin(begun)
            return begun
        if _pragma(self._database, "application_id") != _FORMAT:
            raise Trouble("it is not a state of a sandbox")
        version = _pragma(self._database, "user_version")
        if version != _VERSION:
            raise Trouble(f"version {version} is not {_VERSION}")
        problem = text_of(self._database.execute("PRAGMA quick_check(1)").fetchone()[0])
        if problem != "ok":
            raise Trouble(f"it is damaged: {problem}")
        # As bytes, because what is damaged may be no text.
        stored: dict[str, list[tuple[str, str]]] = {name: [] for name in MAPPINGS}
        places: dict[str, list[float]] = {name: [] for name in MAPPINGS}
        for mapping, key, place, value in self._database.execute(
            "SELECT mapping, key, place, value FROM record ORDER BY mapping, place"
        ):
            name = text_of(mapping)
            if name not in stored:
                raise Trouble(f"{name} is unknown")
            if not isinstance(place, float) or not isfinite(place):
                raise Trouble(f"it is damaged: {place!r} is the place of a record")
            stored[name].append((text_of(key), text_of(value)))
            places[name].append(place)
        values = {
            text_of(name): text_of(value)
            for name, value in self._database.execute("SELECT name, value FROM single")
        }
        organization = read_organization(begun, values, stored)
        for name in MAPPINGS:
            self._places[name] = dict(zip(getattr(organization, name), places[name], strict=True))
        return organization

    def _begin(self, begun: Organization) -> None:
        changes = [_change({}, getattr(begun, name), {}, name) for name in MAPPINGS]
        with self._database:
            self._database.execute("BEGIN")
            for statement in _TABLES.split(";"):
                self._database.execute(statement)
            self._database.execute(f"PRAGMA application_id = {_FORMAT}")
            self._database.execute(f"PRAGMA user_version = {_VERSION}")
            self._database.executemany(
                "INSERT INTO single VALUES (?, ?)",
                list(first_values(begun).items()),
            )
            for each in changes:
                each.write(self._database)
        self._places = {each.mapping: each.placed for each in changes}

    @contextmanager
    def _as_os_error(self) -> Iterator[None]:
        """Let what goes wrong with the file look as with any other file."""
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise OSError(errno.EIO, str(error), str(self._path)) from error


@dataclass
class _Change:
    """Hold what is new in a mapping: what is there no more, and what is written where."""

    mapping: str
    gone: list[Any]
    placed: dict[Any, float]
    records: Mapping[Any, Any]

    def write(self, database: sqlite3.Connection) -> None:
        database.executemany(
            "DELETE FROM record WHERE mapping = ? AND key = ?",
            [(self.mapping, as_text(key)) for key in self.gone],
        )
        database.executemany(
            "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)",
            [
                (self.mapping, as_text(key), place, as_text(self.records[key]))
                for key, place in self.placed.items()
            ],
        )


def _change(
    old: Mapping[Any, Any], new: Mapping[Any, Any], places: Mapping[Any, float], mapping: str
) -> _Change:
    """Compare two states of a mapping; records that nobody changed are the same objects in both.

    What looks at all records is not a loop of ours, so that 20,000 take a millisecond.
    """
    before, after = list(old), list(new)
    if after[: len(before)] != before:
        return _rearranged(old, new, places, mapping)
    # The usual: others in the places of some, and some at the end.
    others = compress(before, map(is_not, old.values(), new.values()))
    placed = {key: places[key] for key in others if old[key] != new[key]}
    end = places[before[-1]] if before else 0.0
    added = {key: end + number for number, key in enumerate(after[len(before) :], 1)}
    return _Change(mapping, [], placed | added, new)


def _rearranged(
    old: Mapping[Any, Any], new: Mapping[Any, Any], places: Mapping[Any, float], mapping: str
) -> _Change:
    """Compare where some are gone, or have another name in the same place."""
    others = compress(new, map(is_not, map(old.get, new), new.values()))
    written = [key for key in others if key not in old or old[key] != new[key]]
    placed = {key: places[key] for key in written if key in old}
    before, after = list(old), list(new)
    added = _between([key for key in written if key not in old], after, places)
    # All but a few keys stand before what is new, or behind it, as they did.
    start = _in_common(before, after)
    before, after = before[start:], after[start:]
    end = _in_common(before[::-1], after[::-1])
    before, after = before[: len(before) - end], after[: len(after) - end]
    kept = list(filter(new.__contains__, before))
    if added is None or kept != list(filter(old.__contains__, after)):
        # In another order: all are written anew.
        everywhere = {key: float(number) for number, key in enumerate(new, 1)}
        return _Change(mapping, list(old), everywhere, new)
    gone = list(filterfalse(new.__contains__, before))
    return _Change(mapping, gone, placed | added, new)


def _in_common(one: list[Any], other: list[Any]) -> int:
    """Count the items that two lists begin with alike."""
    return next(compress(count(), map(ne, one, other)), min(len(one), len(other)))


def _between(
    added: list[Any], keys: list[Any], places: Mapping[Any, float]
) -> dict[Any, float] | None:
    """Find places between those of the neighbors; None where there is no room any more."""
    found: dict[Any, float] = {}
    for key in added:
        at = keys.index(key)
        low = found.get(keys[at - 1]) or places[keys[at - 1]] if at else 0.0
        high = next(
            (places[each] for each in islice(keys, at + 1, None) if each in places), low + 2
        )
        found[key] = (low + high) / 2
        if not low < found[key] < high:
            return None
    return found


def _opened(path: Path) -> sqlite3.Connection:
    try:
        # Its threads take turns. Absolute, because there are names that mean no file to SQLite.
        database = sqlite3.connect(path.absolute(), check_same_thread=False)
    except sqlite3.Error as error:
        raise OSError(errno.ENOENT, str(error), str(path)) from error
    database.text_factory = bytes
    return database


def _pragma(database: sqlite3.Connection, name: str) -> int:
    return int(database.execute(f"PRAGMA {name}").fetchone()[0])


def _unusable(path: Path, *problems: str) -> BadOrganization:
    return BadOrganization(str(path), problems)
