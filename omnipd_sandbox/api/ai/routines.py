"""Prompts that run by themselves."""

from __future__ import annotations

from operator import itemgetter

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.identity import acting_user
from omnipd_sandbox.calls.tables import rows_of, show_page
from omnipd_sandbox.http.reply import Reply


def list_routines(call: Call) -> Reply:
    """Answer with one page of a member's routines, the newest first."""
    user = acting_user(call.caller, call.parameters["userId"], call.world.organization)
    rows = rows_of(call, "routines", userId=user.membership_id)
    return show_page(call, rows, itemgetter("createdAt"), descending=True, hidden=("userId",))
