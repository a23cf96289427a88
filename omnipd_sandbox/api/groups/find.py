"""The group that a path names."""

from __future__ import annotations

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import not_found
from omnipd_sandbox.organization.records import Group


def find_group(call: Call) -> Group:
    """Give the group that the path names."""
    group_id = call.segments.get("miniUuid") or call.segments["id"]
    group = call.world.organization.groups.get(group_id)
    if group is None:
        raise not_found("Group", group_id)
    return group
