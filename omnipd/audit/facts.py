"""When the frames of an inventory were read, and of what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd

from omnipd.admin.inventory_frames import Inventory
from omnipd.arguments import argument
from omnipd.errors import ArgumentError


def facts_of(inventory: Inventory, name: str) -> dict[str, Any]:
    """Return what a frame says of how it was read."""
    facts = inventory[name].attrs.get("omni") if name in inventory else None
    return facts if isinstance(facts, dict) else {}


def has_all_scopes(inventory: Inventory) -> bool:
    """Whether ``content`` is known to be what is the organization's and what is personal."""
    return facts_of(inventory, "content").get("public_rows") is not None


def reading_time(inventory: Inventory, name: str, now: datetime | str | None) -> datetime:
    """Return what counts as now: what is given, else when a frame was read.

    Raises
    ------
    ArgumentError
        If that is no time, or the frame does not say it.
    """
    given = facts_of(inventory, name).get("fetched_at") if now is None else now
    if given is None:
        raise ArgumentError(
            f"The frame {name} does not say when it was read.",
            hint="Say from when to count back: " + argument("now", "2026-05-01") + ".",
        )
    time = _time(given)
    if time is None:
        raise ArgumentError(
            argument("now", given) + " is not a time.",
            hint="Give a datetime, or a text such as '2026-05-01T08:00:00Z'.",
        )
    return time


def _time(given: Any) -> datetime | None:
    """Return a time in UTC, which is also the zone of a time without one."""
    try:
        time = pd.Timestamp(given) if isinstance(given, str | datetime) else pd.NaT
    except (ValueError, OverflowError):
        return None
    if pd.isna(time):
        return None
    aware = time.tz_localize(UTC) if time.tzinfo is None else time.tz_convert(UTC)
    held: datetime = aware.to_pydatetime(warn=False)
    return held
