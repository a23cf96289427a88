"""Members and embed users, as SCIM resources."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.api.people.scim import CORE, list_response, matching
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.segments import uuid_in_path
from omnipd_sandbox.http.refusals import NotFound
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.embed import EmbedUser
from omnipd_sandbox.organization.records import User

ATTRIBUTES = "urn:omni:params:1.0:UserAttribute"
_EXTENSION = "urn:omni:params:scim:schemas:extension:user:2.0"


def list_users(call: Call) -> Reply:
    """Answer with members, in the order in which they joined."""
    users = sorted(call.world.organization.users.values(), key=lambda user: user.created_at)
    found = matching(call.parameters["filter"], users, {"userName": lambda user: user.email})
    return list_response(found, lambda user: member_record(user, call), call)


def show_user(call: Call) -> Reply:
    """Answer with one member; the id is the membership's."""
    return json_reply(member_record(find_member(call), call))


def find_member(call: Call) -> User:
    """Give the member that the path names."""
    user = call.world.organization.users.get(uuid_in_path(call, "id"))
    if user is None:
        raise NotFound(f"User with id {call.segments['id']} does not exist")
    return user


def list_embed_users(call: Call) -> Reply:
    """Answer with embed users, in the order in which they came."""
    users = sorted(call.world.organization.embed_users.values(), key=lambda user: user.created_at)
    found = matching(
        call.parameters["filter"],
        users,
        {
            "userName": lambda user: user.user_name,
            "embedExternalId": lambda user: user.external_id,
        },
        operators=("eq", "co"),
        minds_case=("embedExternalId",),
    )
    return list_response(found, lambda user: _embed_user(user, call), call)


def show_embed_user(call: Call) -> Reply:
    """Answer with one embed user."""
    return json_reply(_embed_user(find_embed_user(call), call))


def find_embed_user(call: Call) -> EmbedUser:
    """Give the embed user that the path names."""
    user = call.world.organization.embed_users.get(uuid_in_path(call, "id"))
    if user is None:
        raise NotFound(f"User with id {call.segments['id']} does not exist")
    return user


def member_record(user: User, call: Call) -> dict[str, Any]:
    """Write a member as a SCIM resource."""
    record: dict[str, Any] = {
        "schemas": [f"{CORE}:User"],
        "id": user.membership_id,
        "userName": user.email,
        "displayName": user.name,
        "active": user.active,
    }
    if call.world.behavior.old_shapes:
        return record
    groups = call.world.organization.groups_of(user.membership_id)
    return record | {
        "schemas": [f"{CORE}:User", ATTRIBUTES, _EXTENSION],
        "emails": [{"value": user.email, "primary": True}],
        "groups": [{"value": group.id, "display": group.name} for group in groups],
        "meta": _meta("User", user.created_at, user.updated_at),
        ATTRIBUTES: dict(user.attributes),
        _EXTENSION: {"lastLogin": user.last_login},
    }


def _embed_user(user: EmbedUser, call: Call) -> dict[str, Any]:
    record: dict[str, Any] = {
        "schemas": [f"{CORE}:User"],
        "id": user.membership_id,
        "userName": user.user_name,
        "displayName": user.name,
        "active": True,
    }
    if call.world.behavior.old_shapes:
        return record
    record |= {
        "emails": [{"value": user.email or user.user_name, "primary": True}],
        "groups": [],
        "meta": _meta("User", user.created_at, user.updated_at),
        "embedExternalId": user.external_id,
    }
    optional = {"embedEntity": user.entity, "embedEmail": user.email}
    return record | {key: value for key, value in optional.items() if value is not None}


def _meta(kind: str, created: str, modified: str) -> dict[str, str]:
    return {"created": created, "lastModified": modified, "resourceType": kind}
