"""When an issue was first seen, by the earlier exports that have it."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from omnipd.admin.inventory_frames import Inventory
from omnipd.admin.open_export import open_export
from omnipd.admin.snapshots import Snapshots, no_export_in
from omnipd.arguments import argument, function
from omnipd.audit.facts import facts_of
from omnipd.audit.tables import declared
from omnipd.errors import ArgumentError
from omnipd.frames.to_pandas import is_whole
from omnipd.paths import place

Issue = tuple[Hashable, ...]


def as_content(row: Mapping[str, Any]) -> Issue:
    """Return what makes an issue of a document the same one in another export."""
    return (
        row["model_id"],
        row["branch_id"],
        # The identifier can be renamed.
        row["document_id"] if row["document_id"] is not None else row["document_identifier"],
        row["issue_scope"],
        row["query_identifier_map_key"],
        row["query_name"],
        row["issue"],
    )


def as_model(row: Mapping[str, Any]) -> Issue:
    """Return what makes an issue of a model the same one; its line in a file may move."""
    return row["model_id"], row["view"], row["field"], row["message"]


_SAME_BY: Mapping[str, Callable[[Mapping[str, Any]], Issue]] = {
    "content_issues": as_content,
    "model_issues": as_model,
}


class EarlierIssues:
    """The first time at which each issue was seen.

    Parameters
    ----------
    now : Inventory
        What is asked about.
    before : Inventory, path-like or None
        What was there earlier.
    """

    def __init__(self, now: Inventory, before: Inventory | str | os.PathLike[str] | None) -> None:
        #: By table and issue; None where it is not known.
        self._first: dict[tuple[str, Issue], datetime | None] = {}
        if before is None:
            return
        earlier = list(_inventories(before))
        for name in _SAME_BY:
            self._look_through(name, earlier, now)

    def first(self, name: str, issue: Issue) -> datetime | None:
        """Return when an issue was first seen; None where that is not known."""
        return self._first.get((name, issue))

    def _look_through(self, name: str, earlier: list[Inventory], now: Inventory) -> None:
        instance = facts_of(now, name).get("instance")
        last = _read_at(now, name)
        looks: list[tuple[datetime | None, Inventory]] = []
        for one in earlier:
            if name not in one and name not in one.failures:
                continue
            at = _read_at(one, name) if name in one else _begun_at(one)
            if name in one and instance is not None:
                other = facts_of(one, name).get("instance")
                if other is not None and other != instance:
                    raise ArgumentError(
                        argument("before") + f" is of another Omni: {other}, not {instance}."
                    )
            if at is None or last is None or at < last:
                looks.append((at, one))
        # What says no time may have been at any; it comes first, and leaves open what it has.
        looks.sort(
            key=lambda look: (look[0] is not None, look[0] or datetime.min.replace(tzinfo=UTC))
        )
        is_open = False
        for at, one in [*looks, (last, now)]:
            if name not in one:
                is_open = True
                continue
            whole = is_whole(one[name])
            for row in declared(name, one[name]).to_pylist():
                self._first.setdefault((name, _SAME_BY[name](row)), None if is_open else at)
            is_open = not whole


def _inventories(before: Inventory | str | os.PathLike[str]) -> Iterator[Inventory]:
    """Give the earlier inventories, the oldest first."""
    if isinstance(before, Inventory):
        yield before
        return
    if not isinstance(before, str | os.PathLike):
        raise ArgumentError(
            argument("before")
            + f" is neither an inventory nor a folder, but of the type {type(before).__name__}.",
            hint=function("open_export") + " opens an export.",
        )
    folder = place("before", before)
    names = Snapshots(folder).names()
    if not names:
        raise no_export_in(folder)
    for name in names:
        yield open_export(before, name)


def _read_at(inventory: Inventory, name: str) -> datetime | None:
    return _time(facts_of(inventory, name).get("fetched_at"))


def _begun_at(inventory: Inventory) -> datetime | None:
    """Return when an export was begun, which is when what failed in it was asked for."""
    manifest = getattr(inventory, "manifest", None)
    return _time(manifest.get("begun_at")) if isinstance(manifest, dict) else None


def _time(text: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
