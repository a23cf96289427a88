"""What need not be asked for again since an export: the lists of parents that have not changed.

A parent is the same where all that its own list says of it is the same, but for what only counts its
readers. That needs no watermark: neither clocks that differ nor two changes in one second matter.
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
from omnipd.frames.columns import INSTANT
from omnipd.lists.parents import Key

#: The column of a table below parents that says when its rows came.
READ_AT = pa.field("read_at", INSTANT)

#: Parents that do not say that something below them has changed.
_SILENT = {"ai_messages", "models", "topics"}

#: What changes although nothing that matters does.
_COUNTS_READERS = {"count_favorites", "count_views", "last_viewed_at", "read_at", "visits"}


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
        self._export = export
        self.full_at = datetime.fromisoformat(export.manifest["full_at"])
        self.is_over = datetime.now(UTC) - self.full_at >= full_every
        self._before: dict[str, Mapping[Key, int]] = {}
        self._now: dict[str, Mapping[Key, int]] = {}

    def note_parents(self, name: str, parts: Sequence[str], frame: pd.DataFrame) -> None:
        """Note what a list says of parents, now and in the last export."""
        if name not in self._export or not set(parts) <= set(frame.columns):
            return
        self._before[name] = _digests(self._export[name], parts)
        self._now[name] = _digests(frame, parts)

    def is_same(self, key: Key) -> bool:
        """Whether a parent has not changed since then."""
        told = [name for name, now in self._now.items() if key in now]
        return bool(told) and all(
            self._now[name][key] == self._before[name].get(key) for name in told
        )

    def personal(self, name: str, schema: pa.Schema) -> pa.Table | None:
        """Return the rows of a table that are personal; None where they are not known."""
        table = self.table(name, schema)
        public = self._export.manifest["tables"].get(name, {}).get("public_rows")
        return None if table is None or public is None else table.slice(public)

    def below(self, name: str, part: Part, schema: pa.Schema) -> pa.Table | None:
        """Return what the last export has of a table below parents; None where all is asked for again."""
        return None if part.below in _SILENT else self.table(name, schema)

    def table(self, name: str, schema: pa.Schema) -> pa.Table | None:
        """Return what the last export has of a table; None unless all of it is there."""
        about = self._export.manifest["tables"].get(name)
        if about is None or not about["complete"]:
            return None
        table = pa.Table.from_pandas(self._export[name], preserve_index=False)
        return as_declared(table, schema) if set(schema.names) == set(table.column_names) else None


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


def _digests(frame: pd.DataFrame, parts: Sequence[str]) -> Mapping[Key, int]:
    """Return what stands for all that is said of each parent, by its key."""
    said: Any = frame[[name for name in sorted(frame.columns) if name not in _COUNTS_READERS]]
    table = pa.Table.from_pandas(said, preserve_index=False)
    columns = [column.cast(pa.string()).to_pylist() for column in table.columns]
    keys = zip(*(frame[part] for part in parts), strict=True)
    rows = zip(*columns, strict=True)
    return {key: hash(row) for key, row in zip(keys, rows, strict=True)}
