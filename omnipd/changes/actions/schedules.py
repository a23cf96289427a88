"""Schedules: whose they are, whether they run, and that they are deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from omnipd.changes.action import Action, Present
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change, Key
from omnipd.changes.now import Now
from omnipd.changes.people_now import why_no_owner
from omnipd.changes.schedules_now import schedules_now, schedules_present
from omnipd.changes.values import FLAG, RECORD, TEXT
from omnipd.client.api_paths import segment


def _path(change: Change, what: str = "") -> str:
    return f"/api/v1/schedules/{segment(change.key.item)}{what}"


def _give(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    return [ApiCall("PUT", _path(change, "/transfer-ownership"), {"userId": change.new})]


def _owners(now: Now, changes: Sequence[Change]) -> Present:
    return schedules_present(now, changes, lambda row: row["owner_id"])


def _check_owner(change: Change) -> str | None:
    return "It needs an owner: the membership id of a user." if change.new is None else None


def _preflight_owner(now: Now, changes: Sequence[Change]) -> Mapping[Key, str | Change]:
    # Each has an owner: where the list did not tell whom, as older servers do not, it is asked for.
    unknown = [change for change in changes if change.old is None]
    owners = {key: one for key, one in _owners(now, unknown).items() if one is not None}
    told: dict[Key, str | Change] = {}
    for change in changes:
        why = why_no_owner(now, change.new)
        if why is not None:
            told[change.key] = why
        elif change.key in owners:
            told[change.key] = replace(change, old=owners[change.key])
    return told


def _remark_owner(change: Change) -> str | None:  # noqa: ARG001 - it is the same of all
    return "Omni refuses an owner who cannot see the dashboard."


def _switch(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    return [ApiCall("PUT", _path(change, "/resume" if change.new else "/pause"))]


def _activity(now: Now, changes: Sequence[Change]) -> Present:
    return schedules_present(now, changes, lambda row: row["is_active"])


def _check_activity(change: Change) -> str | None:
    return "It runs or it does not: true or false." if change.new is None else None


def _preflight_activity(now: Now, changes: Sequence[Change]) -> Mapping[Key, str]:
    resumed = [change for change in changes if change.new is True]
    found = schedules_now(now, (change.key.item for change in resumed))
    told = {}
    for change in resumed:
        row = found.get(change.key.item, {})
        if row.get("system_disabled_at") is not None:
            reason = row.get("system_disabled_reason")
            told[change.key] = (
                "Omni itself stopped it"
                + ("" if reason is None else f" ({reason})")
                + ". A resume does not clear that: mend the cause first."
            )
    return told


def _remark_activity(change: Change) -> str | None:
    if change.new is True:
        return "A resume does not clear what Omni itself stops a schedule for."
    return None


def _delete(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    return [ApiCall("DELETE", _path(change))]


def _there(now: Now, changes: Sequence[Change]) -> Present:
    return schedules_present(now, changes, lambda row: {"name": row["name"]})


def _check_deletion(change: Change) -> str | None:
    if change.new is None:
        return None
    return "A schedule is made of more than its row says: who receives it, how, and of what."


def _lasting_deletion(change: Change) -> str | None:  # noqa: ARG001 - it is the same of all
    return "A deleted schedule cannot be made again: Omni does not tell all that it is made of."


OWNERS = Action(
    "schedule",
    "owner_id",
    TEXT,
    _give,
    _owners,
    check=_check_owner,
    preflight=_preflight_owner,
    remark=_remark_owner,
)
ACTIVITY = Action(
    "schedule",
    "is_active",
    FLAG,
    _switch,
    _activity,
    check=_check_activity,
    preflight=_preflight_activity,
    remark=_remark_activity,
)
EXISTENCE = Action(
    "schedule",
    "exists",
    RECORD,
    _delete,
    _there,
    makes=True,
    check=_check_deletion,
    irreversible=_lasting_deletion,
)
