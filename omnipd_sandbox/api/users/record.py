"""Members, as SCIM resources."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.scim import CORE, meta
from omnipd_sandbox.organization.records import User

ATTRIBUTES = "urn:omni:params:1.0:UserAttribute"
_EXTENSION = "urn:omni:params:scim:schemas:extension:user:2.0"


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
        "meta": meta("User", user.created_at, user.updated_at),
        ATTRIBUTES: dict(user.attributes),
        _EXTENSION: {"lastLogin": user.last_login},
    }
