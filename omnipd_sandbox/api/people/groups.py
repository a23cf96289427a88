"""Groups, as SCIM resources."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.api.people.scim import CORE, list_response, matching
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import NotFound
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.records import Group


def list_groups(call: Call) -> Reply:
    """Answer with groups, in the order of their making."""
    groups = sorted(call.world.organization.groups.values(), key=lambda group: group.created_at)
    found = matching(call.parameters["filter"], groups, {"displayName": lambda group: group.name})
    return list_response(found, lambda group: group_record(group, call), call)


def show_group(call: Call) -> Reply:
    """Answer with one group."""
    return json_reply(group_record(find_group(call), call))


def find_group(call: Call) -> Group:
    """Give the group that the path names."""
    group_id = call.segments.get("miniUuid") or call.segments["id"]
    group = call.world.organization.groups.get(group_id)
    if group is None:
        raise NotFound(f"Group with id {group_id} does not exist")
    return group


def group_record(group: Group, call: Call) -> dict[str, Any]:
    """Write a group as a SCIM resource, with its members unless they are not wanted."""
    users = call.world.organization.users
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
    if call.parameters.get("excludedAttributes") is None:
        record["members"] = [
            {"value": member, "display": users[member].email} for member in group.member_ids
        ]
    return record
