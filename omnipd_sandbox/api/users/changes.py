"""Make, change and remove members."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from omnipd_sandbox.api.user_attributes.values import values_of
from omnipd_sandbox.api.users.record import ATTRIBUTES, find_member, has_member, member_record
from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Check, Key, anything, boolean, checked, email, table, text
from omnipd_sandbox.calls.scim import patch_keys, patched
from omnipd_sandbox.http.refusals import BadRequest, RefusedRequest
from omnipd_sandbox.http.reply import Reply, json_reply, nothing
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.records import User

_VALUES = table(anything)
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_CREATED = {
    "userName": Key(email, required=True),
    "displayName": Key(text(), required=True),
    ATTRIBUTES: Key(_VALUES, default={}),
}
_REPLACED = {
    "userName": Key(email, required=True),
    "displayName": Key(text()),
    # Omitted is true: a member who was disabled is active again (docs/wire.md).
    "active": Key(boolean, default=True),
    ATTRIBUTES: Key(_VALUES, default={}),
    _ENTERPRISE: Key(_VALUES, default={}),
}
_PATCH = patch_keys(needs_value=True, minimum=1)
# What an operation without a path may have, by the specification.
_DECLARED = frozenset({"active", "displayName", "userName"})


def create_user(call: Call) -> Reply:
    """Make a member, without a role of their own."""
    body = read_body(call, _CREATED)
    organization = call.organization
    address: str = body["userName"]
    if has_member(address, organization):
        raise RefusedRequest(409, f"User with email {address} already exists")
    topic = organization.fresh_topic("user")
    now = call.world.timestamp()
    user = User(
        membership_id=derived.stable_uuid("membership", *topic),
        user_id=derived.stable_uuid(*topic),
        name=body["displayName"],
        email=address,
        organization_role="MEMBER",
        model_role=None,
        attributes=checked(values_of(organization.attributes), body[ATTRIBUTES], ATTRIBUTES),
        created_at=now,
        updated_at=now,
        last_login=None,
    )
    organization.keep_user(user)
    return json_reply(member_record(user, call), status=201)


def replace_user(call: Call) -> Reply:
    """Change a member; what is not said stays or goes, but ``active``, which is then true."""
    user = find_member(call)
    body = read_body(call, _REPLACED)
    _check_address(body["userName"], user)
    if call.world.behavior.user_put == "replace":
        # Which name is the default is not known.
        user = replace(user, name=user.email, attributes={})
    changed = replace(
        user,
        name=body.get("displayName", user.name),
        active=body["active"],
        attributes={
            **user.attributes,
            **checked(values_of(call.organization.attributes), body[ATTRIBUTES], ATTRIBUTES),
        },
    )
    return _keep(changed, call)


def patch_user(call: Call) -> Reply:
    """Change parts of a member, one operation after the other."""
    user = find_member(call)
    check_values = values_of(call.organization.attributes)

    declared_only = call.world.behavior.user_patch == "declared"

    def change(changed: User, operation: dict[str, Any]) -> User:
        value = operation["value"]
        if declared_only and operation.get("path") is None and isinstance(value, dict):
            kept = {name: each for name, each in value.items() if name in _DECLARED}
            operation = {**operation, "value": kept}
        return _patched(changed, operation, check_values)

    return _keep(patched(user, read_body(call, _PATCH), change), call)


def delete_user(call: Call) -> Reply:
    """Remove a member, who still owns what they owned."""
    user = find_member(call)
    organization = call.organization
    organization.users = {
        key: each for key, each in organization.users.items() if key != user.membership_id
    }
    organization.former_users = {
        **organization.former_users,
        user.membership_id: replace(user, active=False),
    }
    organization.groups = {
        key: replace(
            each, member_ids=tuple(one for one in each.member_ids if one != user.membership_id)
        )
        for key, each in organization.groups.items()
    }
    return nothing()


def _keep(user: User, call: Call) -> Reply:
    changed = replace(user, updated_at=call.world.timestamp())
    call.organization.keep_user(changed)
    return json_reply(member_record(changed, call))


def _check_address(address: str, user: User) -> None:
    # It cannot be changed; whether Omni refuses or ignores another one is not known.
    if address.casefold() != user.email.casefold():
        raise BadRequest("userName cannot be changed", at="userName")


def _patched(user: User, operation: dict[str, Any], check_values: Check) -> User:
    path, value = operation.get("path"), operation["value"]
    if operation["op"].lower() == "remove":
        value = None
    if path is not None:
        return _with(user, path, value, check_values)
    for name, each in checked(table(anything), value, "value").items():
        user = _with(user, name, each, check_values)
    return user


def _with(user: User, path: str, value: Any, check_values: Check) -> User:
    if path == "active":
        # Some directories send it as a text.
        words = {"true": True, "false": False}
        active = words.get(value.lower(), value) if isinstance(value, str) else value
        return replace(user, active=checked(boolean, active, "value"))
    if path == "displayName":
        return replace(user, name=checked(text(), value, "value"))
    if path == "userName":
        _check_address(str(value), user)
        return user
    values = _attributes_at(path, value)
    if values is None:
        raise BadRequest(f"Unsupported path: {path}", at="path")
    return replace(user, attributes={**user.attributes, **check_values(values)})


def _attributes_at(path: str, value: Any) -> dict[str, Any] | None:
    if path == ATTRIBUTES and isinstance(value, dict):
        return value
    if path.startswith(f"{ATTRIBUTES}:"):
        return {path.removeprefix(f"{ATTRIBUTES}:"): value}
    return None
