"""List groups: ``GET /scim/v2/Groups``."""

from __future__ import annotations

from omnipd_sandbox.api.groups.record import group_record
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.scim import list_response, matching
from omnipd_sandbox.http.reply import Reply


def list_groups(call: Call) -> Reply:
    """Answer with groups, in the order of their making."""
    groups = sorted(call.organization.groups.values(), key=lambda group: group.created_at)
    found = matching(call.parameters["filter"], groups, {"displayName": lambda group: group.name})
    return list_response(found, lambda group: group_record(group, call), call)
