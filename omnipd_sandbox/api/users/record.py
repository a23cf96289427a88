"""One member: found, and written as a SCIM resource."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.scim import CORE, meta
from omnipd_sandbox.calls.segments import named_in_path
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import User

ATTRIBUTES = "urn:omni:params:1.0:UserAttribute"
_EXTENSION = "urn:omni:params:scim:schemas:extension:user:2.0"


def show_user(call: Call) -> Reply:
    """Answer with one member; the id is the membership's."""
    return json_reply(member_record(find_member(call), call))


def find_member(call: Call) -> User:
    """Give the member that the path names."""
    return named_in_path(call, "id", call.organization.users, "User")


def has_member(address: str, organization: Organization) -> bool:
    """Tell whether a member has an e-mail address."""
    wanted = address.casefold()
    return any(wanted == each.email.casefold() for each in organization.users.values())


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
    groups = call.organization.groups_of(user.membership_id)
    return record | {
        "schemas": [f"{CORE}:User", ATTRIBUTES, _EXTENSION],
        "emails": [{"value": user.email, "primary": True}],
        "groups": [{"value": group.id, "display": group.name} for group in groups],
        "meta": meta("User", user.created_at, user.updated_at),
        ATTRIBUTES: dict(user.attributes),
        _EXTENSION: {"lastLogin": user.last_login},
    }
