"""Make, change and delete groups."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from omnipd_sandbox.api.groups.record import find_group, group_record
from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, checked, items, record, text, uuid
from omnipd_sandbox.calls.scim import patch_keys, patched
from omnipd_sandbox.http.refusals import BadRequest, RefusedRequest
from omnipd_sandbox.http.reply import Reply, json_reply, nothing
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Group

_MEMBER = record({"value": Key(uuid, required=True), "display": Key(text())})
_NAMED_MEMBER = record({"value": Key(uuid, required=True), "display": Key(text(), required=True)})
_NAMED = record({"displayName": Key(text(), required=True)})
_ONE_MEMBER = re.compile(r'members\[value eq "(.{36})"\]')
_CREATED = {
    "displayName": Key(text(), required=True),
    "members": Key(items(_MEMBER), default=[]),
}
_REPLACED = {
    "displayName": Key(text(), required=True),
    "members": Key(items(_NAMED_MEMBER), required=True),
}
_PATCH = patch_keys(needs_value=False, minimum=0)


def create_group(call: Call) -> Reply:
    """Make a group; it has no role on any model yet."""
    body = read_body(call, _CREATED)
    organization = call.organization
    _refuse_taken(body["displayName"], organization)
    now = call.world.timestamp()
    group = Group(
        id=derived.base62(8, *organization.fresh_topic("group")),
        name=body["displayName"],
        member_ids=_member_ids(body["members"], organization),
        created_at=now,
        updated_at=now,
    )
    organization.keep_group(group)
    return json_reply(group_record(group, call), status=201)


def replace_group(call: Call) -> Reply:
    """Give a group another name and other members: those that are not named are members no more."""
    group = find_group(call)
    body = read_body(call, _REPLACED)
    members = _member_ids(body["members"], call.organization)
    return _keep(group, replace(group, name=body["displayName"], member_ids=members), call)


def patch_group(call: Call) -> Reply:
    """Change parts of a group, one operation after the other."""
    group = find_group(call)

    def change(changed: Group, operation: dict[str, Any]) -> Group:
        return _patched(changed, operation, call.organization)

    return _keep(group, patched(group, read_body(call, _PATCH), change), call)


def delete_group(call: Call) -> Reply:
    """Delete a group, and with it all that was given to it."""
    group = find_group(call)
    call.organization.groups = {
        key: each for key, each in call.organization.groups.items() if key != group.id
    }
    return nothing()


def _keep(group: Group, changed: Group, call: Call) -> Reply:
    if changed.name != group.name:
        _refuse_taken(changed.name, call.organization)
    kept = replace(changed, updated_at=call.world.timestamp())
    call.organization.keep_group(kept)
    return json_reply(group_record(kept, call))


def _refuse_taken(name: str, organization: Organization) -> None:
    if any(name == each.name for each in organization.groups.values()):
        raise RefusedRequest(409, f"Group with name {name} already exists")


def _member_ids(members: Iterable[dict[str, Any]], organization: Organization) -> tuple[str, ...]:
    found = dict.fromkeys(each["value"] for each in members)
    for member_id in found:
        # No 404 is documented for it.
        if member_id not in organization.users:
            raise BadRequest(f"User with id {member_id} does not exist", at="members")
    return tuple(found)


def _patched(group: Group, operation: dict[str, Any], organization: Organization) -> Group:
    kind, path, value = operation["op"].lower(), operation.get("path"), operation.get("value")
    if kind == "remove":
        named = _ONE_MEMBER.fullmatch(path or "")
        if named is None:
            raise BadRequest("Invalid", "path")
        kept = tuple(each for each in group.member_ids if each != named[1].lower())
        return replace(group, member_ids=kept)
    if path == "members":
        ids = _member_ids(checked(items(_MEMBER), value, "value"), organization)
        if kind == "add":
            ids = tuple(dict.fromkeys((*group.member_ids, *ids)))
        return replace(group, member_ids=ids)
    if kind == "add":
        raise BadRequest("Invalid enum value. Expected 'members'", "path")
    if path == "displayName":
        return replace(group, name=checked(text(), value, "value"))
    if path is None:
        return replace(group, name=checked(_NAMED, value, "value")["displayName"])
    raise BadRequest("Invalid enum value. Expected 'members' | 'displayName'", "path")
