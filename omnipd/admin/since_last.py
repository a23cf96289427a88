"""What need not be asked for again since an export: the lists of parents that have not changed.

A parent is the same where all that its own list says of it is the same, but for what changes whenever
somebody uses it. That needs no watermark: neither clocks that differ nor two changes in one second matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from omnipd.admin.inventory_parts import Part
from omnipd.admin.open_export import Export
from omnipd.admin.table_file import as_declared
from omnipd.errors import ExportError
from omnipd.frames.columns import INSTANT
from omnipd.lists.parents import Key

#: The column of a table below parents that says when its rows came.
READ_AT = pa.field("read_at", INSTANT)

#: Parents that do not say that something below them has changed.
_SILENT = {"ai_messages", "models", "topics"}

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


class SinceLast:
    """An export that another one is begun from.

    Parameters
    ----------
    export : Export
        The last one.
    full_every : timedelta
        How often all is asked for again.
    """

    def __init__(self, export: Export, full_every: timedelta) -> None:
        self.name = export.path.name
        self._path, self._manifest = export.path, export.manifest
        self.full_at = datetime.fromisoformat(export.manifest["full_at"])
        # Where the clock was set back since, it is not known how long ago that was.
        self.is_over = not timedelta(0) <= datetime.now(UTC) - self.full_at < full_every
        self._before: dict[tuple[str, frozenset[str]], Mapping[Key, int]] = {}
        self._now: dict[tuple[str, frozenset[str]], Mapping[Key, int]] = {}

    def note_parents(
        self, name: str, parts: Sequence[str], frame: pd.DataFrame, use: frozenset[str]
    ) -> None:
        """Note what a list says of parents, and of their `use`, now and in the last export."""
        before = self._frame(name)
        if before is None or not set(parts) <= set(frame.columns):
            return
        self._before[name, use] = _digests(before, parts, use)
        self._now[name, use] = _digests(frame, parts, use)

    def is_same(self, key: Key, use: frozenset[str]) -> bool:
        """Whether a parent has not changed since then."""
        told = [list_ for list_, now in self._now.items() if list_[1] == use and key in now]
        return bool(told) and all(
            self._now[list_][key] == self._before[list_].get(key) for list_ in told
        )

    def oldest(self, name: str, fetched_at: str | None) -> str | None:
        """Return when the oldest answer came, where some rows of a table are those of the last export."""
        before = self._manifest["tables"][name]["fetched_at"]
        return min((at for at in (before, fetched_at) if at is not None), default=None)

    def personal(self, name: str, schema: pa.Schema) -> pa.Table | None:
        """Return the rows of a table that are personal; None where they are not known."""
        table = self.table(name, schema)
        public = self._manifest["tables"].get(name, {}).get("public_rows")
        return None if table is None or public is None else table.slice(public)

    def below(self, name: str, part: Part, schema: pa.Schema) -> pa.Table | None:
        """Return what the last export has of a table below parents; None where all is asked for again."""
        return None if part.below in _SILENT else self.table(name, schema)

    def table(self, name: str, schema: pa.Schema) -> pa.Table | None:
        """Return what the last export has of a table; None unless all of it is there."""
        about = self._manifest["tables"].get(name)
        frame = self._frame(name) if about is not None and about["complete"] else None
        if frame is None or set(schema.names) != set(frame.columns):
            return None
        return as_declared(pa.Table.from_pandas(frame, preserve_index=False), schema)

    def _frame(self, name: str) -> pd.DataFrame | None:
        """Return what the last export has of a table; None where it has nothing that can be read."""
        try:
            return Export(self._path, self._manifest)[name]  # which holds none of them for long
        except (KeyError, ExportError):
            return None


def without_rows_of(table: pa.Table, others: pa.Table, key: Sequence[str]) -> pa.Table:
    """Return the rows whose key is not among those of another table."""
    there = set(zip(*(others.column(name).to_pylist() for name in key), strict=True))
    held = zip(*(table.column(name).to_pylist() for name in key), strict=True)
    return table.filter(pa.array([one not in there for one in held], pa.bool_()))


def with_read_at(table: pa.Table, came_at: str) -> pa.Table:
    """Return rows with the time at which they came."""
    at = pa.scalar(datetime.fromisoformat(came_at), INSTANT)
    return table.append_column(READ_AT, pa.repeat(at, table.num_rows))


def rows_of(table: pa.Table, parts: Sequence[str], keys: Sequence[Key]) -> pa.Table:
    """Return the rows of some parents, in the order of the parents."""
    place = {key: number for number, key in enumerate(keys)}
    held = zip(*(table.column(part).to_pylist() for part in parts), strict=True)
    places = np.fromiter((place.get(key, -1) for key in held), np.int64, table.num_rows)
    order = np.argsort(places, kind="stable")
    return table.take(order[places[order] >= 0])


def _digests(frame: pd.DataFrame, parts: Sequence[str], use: frozenset[str]) -> Mapping[Key, int]:
    """Return what stands for all that is said of each parent, by its key."""
    said: Any = frame[[name for name in sorted(frame.columns) if name not in _OF_USE - use]]
    table = pa.Table.from_pandas(said, preserve_index=False)
    columns = [column.cast(pa.string()).to_pylist() for column in table.columns]
    keys = zip(*(frame[part] for part in parts), strict=True)
    rows = zip(*columns, strict=True)
    return {key: hash(row) for key, row in zip(keys, rows, strict=True)}
