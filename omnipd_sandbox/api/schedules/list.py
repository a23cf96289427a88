"""List deliveries and alerts: ``GET /schedules``."""

from __future__ import annotations

from collections.abc import Iterable

from omnipd_sandbox.api.schedules.record import listed_record
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.paging import Rank, Ranks, asked_order, cut_numbered_page, page_reply
from omnipd_sandbox.http.reply import Reply
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.schedules import Schedule

# What counts as which: assumed. A condition that is not met is no failure.
_OUTCOMES = {
    "COMPLETE": "success",
    "CONDITION_UNMET": "success",
    "ERROR": "error",
    "ERROR_DELIVERED": "error",
    "KILLED": "canceled",
}


def list_schedules(call: Call) -> Reply:
    """Answer with one page of the schedules that match; the cursor is the page's number."""
    organization = call.organization

    def found() -> Iterable[Schedule]:
        return (each for each in organization.schedules.values() if _matches(each, call))

    def owner_name(schedule: Schedule) -> Rank:
        return organization.person(schedule.owner_id).name

    def dashboard_name(schedule: Schedule) -> Rank:
        return organization.documents[schedule.identifier].name

    ranks: Ranks[Schedule] = {
        "scheduleName": lambda each: each.name,
        "dashboardName": dashboard_name,
        "ownerName": owner_name,
        # What never ran comes before everything: assumed.
        "lastRun": lambda each: each.last_completed_at or "",
        "lastRunStatus": lambda each: each.last_status or "",
    }
    order = asked_order(call, ranks, lambda each: each.id)
    page = cut_numbered_page(call, found, order)
    return page_reply(page, lambda each: listed_record(each, call.world))


def _matches(schedule: Schedule, call: Call) -> bool:
    asked = call.parameters
    caller = call.caller.user
    if caller.organization_role != "ORG_ADMIN" and schedule.owner_id != caller.membership_id:
        return False
    wanted = {
        "status": _OUTCOMES.get(schedule.last_status or "", "none"),
        "destination": schedule.destination,
        "contentType": schedule.content,
        "scheduleType": "alert" if schedule.alert else "schedule",
        "identifier": schedule.identifier,
        "ownerId": schedule.owner_id,
    }
    if any(asked[name] not in {None, value} for name, value in wanted.items()):
        return False
    # No schedule here belongs to an embed user.
    return not asked["embedEntity"] and _mentions(schedule, asked["q"] or "", call.organization)


def _mentions(schedule: Schedule, words: str, organization: Organization) -> bool:
    texts = (
        schedule.name,
        organization.documents[schedule.identifier].name,
        organization.person(schedule.owner_id).name,
    )
    return any(words.casefold() in text.casefold() for text in texts)
