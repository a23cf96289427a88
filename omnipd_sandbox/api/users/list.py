"""List members: ``GET /scim/v2/Users``."""

from __future__ import annotations

from omnipd_sandbox.api.users.record import member_record
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.scim import list_response, matching
from omnipd_sandbox.http.reply import Reply


def list_users(call: Call) -> Reply:
    """Answer with members, in the order in which they joined."""
    users = sorted(call.organization.users.values(), key=lambda user: user.created_at)
    found = matching(call.parameters["filter"], users, {"userName": lambda user: user.email})
    return list_response(found, lambda user: member_record(user, call), call)
