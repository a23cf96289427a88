"""List deliveries and alerts: ``GET /schedules``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.paging import Order, Rank, cut_numbered_page
from omnipd_sandbox.calls.world import World
from omnipd_sandbox.http.reply import Reply, json_reply
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
    asked = call.parameters
    organization = call.world.organization

    def found() -> Iterable[Schedule]:
        return (each for each in organization.schedules.values() if _matches(each, call))

    def owner_name(schedule: Schedule) -> Rank:
        return organization.person(schedule.owner_id).name

    def dashboard_name(schedule: Schedule) -> Rank:
        return organization.documents[schedule.identifier].name

    ranks: dict[str, Callable[[Schedule], Rank]] = {
        "scheduleName": lambda each: each.name,
        "dashboardName": dashboard_name,
        "ownerName": owner_name,
        # What never ran comes before everything: assumed.
        "lastRun": lambda each: each.last_completed_at or "",
        "lastRunStatus": lambda each: each.last_status or "",
    }
    order: Order[Schedule] = Order(
        rank=ranks[asked["sortField"]],
        identity=lambda each: each.id,
        descending=asked["sortDirection"] == "desc",
    )
    page, info = cut_numbered_page(call, found, order)
    return json_reply({"records": [_record(each, call.world) for each in page], "pageInfo": info})


def _matches(schedule: Schedule, call: Call) -> bool:
    asked = call.parameters
    organization = call.world.organization
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
    return not asked["embedEntity"] and _mentions(schedule, asked["q"] or "", organization)


def _mentions(schedule: Schedule, words: str, organization: Organization) -> bool:
    texts = (
        schedule.name,
        organization.documents[schedule.identifier].name,
        organization.person(schedule.owner_id).name,
    )
    return any(words.casefold() in text.casefold() for text in texts)


def _record(schedule: Schedule, world: World) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": schedule.id,
        "name": schedule.name,
        "identifier": schedule.identifier,
        "dashboardName": world.organization.documents[schedule.identifier].name,
        "content": schedule.content,
        "format": schedule.format,
        "destinationType": schedule.destination,
        "recipientCount": schedule.recipient_count,
        "schedule": schedule.schedule,
        "timezone": schedule.timezone,
        "ownerId": schedule.owner_id,
        "ownerName": world.organization.person(schedule.owner_id).name,
        "disabledAt": schedule.disabled_at,
        "systemDisabledAt": schedule.system_disabled_at,
        "systemDisabledReason": schedule.system_disabled_reason,
        "lastCompletedAt": schedule.last_completed_at,
        "lastStatus": schedule.last_status,
        "slackRecipientType": schedule.slack_recipient_type,
    }
    alert = schedule.alert and {
        "conditionType": schedule.alert.condition,
        "conditionQueryName": schedule.alert.query_name,
    }
    if world.behavior.old_shapes:
        del record["format"], record["ownerId"]
        return record | {"alert": alert}
    return record | ({"alert": alert} if alert else {})
