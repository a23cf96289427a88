"""One reading of an inventory into the files of an export."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from omnipd.admin.inventory_parts import ALL_PARTS, Part
from omnipd.admin.inventory_read import InventoryRead
from omnipd.admin.since_last import (
    READ_AT,
    SHOWS_USE,
    SinceLast,
    keys_in,
    rows_of,
    with_read_at,
    without_keys,
)
from omnipd.admin.table_file import TableFile, as_declared
from omnipd.cache.checkpoint import delete_all_but_checkpoint
from omnipd.client.client import Client
from omnipd.errors import ExportIncompleteError, OmniError
from omnipd.frames.to_pandas import is_whole, to_frame
from omnipd.lists.fanout import FanOut
from omnipd.lists.manual import list_of
from omnipd.lists.outcomes import NONE, OK, OUTCOMES, outcomes
from omnipd.lists.paging import BY_OFFSET
from omnipd.lists.parents import parent_keys
from omnipd.lists.read_list import after_earlier
from omnipd.lists.read_parents import rows_into

#: What frames that are read later may need of one that is written: the keys of parents.
_KEPT = (
    *("conversation_id", "connection_id", "document_identifier", "folder_id", "job_id", "model_id"),
    *("prompt_set_id", "run_id", "schedule_id", "topic", "user_id"),
    *("destination_type", "has_dashboard"),
)
_PARENTS = {part.below for part in ALL_PARTS.values()}


class ExportRead(InventoryRead):
    """One reading of an inventory into the files of an export.

    Parameters
    ----------
    folder : Path
        Where the files are.
    client, scope, errors, strict
        As :func:`omnipd.export_inventory` takes them.
    last : SinceLast or None
        What need not be asked for again.
    read_at : bool
        Whether tables below parents say of each row when it came.
    """

    def __init__(
        self,
        folder: Path,
        client: Client,
        scope: str,
        errors: str,
        strict: bool,
        last: SinceLast | None,
        *,
        read_at: bool,
    ) -> None:
        super().__init__(client, scope, errors, strict, refresh=True)
        self._folder = folder
        self._last = last
        self._strict = strict
        self._read_at = read_at
        self._tables: dict[str, dict[str, Any]] = {}

    def run(self, what: str, names: Sequence[str], max_calls: int | None) -> None:
        """Read frames to files, in place of those that a call has left which was killed."""
        with _told_as_ours(self._folder):
            delete_all_but_checkpoint(self._folder)
        super().run(what, names, max_calls)

    def _known_calls(self, names: Sequence[str]) -> dict[str, int] | None:
        last = self._last
        return None if last is None else {name: last.calls(name, ALL_PARTS[name]) for name in names}

    def _frame(self, name: str, part: Part) -> pd.DataFrame:
        """Write a frame to its file, and return what those after it need of it."""
        schema = list_of(part.reader_name).schema
        dated = self._read_at and part.below is not None
        if dated:
            schema = schema.append(READ_AT)
        with (
            _told_as_ours(place := self._folder / f"{name}.parquet"),
            TableFile(place, schema) as file,
        ):
            if dated:
                frame = self._dated(name, part, file)
            elif name in _PARENTS or part.below is None:
                frame = self._whole(name, part, file)
            else:
                with rows_into(lambda rows, _: file.add(rows)):
                    frame = self.read_part(part)
            whole = is_whole(frame)
            file.mark({"omni": {"complete": whole}})
        facts = frame.attrs["omni"]
        self._tables[name] = {
            "file": place.name,
            "rows": file.rows,
            "columns": {field.name: str(field.type) for field in schema},
            "complete": whole,
            "fetched_at": facts.get("fetched_at"),
            # Those of a call that was broken off are its requests as well.
            "requests": facts["requests"] + facts["from_checkpoint"],
            "public_rows": facts.get("public_rows"),
            **({"failures": facts["failures"]} if "failures" in facts else {}),
            # The rows of all other parents are there.
            **({"not_read": _not_read(frame)} if dated and self._strict and not whole else {}),
        }
        if self._last is not None:
            below = {
                (_parts_of(one), SHOWS_USE.get(child, frozenset()))
                for child, one in ALL_PARTS.items()
                if one.below == name or (child, name) == ("document_access", "content")
            }
            self._last.note_parents(name, below, frame)
        return frame[[column for column in _KEPT if column in frame.columns]]

    def _whole(self, name: str, part: Part, file: TableFile) -> pd.DataFrame:
        """Read a table that is held, and write it; what is personal may be that of the last export."""
        personal = earlier = None
        if part.is_read_by_person(self._scope) and self._last is not None:
            personal = self._last.personal(name, file.schema)
        if self._last is not None and part.endpoint.pages in BY_OFFSET:
            earlier = self._last.whole(name, file.schema)
        with after_earlier(earlier):
            frame = self.read_part(part) if personal is None else self.read_public(part)
        table = as_declared(pa.Table.from_pandas(frame, preserve_index=False), file.schema)
        if personal is not None:
            facts = {**frame.attrs["omni"], "public_rows": table.num_rows}
            facts["fetched_at"] = self._last and self._last.oldest(name, facts["fetched_at"])
            # What was personal may have been shared since.
            key = part.endpoint.key
            others = without_keys(personal, key, set(keys_in(table, key)))
            table = pa.concat_tables([table, others])
            frame = to_frame(table, facts)
        file.add(table)
        return frame

    def _dated(self, name: str, part: Part, file: TableFile) -> pd.DataFrame:
        """Read a table below parents, or those that have changed, with the times of the rows."""
        came: list[pa.Table] = []
        keep = came.append if name in _PARENTS else file.add
        before = self._last and self._last.below(name, part, file.schema)
        if self._last is None or before is None:
            with rows_into(lambda rows, at: keep(with_read_at(rows, at))):
                frame = self.read_part(part)
        else:
            parents, parts = self.parents_of(part), _parts_of(part)
            keys = parent_keys(parents, parts)
            same = self._last.same(name, parts, keys, before)
            rows: list[pa.Table] = []
            with rows_into(
                lambda some, at: rows.append(as_declared(with_read_at(some, at), file.schema))
            ):
                frame = self.read_below(part, _without(parents, parts, set(same)))
            if same:
                facts = frame.attrs["omni"]
                facts["fetched_at"] = self._last.oldest(name, facts["fetched_at"])
            table = pa.concat_tables([rows_of(before, parts, same), *rows])
            keep(rows_of(table, parts, keys))
        if came:
            table = pa.concat_tables([as_declared(one, file.schema) for one in came])
            file.add(table)
            frame = to_frame(table, frame.attrs["omni"])
        return frame

    def _note(self, error: OmniError, name: str) -> None:
        error.add_note(f"While reading {name}.")

    def summary(self, wanted: Sequence[str]) -> dict[str, Any]:
        """Return what the manifest says of the tables; those that were only needed are taken away."""
        with _told_as_ours(self._folder):
            for name in set(self._tables) - set(wanted):
                (self._folder / self._tables.pop(name)["file"]).unlink()
        failures = {name: why for name, why in self._failures.items() if name in wanted}
        tables = {name: self._tables[name] for name in wanted if name in self._tables}
        complete = not failures and all(table["complete"] for table in tables.values())
        return {"complete": complete, "tables": tables, "failures": failures}


def _parts_of(part: Part) -> tuple[str, ...]:
    """Return the columns of the key of a part's parents."""
    one = list_of(part.reader_name)
    return one.parent if isinstance(one, FanOut) else ()


def _not_read(frame: pd.DataFrame) -> list[list[str]]:
    """Return the keys of the parents that were refused; without `errors` there are none."""
    if OUTCOMES not in frame.attrs["omni"]:
        return []
    became = outcomes(frame)
    refused = became[~became["outcome"].isin([OK, NONE])]
    return refused.drop(columns=["outcome", "message"]).to_numpy().tolist()


def _without(
    parents: pd.DataFrame, parts: Sequence[str], same: set[tuple[str, ...]]
) -> pd.DataFrame:
    """Return the rows of the parents that are not among some."""
    keys = zip(*(parents[part] for part in parts), strict=True)
    return parents[np.array([key not in same for key in keys], dtype=bool)]  # also of none at all


@contextlib.contextmanager
def _told_as_ours(place: Path) -> Iterator[None]:
    """Say what cannot be written as omnipd says it."""
    try:
        yield
    except OmniError:
        raise
    except (OSError, pa.ArrowException) as error:
        # Arrow has words of its own around those of the system.
        number = getattr(error, "errno", None)
        reason = type(error).__name__ if number is None else os.strerror(number)
    else:
        return
    raise ExportIncompleteError(
        f"{place} could not be written to its end: {reason}.",
        hint="Make room; what was read is kept, and the same call goes on.",
    )
