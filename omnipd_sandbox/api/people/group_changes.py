"""Make, change and delete groups."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from omnipd_sandbox.api.people.groups import find_group, group_record
from omnipd_sandbox.api.people.scim import PATCH
from omnipd_sandbox.calls.body_keys import (
    Key,
    Wrong,
    anything,
    items,
    one_of,
    read_body,
    record,
    text,
    uuid,
)
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import BadRequest, RefusedRequest
from omnipd_sandbox.http.reply import Reply, json_reply, nothing
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Group

_MEMBER = record({"value": Key(uuid, required=True), "display": Key(text())})
_NAMED_MEMBER = record({"value": Key(uuid, required=True), "display": Key(text(), required=True)})
_ONE_MEMBER = re.compile(r'members\[value eq "(.{36})"\]')
_CREATED = {
    "displayName": Key(text(), required=True),
    "members": Key(items(_MEMBER), default=[]),
}
_REPLACED = {
    "displayName": Key(text(), required=True),
    "members": Key(items(_NAMED_MEMBER), required=True),
}
_OPERATION = record(
    {
        "op": Key(one_of("replace", "Replace", "add", "Add", "remove", "Remove"), required=True),
        "path": Key(text()),
        "value": Key(anything),
    }
)
_PATCH = {
    "schemas": Key(items(one_of(PATCH)), required=True),
    "Operations": Key(items(_OPERATION), required=True),
}


def create_group(call: Call) -> Reply:
    """Make a group; it has no role on any model yet."""
    body = read_body(call, _CREATED)
    organization = call.world.organization
    _refuse_taken(body["displayName"], organization)
    now = written(call.world.now())
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
    members = _member_ids(body["members"], call.world.organization)
    return _keep(group, replace(group, name=body["displayName"], member_ids=members), call)


def patch_group(call: Call) -> Reply:
    """Change parts of a group, one operation after the other."""
    group = find_group(call)
    changed = group
    for place, operation in enumerate(read_body(call, _PATCH)["Operations"]):
        at = f"Operations.{place}"
        try:
            changed = _patched(changed, operation, call.world.organization)
        except Wrong as wrong:
            raise BadRequest(str(wrong), at=".".join((at, *map(str, wrong.at)))) from None
    return _keep(group, changed, call)


def delete_group(call: Call) -> Reply:
    """Delete a group, and with it all that was given to it."""
    group = find_group(call)
    organization = call.world.organization
    organization.groups = {
        key: each for key, each in organization.groups.items() if key != group.id
    }
    return nothing()


def _keep(group: Group, changed: Group, call: Call) -> Reply:
    organization = call.world.organization
    if changed.name != group.name:
        _refuse_taken(changed.name, organization)
    kept = replace(changed, updated_at=written(call.world.now()))
    organization.keep_group(kept)
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
            raise Wrong("Invalid", "path")
        kept = tuple(each for each in group.member_ids if each != named[1].lower())
        return replace(group, member_ids=kept)
    if path == "members":
        ids = _member_ids(_at_value(items(_MEMBER), value), organization)
        if kind == "add":
            ids = tuple(dict.fromkeys((*group.member_ids, *ids)))
        return replace(group, member_ids=ids)
    if kind == "add":
        raise Wrong("Invalid enum value. Expected 'members'", "path")
    if path == "displayName":
        return replace(group, name=_at_value(text(), value))
    if path is None:
        named_so = record({"displayName": Key(text(), required=True)})
        return replace(group, name=_at_value(named_so, value)["displayName"])
    raise Wrong("Invalid enum value. Expected 'members' | 'displayName'", "path")


def _at_value(check: Any, value: Any) -> Any:
    try:
        return check(value)
    except Wrong as wrong:
        raise Wrong(str(wrong), "value", *wrong.at) from None
