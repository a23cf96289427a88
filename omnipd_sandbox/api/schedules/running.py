"""Pause schedules, go on with them, run them now, and give them to others."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from omnipd_sandbox.api.items.roles import role_on
from omnipd_sandbox.api.schedules.record import find_schedule
from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, uuid
from omnipd_sandbox.calls.identity import member_with_id
from omnipd_sandbox.http.refusals import BadRequest, RefusedRequest
from omnipd_sandbox.http.reply import Reply, done
from omnipd_sandbox.organization.dates import written

_NEW_OWNER = {"userId": Key(uuid, required=True)}
# How long a delivery takes by the sandbox's clock; in Omni that depends.
_A_DELIVERY = timedelta(seconds=5)


def pause_schedule(call: Call) -> Reply:
    """Pause a schedule; one that is paused stays so."""
    schedule = find_schedule(call)
    paused = schedule.disabled_at or call.world.timestamp()
    call.organization.keep_schedule(replace(schedule, disabled_at=paused))
    return done()


def resume_schedule(call: Call) -> Reply:
    """Go on with a schedule; what the system stopped it for is not cleared by that."""
    schedule = find_schedule(call)
    call.organization.keep_schedule(replace(schedule, disabled_at=None))
    return done()


def trigger_schedule(call: Call) -> Reply:
    """Deliver now; 409 while the last delivery that was asked for is under way."""
    schedule = find_schedule(call)
    now = call.world.now()
    last = schedule.triggered_at
    if last is not None and now < datetime.fromisoformat(last) + _A_DELIVERY:
        raise RefusedRequest(409, "Another execution is in progress for this schedule")
    call.organization.keep_schedule(
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
    organization = call.organization
    user = member_with_id(read_body(call, _NEW_OWNER)["userId"], organization)
    if user.membership_id == schedule.owner_id:
        raise BadRequest("User already owns this schedule", at="userId")
    if role_on(user, organization.documents[schedule.identifier], organization) == "NO_ACCESS":
        raise BadRequest("User cannot see the dashboard", at="userId")
    organization.keep_schedule(replace(schedule, owner_id=user.membership_id))
    return done()
