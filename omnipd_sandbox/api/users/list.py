"""List members: ``GET /scim/v2/Users``."""

from __future__ import annotations

from omnipd_sandbox.api.users.find import find_member
from omnipd_sandbox.api.users.record import member_record
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.scim import list_response, matching
from omnipd_sandbox.http.reply import Reply, json_reply


def list_users(call: Call) -> Reply:
    """Answer with members, in the order in which they joined."""
    users = sorted(call.world.organization.users.values(), key=lambda user: user.created_at)
    found = matching(call.parameters["filter"], users, {"userName": lambda user: user.email})
    return list_response(found, lambda user: member_record(user, call), call)


def show_user(call: Call) -> Reply:
    """Answer with one member; the id is the membership's."""
    return json_reply(member_record(find_member(call), call))
