"""Who receives a delivery: listed, added, and taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from omnipd_sandbox.api.schedules.record import find_schedule, groups, people
from omnipd_sandbox.api.users.email_only import known_stranger, stranger
from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, email, items, text, uuid
from omnipd_sandbox.http.refusals import BadRequest, not_found
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization import chance
from omnipd_sandbox.organization.email_only import EmailOnlyUser
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Group
from omnipd_sandbox.organization.schedules import Schedule

_KEYS = {
    "emails": Key(items(email), default=[]),
    "userIds": Key(items(uuid), default=[]),
    "userGroupIds": Key(items(text()), default=[]),
}
_Ids = tuple[str, ...]
_Find = Callable[[str, Organization], EmailOnlyUser | None]


def list_recipients(call: Call) -> Reply:
    """Answer with the recipients of an e-mail; only the type for anything else."""
    schedule = find_schedule(call)
    organization = call.organization
    if schedule.destination != "email":
        return json_reply({"type": schedule.destination})
    recipients: list[dict[str, Any]] = [
        {
            "id": each.membership_id,
            "email": each.email,
            "name": each.name,
            "emailOnly": isinstance(each, EmailOnlyUser),
        }
        for each in people(schedule, organization)
    ]
    if call.world.behavior.old_shapes:
        for recipient in recipients:
            del recipient["emailOnly"]
    return json_reply(
        {
            "type": "email",
            "recipients": recipients,
            "userGroupRecipients": [
                _group(each, organization) for each in groups(schedule, organization)
            ],
        }
    )


def add_recipients(call: Call) -> Reply:
    """Add people and groups; who is there already does not count."""
    schedule, (members, strangers, group_ids) = _read(call, stranger)
    changed = replace(
        schedule,
        member_ids=tuple(dict.fromkeys((*schedule.member_ids, *members))),
        stranger_ids=tuple(dict.fromkeys((*schedule.stranger_ids, *strangers))),
        group_ids=tuple(dict.fromkeys((*schedule.group_ids, *group_ids))),
    )
    return _keep(schedule, changed, "added", call)


def remove_recipients(call: Call) -> Reply:
    """Take people and groups away; who is not there does not count."""
    schedule, (members, strangers, group_ids) = _read(call, known_stranger)
    changed = replace(
        schedule,
        member_ids=tuple(each for each in schedule.member_ids if each not in members),
        stranger_ids=tuple(each for each in schedule.stranger_ids if each not in strangers),
        group_ids=tuple(each for each in schedule.group_ids if each not in group_ids),
    )
    return _keep(schedule, changed, "removed", call)


def _keep(schedule: Schedule, changed: Schedule, word: str, call: Call) -> Reply:
    call.organization.keep_schedule(changed)
    more_people = _count_people(changed) - _count_people(schedule)
    more_groups = len(changed.group_ids) - len(schedule.group_ids)
    return json_reply(
        {
            "success": True,
            f"{word}RecipientsCount": abs(more_people),
            f"{word}GroupRecipientsCount": abs(more_groups),
        }
    )


def _count_people(schedule: Schedule) -> int:
    return len(schedule.member_ids) + len(schedule.stranger_ids)


def _read(call: Call, find_stranger: _Find) -> tuple[Schedule, tuple[_Ids, _Ids, _Ids]]:
    schedule = find_schedule(call)
    body = read_body(call, _KEYS)
    if not any(body.values()):
        raise BadRequest("At least one email, userId or userGroupId must be provided")
    if schedule.destination != "email":
        raise BadRequest("Only deliveries by email have recipients")
    organization = call.organization
    members, strangers = by_address(body["emails"], organization, find_stranger)
    more_members = [each for each in body["userIds"] if each in organization.users]
    more_strangers = [each for each in body["userIds"] if each in organization.email_only_users]
    unknown = {*body["userIds"]} - {*more_members} - {*more_strangers}
    if unknown:
        raise not_found("User", min(unknown))
    group_ids = tuple(_group_id(each, organization) for each in body["userGroupIds"])
    return schedule, ((*members, *more_members), (*strangers, *more_strangers), group_ids)


def _group_id(given: str, organization: Organization) -> str:
    """Find a group by its id or by a UUID: which of the two Omni takes is not known."""
    for group_id in organization.groups:
        if given in {group_id, chance.stable_uuid("group", group_id)}:
            return group_id
    raise not_found("User group", given)


def _group(group: Group, organization: Organization) -> dict[str, Any]:
    users = organization.users
    return {
        "id": group.id,
        "name": group.name,
        "recipients": [
            {"id": each, "email": users[each].email, "name": users[each].name}
            for each in group.member_ids
        ],
    }


def by_address(
    addresses: Iterable[str],
    organization: Organization,
    find_stranger: _Find,
) -> tuple[_Ids, _Ids]:
    """Give the ids of members, and of those who are none, each once."""
    known = {user.email.casefold(): user.membership_id for user in organization.users.values()}
    members: dict[str, None] = {}
    strangers: dict[str, None] = {}
    for address in addresses:
        member_id = known.get(address.casefold())
        if member_id is not None:
            members[member_id] = None
            continue
        found = find_stranger(address, organization)
        if found is not None:
            strangers[found.membership_id] = None
    return tuple(members), tuple(strangers)
