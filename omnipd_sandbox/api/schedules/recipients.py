"""Who receives a delivery: listed, added, and taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from omnipd_sandbox.api.schedules.record import find_schedule, groups, people
from omnipd_sandbox.api.users.email_only import ensure_email_only_user, find_email_only_user
from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, email, items, text, uuid
from omnipd_sandbox.http.refusals import BadRequest, not_found
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization import derived
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


@dataclass(frozen=True)
class Recipients:
    """Name people and groups by id."""

    member_ids: _Ids = ()
    stranger_ids: _Ids = ()
    group_ids: _Ids = ()


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
    return _change(call, _with, ensure_email_only_user, "added")


def remove_recipients(call: Call) -> Reply:
    """Take people and groups away; who is not there does not count."""
    return _change(call, _without, find_email_only_user, "removed")


def _with(ids: _Ids, more: _Ids) -> _Ids:
    return tuple(dict.fromkeys((*ids, *more)))


def _without(ids: _Ids, gone: _Ids) -> _Ids:
    return tuple(each for each in ids if each not in gone)


def _change(
    call: Call, combine: Callable[[_Ids, _Ids], _Ids], find_stranger: _Find, word: str
) -> Reply:
    schedule = find_schedule(call)
    given = _read(schedule, find_stranger, call)
    changed = replace(
        schedule,
        member_ids=combine(schedule.member_ids, given.member_ids),
        stranger_ids=combine(schedule.stranger_ids, given.stranger_ids),
        group_ids=combine(schedule.group_ids, given.group_ids),
    )
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


def _read(schedule: Schedule, find_stranger: _Find, call: Call) -> Recipients:
    body = read_body(call, _KEYS)
    if not any(body.values()):
        raise BadRequest("At least one email, userId or userGroupId must be provided")
    if schedule.destination != "email":
        raise BadRequest("Only deliveries by email have recipients")
    organization = call.organization
    named = by_address(body["emails"], organization, find_stranger)
    members = tuple(each for each in body["userIds"] if each in organization.users)
    strangers = tuple(each for each in body["userIds"] if each in organization.email_only_users)
    unknown = {*body["userIds"]} - {*members} - {*strangers}
    if unknown:
        raise not_found("User", min(unknown))
    return Recipients(
        named.member_ids + members,
        named.stranger_ids + strangers,
        tuple(_group_id(each, organization) for each in body["userGroupIds"]),
    )


def _group_id(given: str, organization: Organization) -> str:
    """Find a group by its id or by a UUID: which of the two Omni takes is not known."""
    for group_id in organization.groups:
        if given in {group_id, derived.stable_uuid("group", group_id)}:
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
    addresses: Iterable[str], organization: Organization, find_stranger: _Find
) -> Recipients:
    """Give the members, and those who are none, who have some addresses, each once."""
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
    return Recipients(tuple(members), tuple(strangers))
