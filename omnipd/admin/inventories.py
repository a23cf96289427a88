"""The inventories and exports of several Omnis, as one; and what one of them is."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd.admin.inventory_frames import Inventory
from omnipd.frames.columns import TEXT
from omnipd.frames.to_pandas import to_frame
from omnipd.lists.instances import (
    INSTANCES,
    Failure,
    frame_of,
    has_instances,
    join_frames,
    names_in,
)


def join_inventories(
    given: Mapping[str, Inventory], failures: Mapping[str, Failure], names: Sequence[str]
) -> Inventory:
    """Return the frames of the inventories of several Omnis, each with the column ``instance`` first."""
    frames: dict[str, pd.DataFrame] = {}
    lacking: dict[str, str] = {}
    for table in dict.fromkeys(one for held in given.values() for one in [*held, *held.failures]):
        here = {name: held[table] for name, held in given.items() if table in held}
        why = {
            name: ("failed", held.failures[table])
            for name, held in given.items()
            if table in held.failures
        }
        if here:
            frames[table] = join_frames(here, {**why, **failures}, names)
        else:
            told = {name: message for name, (_, message) in {**why, **failures}.items()}
            lacking[table] = "; ".join(f"{name}: {message}" for name, message in told.items())
    return Inventory(frames, lacking)


def join_exports(
    given: Mapping[str, Any], failures: Mapping[str, Failure], names: Sequence[str]
) -> pd.DataFrame:
    """Return where the export of each Omni is."""
    return join_frames(
        {
            name: to_frame(pa.table({"export": pa.array([os.fspath(path)], TEXT)}), {})
            for name, path in given.items()
        },
        failures,
        names,
    )


def split_inventory(inventory: Inventory) -> dict[str, Inventory] | None:
    """Return the inventory of each Omni by its name; None where it is that of one."""
    several = [table for table in inventory if has_instances(inventory[table])]
    if not several:
        return None
    names = dict.fromkeys(name for table in several for name in names_in(inventory[table]))
    return {name: _inventory_of(inventory, name) for name in names}


def _inventory_of(inventory: Inventory, name: str) -> Inventory:
    frames: dict[str, pd.DataFrame] = {}
    failures = dict(inventory.failures)
    for table, frame in inventory.items():
        facts = frame.attrs.get("omni", {})
        if has_instances(frame) and name in facts.get("failures", {}):
            # Not there, rather than empty; what came of it before it failed is not known to be whole.
            failures[table] = facts["failures"][name]
        else:
            held = has_instances(frame) and (name in facts.get(INSTANCES, {name: None}))
            frames[table] = frame_of(frame, name) if held else frame
    return Inventory(frames, failures)
