"""Groups, as SCIM resources."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.scim import CORE, meta
from omnipd_sandbox.organization.records import Group


def group_record(group: Group, call: Call) -> dict[str, Any]:
    """Write a group as a SCIM resource, with its members unless they are not wanted."""
    users = call.world.organization.users
    record: dict[str, Any] = {
        "schemas": [f"{CORE}:Group"],
        "id": group.id,
        "displayName": group.name,
        "meta": meta("Group", group.created_at, group.updated_at),
    }
    if call.parameters.get("excludedAttributes") is None:
        record["members"] = [
            {"value": member, "display": users[member].email} for member in group.member_ids
        ]
    return record
