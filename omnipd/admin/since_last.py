"""What need not be asked for again since an export: the lists of parents that have not changed.

A parent is the same where all that its own list says of it is the same, but for what changes whenever
somebody uses it. Clocks that differ do not matter for that: a change is seen whenever it says it was. What
changed shortly before the last export, or while it was made, is asked for again once: two changes in one
instant look like one.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from omnipd.admin.inventory_parts import Part
from omnipd.admin.open_export import Export
from omnipd.admin.table_file import as_declared
from omnipd.errors import ExportError
from omnipd.frames.columns import INSTANT
from omnipd.lists.paging import IN_PAGES
from omnipd.lists.parents import Key

#: The column of a table below parents that says when its rows came.
READ_AT = pa.field("read_at", INSTANT)

#: Parents that do not say that something below them has changed.
_SILENT = {"models", "topics"}

#: Tables whose rows change without their parents, and in which states they no longer do.
_AT_AN_END = {
    "ai_jobs": ("state", {"COMPLETE", "FAILED", "CANCELLED"}),
    "ai_eval_runs": ("status", {"COMPLETE", "CANCELLED"}),
}

#: When a parent was last changed.
_CHANGED_AT = ("updated_at", "last_modified")
#: What was changed so shortly before an export is asked for again by the next one.
_OVERLAP = timedelta(minutes=10)

#: What changes as things are used, and says nothing of what is below them.
_OF_USE = {
    *("count_documents", "count_favorites", "count_views", "last_completed_at", "last_login_at"),
    *("last_status", "last_viewed_at", "read_at", "visits"),
}
#: But for these tables, of which it says something.
SHOWS_USE = {
    "document_favorites": frozenset({"count_favorites"}),
    "schedule_details": frozenset({"last_completed_at", "last_status"}),
}


#: The columns of the parents' key, and what of their use says something.
Kind = tuple[tuple[str, ...], frozenset[str]]


class SinceLast:
    """An export that another one is begun from.

    Parameters
    ----------
    export : Export
        The last one.
    full_every : timedelta
        How often all is asked for again.
    now : datetime
        The time it is.

    Raises
    ------
    KeyError, TypeError, ValueError
        If the manifest is none that this version writes.
    """

    def __init__(self, export: Export, full_every: timedelta, now: datetime) -> None:
        self.name = export.path.name
        self._path, self._manifest = export.path, export.manifest
        self._tables: Mapping[str, Any] = self._manifest["tables"]
        self.full_at = datetime.fromisoformat(self._manifest["full_at"])
        self._overlap = datetime.fromisoformat(self._manifest["begun_at"]) - _OVERLAP
        # Where the clock was set back since, it is not known how long ago that was.
        self.is_over = not timedelta(0) <= now - self.full_at < full_every
        self._before: dict[tuple[str, frozenset[str]], Mapping[Key, int]] = {}
        self._now: dict[tuple[str, frozenset[str]], Mapping[Key, int]] = {}
        #: Parents that there are no more.
        self._gone: set[Key] = set()
        self._read: tuple[str, pd.DataFrame | None] = ("", None)

    def calls(self, name: str, part: Part) -> int:
        """Return about how many calls a table takes where nothing has changed since then."""
        rows = {one: table["rows"] for one, table in self._tables.items()}
        if part.below is not None:
            asked = part.below in _SILENT or name not in rows
            return int(rows.get(part.below, 1)) if asked else 0
        public = self._tables.get(name, {}).get("public_rows")
        if part.endpoint.pages not in IN_PAGES:
            return 1
        listed = rows.get(name, 1) if public is None else public
        return max(1, math.ceil(int(listed) / part.endpoint.page_size))

    def note_parents(self, name: str, kinds: Collection[Kind], frame: pd.DataFrame) -> None:
        """Note what a list says of parents now, and what it said in the last export."""
        known = [kind for kind in kinds if set(kind[0]) <= set(frame.columns)]
        before = self._frame(name) if known else None
        if before is None:
            return
        for parts, use in known:
            recent = _changed_since(frame, parts, self._overlap)
            then, now = _digests(before, parts, use), _digests(frame, parts, use)
            self._gone.update(key for key in then if key not in now)
            self._before[name, use] = {key: it for key, it in then.items() if key not in recent}
            self._now[name, use] = now

    def same(
        self, name: str, parts: Sequence[str], keys: Sequence[Key], before: pa.Table
    ) -> list[Key]:
        """Return the parents whose rows in a table are still those of the last export."""
        use = SHOWS_USE.get(name, frozenset())
        again = {tuple(key) for key in self._tables[name].get("not_read", ())}
        if name in _AT_AN_END:
            column, ended = _AT_AN_END[name]
            states = zip(keys_in(before, parts), before.column(column).to_pylist(), strict=True)
            again.update(key for key, state in states if state not in ended)
        return [key for key in keys if key not in again and self._is_same(key, use)]

    def _is_same(self, key: Key, use: frozenset[str]) -> bool:
        """Whether a parent has not changed since then."""
        told = [list_ for list_, now in self._now.items() if list_[1] == use and key in now]
        return bool(told) and all(
            self._now[list_][key] == self._before[list_].get(key) for list_ in told
        )

    def oldest(self, name: str, fetched_at: str | None) -> str | None:
        """Return when the oldest answer came, where some rows of a table are those of the last export."""
        before = self._tables[name]["fetched_at"]
        return min((at for at in (before, fetched_at) if at is not None), default=None)

    def personal(self, name: str, schema: pa.Schema) -> pa.Table | None:
        """Return the rows of a table that belong to people who are still there; None where unknown."""
        table = self.whole(name, schema)
        public = self._tables[name].get("public_rows") if table is not None else None
        if table is None or public is None:
            return None
        return without_keys(table.slice(public), ("owner_id",), self._gone)

    def whole(self, name: str, schema: pa.Schema) -> pa.Table | None:
        """Return what the last export has of a table; None unless all of it is there."""
        return self._table(name, schema) if self._tables.get(name, {}).get("complete") else None

    def below(self, name: str, part: Part, schema: pa.Schema) -> pa.Table | None:
        """Return what the last export has of a table below parents; None where all is asked for again."""
        about = self._tables.get(name, {})
        known = about.get("complete") or "not_read" in about
        return self._table(name, schema) if known and part.below not in _SILENT else None

    def _table(self, name: str, schema: pa.Schema) -> pa.Table | None:
        """Return what the last export has of a table; None where that cannot be read."""
        frame = self._frame(name)
        if frame is None or set(schema.names) != set(frame.columns):
            return None
        return as_declared(pa.Table.from_pandas(frame, preserve_index=False), schema)

    def _frame(self, name: str) -> pd.DataFrame | None:
        """Return what the last export has of a table; None where it has nothing that can be read."""
        if self._read[0] != name:
            self._read = (name, None)  # one at a time is held
            with contextlib.suppress(KeyError, ExportError):
                self._read = (name, Export(self._path, self._manifest)[name])
        return self._read[1]


def keys_in(table: pa.Table, parts: Sequence[str]) -> Iterator[Key]:
    """Yield the key of each row."""
    return zip(*(table.column(part).to_pylist() for part in parts), strict=True)


def without_keys(table: pa.Table, parts: Sequence[str], keys: Collection[Key]) -> pa.Table:
    """Return the rows that have none of some keys."""
    return table.filter(pa.array([key not in keys for key in keys_in(table, parts)], pa.bool_()))


def with_read_at(table: pa.Table, came_at: str) -> pa.Table:
    """Return rows with the time at which they came."""
    at = pa.scalar(datetime.fromisoformat(came_at), INSTANT)
    return table.append_column(READ_AT, pa.repeat(at, table.num_rows))


def rows_of(table: pa.Table, parts: Sequence[str], keys: Sequence[Key]) -> pa.Table:
    """Return the rows of some parents, in the order of the parents."""
    place = {key: number for number, key in enumerate(keys)}
    held = (place.get(key, -1) for key in keys_in(table, parts))
    places = np.fromiter(held, np.int64, table.num_rows)
    order = np.argsort(places, kind="stable")
    return table.take(order[places[order] >= 0])


def _changed_since(frame: pd.DataFrame, parts: Sequence[str], then: datetime) -> set[Key]:
    """Return the parents that say they were changed since then."""
    times = [frame[name] for name in _CHANGED_AT if name in frame.columns]
    changed = [frame[(at >= then).fillna(False)] for at in times]
    return {key for one in changed for key in zip(*(one[part] for part in parts), strict=True)}


def _digests(frame: pd.DataFrame, parts: Sequence[str], use: frozenset[str]) -> Mapping[Key, int]:
    """Return what stands for all that is said of each parent, by its key."""
    said: Any = frame[[name for name in sorted(frame.columns) if name not in _OF_USE - use]]
    table = pa.Table.from_pandas(said, preserve_index=False)
    columns = [column.cast(pa.string()).to_pylist() for column in table.columns]
    keys = zip(*(frame[part] for part in parts), strict=True)
    rows = zip(*columns, strict=True)
    return {key: hash(row) for key, row in zip(keys, rows, strict=True)}
