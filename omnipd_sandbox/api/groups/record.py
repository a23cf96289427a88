"""One group: found, and written as a SCIM resource."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.scim import CORE, meta
from omnipd_sandbox.http.refusals import not_found
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.records import Group


def show_group(call: Call) -> Reply:
    """Answer with one group."""
    return json_reply(group_record(find_group(call), call))


def find_group(call: Call) -> Group:
    """Give the group that the path names."""
    group_id = call.segments.get("miniUuid") or call.segments["id"]
    group = call.organization.groups.get(group_id)
    if group is None:
        raise not_found("Group", group_id)
    return group


def group_record(group: Group, call: Call) -> dict[str, Any]:
    """Write a group as a SCIM resource, with its members unless they are not wanted."""
    users = call.organization.users
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
