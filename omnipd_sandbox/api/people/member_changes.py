"""Make, change and remove members."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from omnipd_sandbox.api.people.attribute_values import read_values
from omnipd_sandbox.api.people.scim import PATCH
from omnipd_sandbox.api.people.users import (
    ATTRIBUTES,
    find_embed_user,
    find_member,
    member_record,
)
from omnipd_sandbox.calls.body_keys import (
    Key,
    anything,
    boolean,
    email,
    items,
    one_of,
    read_body,
    record,
    table,
    text,
)
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import BadRequest, RefusedRequest
from omnipd_sandbox.http.reply import Reply, json_reply, nothing
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.attributes import UserAttribute
from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.records import User

_Defined = tuple[UserAttribute, ...]
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
_OPERATION = {
    "op": Key(one_of("replace", "Replace", "add", "Add", "Remove", "remove"), required=True),
    "path": Key(text()),
    "value": Key(anything, required=True),
}
_PATCH = {
    "schemas": Key(items(one_of(PATCH)), required=True),
    "Operations": Key(items(record(_OPERATION), least=1), required=True),
}


def create_user(call: Call) -> Reply:
    """Make a member, without a role of their own."""
    body = read_body(call, _CREATED)
    organization = call.world.organization
    address: str = body["userName"]
    if any(address.casefold() == each.email.casefold() for each in organization.users.values()):
        raise RefusedRequest(409, f"User with email {address} already exists")
    topic = organization.fresh_topic("user")
    now = written(call.world.now())
    user = User(
        membership_id=derived.stable_uuid("membership", *topic),
        user_id=derived.stable_uuid(*topic),
        name=body["displayName"],
        email=address,
        organization_role="MEMBER",
        model_role=None,
        attributes=read_values(body[ATTRIBUTES], ATTRIBUTES, call.world.organization.attributes),
        created_at=now,
        updated_at=now,
        last_login=None,
    )
    organization.keep_user(user)
    return json_reply(member_record(user, call), status=201)


def replace_user(call: Call) -> Reply:
    """Change a member; what is not said stays, but for ``active``."""
    user = find_member(call)
    body = read_body(call, _REPLACED)
    _check_address(body["userName"], user)
    changed = replace(
        user,
        name=body.get("displayName", user.name),
        active=body["active"],
        attributes={
            **user.attributes,
            **read_values(body[ATTRIBUTES], ATTRIBUTES, call.world.organization.attributes),
        },
    )
    return _keep(changed, call)


def patch_user(call: Call) -> Reply:
    """Change parts of a member, one operation after the other."""
    user = find_member(call)
    defined = call.world.organization.attributes
    for place, operation in enumerate(read_body(call, _PATCH)["Operations"]):
        user = _patched(user, operation, f"Operations.{place}", defined)
    return _keep(user, call)


def delete_user(call: Call) -> Reply:
    """Remove a member, who still owns what they owned."""
    user = find_member(call)
    organization = call.world.organization
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


def delete_embed_user(call: Call) -> Reply:
    """Remove an embed user for good."""
    user = find_embed_user(call)
    organization = call.world.organization
    organization.embed_users = {
        key: each for key, each in organization.embed_users.items() if key != user.membership_id
    }
    return nothing()


def _keep(user: User, call: Call) -> Reply:
    changed = replace(user, updated_at=written(call.world.now()))
    call.world.organization.keep_user(changed)
    return json_reply(member_record(changed, call))


def _check_address(address: str, user: User) -> None:
    # It cannot be changed; whether Omni refuses or ignores another one is not known.
    if address.casefold() != user.email.casefold():
        raise BadRequest("userName cannot be changed", at="userName")


def _patched(user: User, operation: dict[str, Any], at: str, defined: _Defined) -> User:
    path, value = operation.get("path"), operation["value"]
    removes = operation["op"].lower() == "remove"
    if path is None:
        if removes or not isinstance(value, dict):
            raise BadRequest("Expected object", at=f"{at}.value")
        for name, each in value.items():
            user = _with(user, name, each, at, defined)
        return user
    return _with(user, path, None if removes else value, at, defined)


def _with(user: User, path: str, value: Any, at: str, defined: _Defined) -> User:
    if path == "active":
        # Some directories send it as a text.
        words = {"true": True, "false": False}
        active = words.get(value.lower()) if isinstance(value, str) else value
        if not isinstance(active, bool):
            raise BadRequest("Expected boolean", at=f"{at}.value")
        return replace(user, active=active)
    if path == "displayName":
        if not isinstance(value, str):
            raise BadRequest("Expected string", at=f"{at}.value")
        return replace(user, name=value)
    if path == "userName":
        _check_address(str(value), user)
        return user
    values = _attributes_at(path, value)
    if values is None:
        raise BadRequest(f"Unsupported path: {path}", at=f"{at}.path")
    return replace(user, attributes={**user.attributes, **read_values(values, at, defined)})


def _attributes_at(path: str, value: Any) -> dict[str, Any] | None:
    if path == ATTRIBUTES and isinstance(value, dict):
        return value
    if path.startswith(f"{ATTRIBUTES}:"):
        return {path.removeprefix(f"{ATTRIBUTES}:"): value}
    return None
