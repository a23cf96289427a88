"""Schedules as they are now: one by its own call, more by the list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from omnipd.changes.action import Present
from omnipd.changes.change import Change
from omnipd.changes.frame_rows import Row, rows_of
from omnipd.changes.now import Now
from omnipd.changes.values import Value
from omnipd.errors import NotFoundError
from omnipd.readers.schedules import read_schedule_details, read_schedules


def schedules_present(
    now: Now, changes: Sequence[Change], value: Callable[[Row], Value]
) -> Present:
    """Return a value of each change's schedule; one that is not there has none."""
    found = schedules_now(now, (change.key.item for change in changes))
    return {
        change.key: value(found[change.key.item]) for change in changes if change.key.item in found
    }


def schedules_now(now: Now, schedule_ids: Iterable[str]) -> dict[str, Row]:
    """Return the rows of schedules that are there, by id: name, owner_id and is_active."""
    wanted = dict.fromkeys(schedule_ids)
    if len(wanted) == 1:
        return _each_by_itself(now, wanted)
    return schedules_listed(now, wanted)


def schedules_listed(now: Now, schedule_ids: Iterable[str]) -> dict[str, Row]:
    """Return the rows of schedules as the list has them, which tells where each goes, too.

    One that is not in the list, which is short for who is no administrator, comes without.
    """
    wanted = dict.fromkeys(schedule_ids)
    if not wanted:
        return {}
    rows = rows_of(read_schedules(refresh=True, client=now.client))
    found = {row["schedule_id"]: row for row in rows if row["schedule_id"] in wanted}
    # Older servers tell the owner of one schedule, and not in the list.
    short = [name for name in wanted if found.get(name, {}).get("owner_id") is None]
    told = _each_by_itself(now, short)
    return {name: {**row, **told.get(name, {})} for name, row in (told | found).items()}


def _each_by_itself(now: Now, schedule_ids: Iterable[str]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for schedule_id in schedule_ids:
        try:
            frame = read_schedule_details(schedule_id, refresh=True, client=now.client)
        except NotFoundError:
            continue
        for row in rows_of(frame):
            stopped = row["disabled_at"] is not None or row["system_disabled_at"] is not None
            found[schedule_id] = {**row, "is_active": not stopped}
    return found
