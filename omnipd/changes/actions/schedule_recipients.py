"""Who receives schedules by e-mail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from omnipd.changes.action import Action, Present
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change, Key
from omnipd.changes.frame_rows import Row, rows_of
from omnipd.changes.near_names import did_you_mean
from omnipd.changes.now import Now
from omnipd.changes.people_now import people_now, who_is_meant
from omnipd.changes.schedule_recipient import body_of, of_group
from omnipd.changes.schedules_now import schedules_listed
from omnipd.changes.values import FLAG
from omnipd.client.api_paths import segment
from omnipd.errors import ForbiddenError, NotFoundError
from omnipd.readers.groups import read_groups
from omnipd.readers.schedules import read_schedule_recipients
from omnipd.readers.users import read_email_only_users, read_embed_users


class _Recipients(NamedTuple):
    """Who receives one schedule, but for those who do by a group."""

    persons: set[str]
    addresses: set[str]
    groups: set[str]

    def name(self, part: str) -> str | None:
        """Return how a plan names a recipient of these; None for one who is none."""
        if part in self.groups:
            return of_group(part)
        if part in {of_group(one) for one in self.groups} | self.persons:
            return part
        return part if part.casefold() in self.addresses else None


def _recipients(now: Now, schedule_id: str) -> _Recipients | None:
    try:
        frame = read_schedule_recipients(schedule_id, refresh=True, client=now.client)
    except NotFoundError:
        return None
    rows = rows_of(frame)
    own = [row for row in rows if row["via_group_id"] is None]
    return _Recipients(
        {row["recipient_id"] for row in own if row["recipient_id"] is not None},
        {row["email"].casefold() for row in own if row["email"] is not None},
        {row["via_group_id"] for row in rows if row["via_group_id"] is not None},
    )


def _all_recipients(now: Now, changes: Sequence[Change]) -> dict[str, _Recipients]:
    items = dict.fromkeys(change.key.item for change in changes)
    found = {item: _recipients(now, item) for item in items}
    return {item: one for item, one in found.items() if one is not None}


def _present(now: Now, changes: Sequence[Change]) -> Present:
    found = _all_recipients(now, changes)
    return {
        one.key: True if found[one.key.item].name(one.key.part or "") else None
        for one in changes
        if one.key.item in found
    }


def _adds(change: Change) -> bool:
    return change.new is True


def _calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    item = changes[0].key.item
    what = "add-recipients" if _adds(changes[0]) else "remove-recipients"
    body = body_of(change.key.part for change in changes)
    return [ApiCall("PUT", f"/api/v1/schedules/{segment(item)}/{what}", body)]


def _together(change: Change) -> tuple[str, bool]:
    return change.key.item, _adds(change)


def _remark(change: Change) -> str | None:
    if _adds(change) and "@" in (change.key.part or ""):
        return (
            "An address that nobody has becomes an email-only user, who stays when this is undone."
        )
    return None


def _preflight(now: Now, changes: Sequence[Change]) -> Mapping[Key, str | Change]:
    """Name groups as such, and refuse those whom nobody knows and what goes to no addresses."""
    told: dict[Key, str | Change] = {}
    schedules = schedules_listed(now, (change.key.item for change in changes))
    taken = _all_recipients(now, [change for change in changes if not _adds(change)])
    for change in changes:
        item, part = change.key.item, change.key.part or ""
        if (schedule := schedules.get(item)) is None:
            told[change.key] = "There is no such schedule."
        elif schedule.get("destination_type") not in {None, "email"}:
            told[change.key] = f"It goes to {schedule['destination_type']}, and not to addresses."
        else:
            name, why = (
                _known(now, part)
                if _adds(change)
                else (taken[item].name(part) if item in taken else None, None)
            )
            told[change.key] = why or _named(change, name or part, schedule)
    return told


def _named(change: Change, part: str, schedule: Row) -> Change:
    key = change.key._replace(part=part)
    return replace(change, key=key, name=change.name or schedule.get("name"))


def _known(now: Now, part: str) -> tuple[str | None, str | None]:
    """Return how a plan names somebody who is to receive something; else why they cannot."""
    users = people_now(now)
    if users is None or "@" in part or part in users:
        return part, None
    groups = _some(now, read_groups, "group_id")
    if groups is None:
        return part, None
    named = {of_group(one): one for one in groups}
    if part in named or part in groups:
        return part if part in named else of_group(part), None
    for reader in (read_embed_users, read_email_only_users):
        others = _some(now, reader, "user_id")
        if others is None or part in others:
            return part, None
    near = who_is_meant(part, users.values()) or did_you_mean(part, [*groups, *_names(groups)])
    return None, f"{part!r} is no id of a user or a group, and no address." + near


def _names(groups: Mapping[str, Row]) -> list[str]:
    return [row["display_name"] for row in groups.values() if row["display_name"] is not None]


def _some(now: Now, reader: Callable[..., pd.DataFrame], key: str) -> dict[str, Row] | None:
    """Return the rows of a list by their ids, read once for a plan; None where a key must not read it."""
    known = now.learn("who may receive")
    if reader not in known:
        try:
            frame = reader(refresh=True, client=now.client)
        except ForbiddenError:
            known[reader] = None
        else:
            known[reader] = {row[key]: row for row in rows_of(frame)}
    found: dict[str, Row] | None = known[reader]
    return found


RECIPIENTS = Action(
    "schedule",
    "recipient",
    FLAG,
    _calls,
    _present,
    together=_together,
    max_together=50,
    preflight=_preflight,
    remark=_remark,
)
