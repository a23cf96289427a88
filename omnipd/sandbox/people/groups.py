"""Groups, as SCIM resources."""

from __future__ import annotations

from typing import Any

from omnipd.sandbox.organisation.records import Group
from omnipd.sandbox.people.scim import CORE, list_response, matching
from omnipd.sandbox.refusals import NotFound
from omnipd.sandbox.reply import Reply, json_reply
from omnipd.sandbox.request import Call


def list_groups(call: Call) -> Reply:
    """Answer with groups, in the order of their making."""
    groups = sorted(call.world.organisation.groups.values(), key=lambda group: group.created_at)
    found = matching(call.parameters["filter"], groups, {"displayName": lambda group: group.name})
    return list_response(found, lambda group: _group(group, call), call)


def show_group(call: Call) -> Reply:
    """Answer with one group."""
    group = call.world.organisation.groups.get(call.segments["miniUuid"])
    if group is None:
        raise NotFound(f"Group with id {call.segments['miniUuid']} does not exist")
    return json_reply(_group(group, call))


def _group(group: Group, call: Call) -> dict[str, Any]:
    users = call.world.organisation.users
    record: dict[str, Any] = {
        "schemas": [f"{CORE}:Group"],
        "id": group.id,
        "displayName": group.name,
        "meta": {
            "created": group.created_at,
            "lastModified": group.updated_at,
            "resourceType": "Group",
        },
    }
    if call.parameters["excludedAttributes"] is None:
        record["members"] = [
            {"value": member, "display": users[member].email} for member in group.member_ids
        ]
    return record
