"""Pause schedules, go on with them, run them now, and give them to others."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from omnipd_sandbox.api.content.placing import NEW_OWNER
from omnipd_sandbox.api.content.rights import role_on
from omnipd_sandbox.api.schedules.detail import find_schedule
from omnipd_sandbox.calls.body_keys import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import BadRequest, RefusedRequest, user_not_found
from omnipd_sandbox.http.reply import Reply, done
from omnipd_sandbox.organization.dates import written

# How long a delivery takes by the sandbox's clock; in Omni that depends.
_A_DELIVERY = timedelta(seconds=5)


def pause_schedule(call: Call) -> Reply:
    """Pause a schedule; one that is paused stays so."""
    schedule = find_schedule(call)
    paused = schedule.disabled_at or written(call.world.now())
    call.world.organization.keep_schedule(replace(schedule, disabled_at=paused))
    return done()


def resume_schedule(call: Call) -> Reply:
    """Go on with a schedule; what the system stopped it for is not cleared by that."""
    schedule = find_schedule(call)
    call.world.organization.keep_schedule(replace(schedule, disabled_at=None))
    return done()


def trigger_schedule(call: Call) -> Reply:
    """Deliver now; 409 while the last delivery that was asked for is under way."""
    schedule = find_schedule(call)
    now = call.world.now()
    last = schedule.triggered_at
    if last is not None and now < datetime.fromisoformat(last) + _A_DELIVERY:
        raise RefusedRequest(409, "Another execution is in progress for this schedule")
    call.world.organization.keep_schedule(
        replace(
            schedule,
            triggered_at=written(now),
            last_completed_at=written(now),
            last_status="COMPLETE",
        )
    )
    return done()


def give_schedule(call: Call) -> Reply:
    """Give a schedule to another member, who must see the dashboard."""
    schedule = find_schedule(call)
    user_id: str = read_body(call, NEW_OWNER)["userId"]
    organization = call.world.organization
    user = organization.users.get(user_id)
    if user is None:
        raise user_not_found(user_id)
    if user_id == schedule.owner_id:
        raise BadRequest("User already owns this schedule", at="userId")
    if role_on(user, organization.documents[schedule.identifier], organization) == "NO_ACCESS":
        raise BadRequest("User cannot see the dashboard", at="userId")
    organization.keep_schedule(replace(schedule, owner_id=user_id))
    return done()
