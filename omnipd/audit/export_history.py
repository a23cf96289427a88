"""One organization at several times: its exports, or inventories, each opened when it is needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from omnipd.addresses import Address
from omnipd.admin.inventory_frames import Inventory
from omnipd.admin.open_export import Export
from omnipd.admin.snapshots import Snapshots, begun_at, no_export_in, read_manifest, time_of
from omnipd.arguments import argument, function, said_shortly
from omnipd.audit.facts import facts_in
from omnipd.errors import ArgumentError
from omnipd.paths import place

_UNKNOWN_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Reading:
    """An inventory, and when it was read.

    Attributes
    ----------
    at : datetime
        When. Of an export: when it was begun, unless another time was given.
    name : str
        What messages call it.
    inventory : Inventory
        Its tables.
    """

    at: datetime
    name: str
    inventory: Inventory

    def carried(self, table: str) -> tuple[int, datetime] | None:
        """Return from which row on a table was not read again, and when those rows were read.

        With ``since="last"`` an export takes what is personal from the one before it.
        """
        manifest = getattr(self.inventory, "manifest", None) or {}
        about = manifest.get("tables", {}).get(table, {})
        public, fetched = about.get("public_rows"), about.get("fetched_at")
        if manifest.get("since") is None or public is None or fetched is None:
            return None
        oldest = datetime.fromisoformat(fetched)
        return (public, oldest) if oldest < self.at else None


class History:
    """Readings of one organization, the oldest first.

    Parameters
    ----------
    exports : path-like or iterable
        The folder of exports; or inventories, each alone or as a pair with its time.
    storage_options : mapping, optional
        What the folder's store takes.

    Attributes
    ----------
    passed_over : list of str
        The names of those that lacked the table that was asked for.
    """

    def __init__(self, exports: Any, storage_options: Mapping[str, Any] | None = None) -> None:
        if isinstance(exports, str | os.PathLike):
            self._all = [*_in_folder(exports, storage_options)]
        else:
            self._all = [*_given(exports)]
        self._all.sort(key=lambda one: one[0])
        self.passed_over: list[str] = []

    def last(self, table: str, until: datetime | None = None) -> Reading | None:
        """Return the last reading that has a table, of those by a time; None if there is none."""
        for at, name, opened in reversed(self._all):
            if until is None or at <= until:
                inventory = opened()
                if table in inventory:
                    return Reading(at, name, inventory)
                if name not in self.passed_over:
                    self.passed_over.append(name)
        return None


_Opener = tuple[datetime, str, Callable[[], Inventory]]


def _in_folder(folder: Any, storage_options: Mapping[str, Any] | None) -> Iterator[_Opener]:
    snapshots = Snapshots(place("exports", folder, storage_options))
    dated = [(begun_at(snapshots.root / name), name) for name in snapshots.names()]
    # What somebody has given another name is part of no history.
    dated = [(at, name) for at, name in dated if at != _UNKNOWN_TIME]
    if not dated:
        raise no_export_in(snapshots.root)
    for at, name in dated:
        yield at, name, partial(_opened, snapshots.root / name)


def _opened(path: Path | Address) -> Inventory:
    return Export(path, read_manifest(path))


def _given(exports: Any) -> Iterator[_Opener]:
    try:
        items = [] if isinstance(exports, Mapping) else list(exports)
    except TypeError:
        items = []
    if not items:
        raise ArgumentError(
            argument("exports") + f" is no history, but of the type {type(exports).__name__}.",
            hint="Give the folder of "
            + function("export_inventory")
            + ", or inventories in a list, each alone or as (time, inventory).",
        )
    for item in items:
        pair = item if isinstance(item, tuple) else (None, item)
        if len(pair) != 2 or not isinstance(pair[1], Inventory):
            raise ArgumentError(
                f"Expected an Inventory or (time, Inventory), not {said_shortly(item)}."
            )
        at = _read_at(pair[1]) if pair[0] is None else time_of("exports", pair[0])
        name = pair[1].path.name if isinstance(pair[1], Export) else at.isoformat(sep=" ")
        yield at, name, partial(_as_given, pair[1])


def _as_given(inventory: Inventory) -> Inventory:
    return inventory


def _read_at(inventory: Inventory) -> datetime:
    """Return when an inventory was read, as it says itself."""
    if isinstance(inventory, Export):
        return datetime.fromisoformat(inventory.manifest["begun_at"])
    facts = [facts_in(frame) for frame in inventory.values()]
    said_at = [one["fetched_at"] for one in facts if one.get("fetched_at")]
    if not said_at:
        raise ArgumentError(
            "An inventory does not say when it was read.", hint="Give it as (time, inventory)."
        )
    return datetime.fromisoformat(min(said_at))
