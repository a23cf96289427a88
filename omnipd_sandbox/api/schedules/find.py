"""The schedule that a path names, for those who may have it."""

from __future__ import annotations

from omnipd_sandbox.api.items.roles import author, role_on
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.segments import named_in_path
from omnipd_sandbox.http.refusals import Forbidden
from omnipd_sandbox.organization.schedules import Schedule


def find_schedule(call: Call) -> Schedule:
    """Give the schedule that the path names; 403 for what is another's."""
    organization = call.world.organization
    user = author(call)
    schedule = named_in_path(call, "scheduleId", organization.schedules, "Schedule")
    document = organization.documents[schedule.identifier]
    manages = role_on(user, document, organization) == "MANAGER"
    if user.membership_id != schedule.owner_id and not manages:
        raise Forbidden
    return schedule
