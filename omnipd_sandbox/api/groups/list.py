"""List groups: ``GET /scim/v2/Groups``."""

from __future__ import annotations

from omnipd_sandbox.api.groups.find import find_group
from omnipd_sandbox.api.groups.record import group_record
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.scim import list_response, matching
from omnipd_sandbox.http.reply import Reply, json_reply


def list_groups(call: Call) -> Reply:
    """Answer with groups, in the order of their making."""
    groups = sorted(call.world.organization.groups.values(), key=lambda group: group.created_at)
    found = matching(call.parameters["filter"], groups, {"displayName": lambda group: group.name})
    return list_response(found, lambda group: group_record(group, call), call)


def show_group(call: Call) -> Reply:
    """Answer with one group."""
    return json_reply(group_record(find_group(call), call))
