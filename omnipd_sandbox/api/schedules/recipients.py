"""Add recipients to a delivery by e-mail, and take them away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from omnipd_sandbox.api.people.email_only import known_stranger, stranger
from omnipd_sandbox.api.schedules.addresses import by_address
from omnipd_sandbox.api.schedules.detail import find_schedule
from omnipd_sandbox.calls.body_keys import Key, email, items, read_body, text, uuid
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import BadRequest, NotFound, user_not_found
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.email_only import EmailOnlyUser
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.schedules import Schedule

_KEYS = {
    "emails": Key(items(email), default=[]),
    "userIds": Key(items(uuid), default=[]),
    "userGroupIds": Key(items(text()), default=[]),
}
_Ids = tuple[str, ...]
_Find = Callable[[str, Organization], EmailOnlyUser | None]


def add_recipients(call: Call) -> Reply:
    """Add people and groups; who is there already does not count."""
    schedule, (members, strangers, groups) = _read(call, stranger)
    changed = replace(
        schedule,
        member_ids=tuple(dict.fromkeys((*schedule.member_ids, *members))),
        stranger_ids=tuple(dict.fromkeys((*schedule.stranger_ids, *strangers))),
        group_ids=tuple(dict.fromkeys((*schedule.group_ids, *groups))),
    )
    return _keep(schedule, changed, "added", call)


def remove_recipients(call: Call) -> Reply:
    """Take people and groups away; who is not there does not count."""
    schedule, (members, strangers, groups) = _read(call, known_stranger)
    changed = replace(
        schedule,
        member_ids=tuple(each for each in schedule.member_ids if each not in members),
        stranger_ids=tuple(each for each in schedule.stranger_ids if each not in strangers),
        group_ids=tuple(each for each in schedule.group_ids if each not in groups),
    )
    return _keep(schedule, changed, "removed", call)


def _keep(schedule: Schedule, changed: Schedule, word: str, call: Call) -> Reply:
    call.world.organization.keep_schedule(changed)
    people = _people(changed) - _people(schedule)
    groups = len(changed.group_ids) - len(schedule.group_ids)
    return json_reply(
        {
            "success": True,
            f"{word}RecipientsCount": abs(people),
            f"{word}GroupRecipientsCount": abs(groups),
        }
    )


def _people(schedule: Schedule) -> int:
    return len(schedule.member_ids) + len(schedule.stranger_ids)


def _read(call: Call, find_stranger: _Find) -> tuple[Schedule, tuple[_Ids, _Ids, _Ids]]:
    schedule = find_schedule(call)
    body = read_body(call, _KEYS)
    if not any(body.values()):
        raise BadRequest("At least one email, userId or userGroupId must be provided")
    if schedule.destination != "email":
        raise BadRequest("Only deliveries by email have recipients")
    organization = call.world.organization
    members, strangers = by_address(body["emails"], organization, find_stranger)
    more_members = [each for each in body["userIds"] if each in organization.users]
    more_strangers = [each for each in body["userIds"] if each in organization.email_only_users]
    unknown = {*body["userIds"]} - {*more_members} - {*more_strangers}
    if unknown:
        raise user_not_found(min(unknown))
    groups = tuple(_group_id(each, organization) for each in body["userGroupIds"])
    return schedule, ((*members, *more_members), (*strangers, *more_strangers), groups)


def _group_id(given: str, organization: Organization) -> str:
    """Find a group by its id or by a UUID: which of the two Omni takes is not known."""
    for group_id in organization.groups:
        if given in {group_id, derived.stable_uuid("group", group_id)}:
            return group_id
    raise NotFound(f"User group with id {given} does not exist")
