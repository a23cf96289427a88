"""One schedule, and who receives what it sends."""

from __future__ import annotations

from typing import Any

from omnipd.sandbox.identity import acting_user
from omnipd.sandbox.organisation import chance
from omnipd.sandbox.organisation.organisation import ORGANIZATION_ID
from omnipd.sandbox.organisation.records import Group
from omnipd.sandbox.organisation.schedules import Schedule
from omnipd.sandbox.refusals import Forbidden, NotFound
from omnipd.sandbox.reply import Reply, json_reply
from omnipd.sandbox.request import Call
from omnipd.sandbox.segments import uuid_in_path


def show_schedule(call: Call) -> Reply:
    """Answer with one schedule, its destination and all."""
    schedule = _find(call)
    return json_reply(
        {
            "id": schedule.id,
            "name": schedule.name,
            "entityId": chance.stable_uuid("document", schedule.document.identifier),
            "organizationId": ORGANIZATION_ID,
            "ownerId": schedule.owner_id,
            "owner": {"name": call.world.organisation.users[schedule.owner_id].name},
            "schedule": schedule.schedule,
            "timezone": schedule.timezone,
            "createdAt": schedule.created_at,
            "updatedAt": schedule.updated_at,
            "disabledAt": schedule.disabled_at,
            "systemDisabledAt": schedule.system_disabled_at,
            "systemDisabledReason": schedule.system_disabled_reason,
            "fanOut": False,
            "killJobsOnFailure": False,
            "conditionType": schedule.alert and schedule.alert.condition,
            "conditionQueryMapKey": schedule.alert and schedule.alert.query_key,
            "filterConfig": {},
            "metadata": None,
            "destinations": [_destination(schedule)],
        }
    )


def list_recipients(call: Call) -> Reply:
    """Answer with the recipients of an e-mail; only the type for anything else."""
    schedule = _find(call)
    if schedule.destination != "email":
        return json_reply({"type": schedule.destination})
    found = [(each.membership_id, each.email, each.name, False) for each in schedule.members]
    found += [(each.membership_id, each.email, each.name, True) for each in schedule.strangers]
    recipients: list[dict[str, Any]] = [
        {"id": id_, "email": email, "name": name, "emailOnly": email_only}
        for id_, email, name, email_only in found
    ]
    if call.world.behaviour.old_shapes:
        for recipient in recipients:
            del recipient["emailOnly"]
    return json_reply(
        {
            "type": "email",
            "recipients": recipients,
            "userGroupRecipients": [_group(each, call) for each in schedule.groups],
        }
    )


def _find(call: Call) -> Schedule:
    schedule_id = uuid_in_path(call, "scheduleId")
    organisation = call.world.organisation
    user = acting_user(call.caller, call.parameters.get("userId"), organisation)
    schedule = organisation.schedules.get(schedule_id)
    if schedule is None:
        raise NotFound(f"Schedule with id {schedule_id} does not exist")
    if user.organization_role != "ORG_ADMIN" and schedule.owner_id != user.membership_id:
        raise Forbidden
    return schedule


def _group(group: Group, call: Call) -> dict[str, Any]:
    users = call.world.organisation.users
    return {
        "id": group.id,
        "name": group.name,
        "recipients": [
            {"id": each, "email": users[each].email, "name": users[each].name}
            for each in group.member_ids
        ],
    }


def _destination(schedule: Schedule) -> dict[str, Any]:
    people = [(each.membership_id, each.email, each.name) for each in schedule.members]
    people += [(each.membership_id, each.email, each.name) for each in schedule.strangers]
    return {
        "id": schedule.destination_id,
        "format": schedule.format,
        "lastCompletedAt": schedule.last_completed_at,
        "lastStatus": schedule.last_status,
        "metadata": schedule.metadata,
        "recipients": [
            {
                "id": chance.stable_uuid("schedule recipient", schedule.id, membership_id),
                "membershipId": membership_id,
                "membership": {"user": {"email": email, "name": name}},
            }
            for membership_id, email, name in people
        ],
        "userGroupRecipients": [{"id": group.id, "name": group.name} for group in schedule.groups],
    }
