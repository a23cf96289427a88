"""One schedule, and who receives what it sends."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.api.content.rights import role_on
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.identity import acting_user
from omnipd_sandbox.calls.segments import uuid_in_path
from omnipd_sandbox.http.refusals import Forbidden, NotFound
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.email_only import EmailOnlyUser
from omnipd_sandbox.organization.organization import ORGANIZATION_ID
from omnipd_sandbox.organization.records import Group, User
from omnipd_sandbox.organization.schedules import Schedule


def show_schedule(call: Call) -> Reply:
    """Answer with one schedule, its destination and all."""
    schedule = find_schedule(call)
    return json_reply(
        {
            "id": schedule.id,
            "name": schedule.name,
            "entityId": derived.stable_uuid(
                "document", call.world.organization.documents[schedule.identifier].topic
            ),
            "organizationId": ORGANIZATION_ID,
            "ownerId": schedule.owner_id,
            "owner": {"name": call.world.organization.person(schedule.owner_id).name},
            "schedule": schedule.schedule,
            "timezone": schedule.timezone,
            "createdAt": schedule.created_at,
            "updatedAt": schedule.updated_at,
            "disabledAt": schedule.disabled_at,
            "systemDisabledAt": schedule.system_disabled_at,
            "systemDisabledReason": schedule.system_disabled_reason,
            "fanOut": schedule.fan_out,
            "killJobsOnFailure": schedule.kill_jobs_on_failure,
            "conditionType": schedule.alert and schedule.alert.condition,
            "conditionQueryMapKey": schedule.alert and schedule.alert.query_key,
            "filterConfig": schedule.filter_config,
            "metadata": None,
            "destinations": [_destination(schedule, call)],
        }
    )


def list_recipients(call: Call) -> Reply:
    """Answer with the recipients of an e-mail; only the type for anything else."""
    schedule = find_schedule(call)
    if schedule.destination != "email":
        return json_reply({"type": schedule.destination})
    recipients: list[dict[str, Any]] = [
        {
            "id": each.membership_id,
            "email": each.email,
            "name": each.name,
            "emailOnly": isinstance(each, EmailOnlyUser),
        }
        for each in _people(schedule, call)
    ]
    if call.world.behavior.old_shapes:
        for recipient in recipients:
            del recipient["emailOnly"]
    return json_reply(
        {
            "type": "email",
            "recipients": recipients,
            "userGroupRecipients": [_group(each, call) for each in _groups(schedule, call)],
        }
    )


def find_schedule(call: Call) -> Schedule:
    """Give the schedule that the path names; 403 for what is another's."""
    schedule_id = uuid_in_path(call, "scheduleId")
    organization = call.world.organization
    user = acting_user(call.caller, call.parameters.get("userId"), organization)
    schedule = organization.schedules.get(schedule_id)
    if schedule is None:
        raise NotFound(f"Schedule with id {schedule_id} does not exist")
    document = organization.documents[schedule.identifier]
    if user.membership_id != schedule.owner_id and (
        role_on(user, document, organization) != "MANAGER"
    ):
        raise Forbidden
    return schedule


def _people(schedule: Schedule, call: Call) -> list[User | EmailOnlyUser]:
    """Give the people who receive it, without those who left."""
    organization = call.world.organization
    members = [organization.users.get(each) for each in schedule.member_ids]
    strangers = [organization.email_only_users.get(each) for each in schedule.stranger_ids]
    return [each for each in (*members, *strangers) if each is not None]


def _groups(schedule: Schedule, call: Call) -> list[Group]:
    groups = call.world.organization.groups
    return [groups[each] for each in schedule.group_ids if each in groups]


def _group(group: Group, call: Call) -> dict[str, Any]:
    users = call.world.organization.users
    return {
        "id": group.id,
        "name": group.name,
        "recipients": [
            {"id": each, "email": users[each].email, "name": users[each].name}
            for each in group.member_ids
        ],
    }


def _destination(schedule: Schedule, call: Call) -> dict[str, Any]:
    return {
        "id": schedule.destination_id,
        "format": schedule.format,
        "lastCompletedAt": schedule.last_completed_at,
        "lastStatus": schedule.last_status,
        "metadata": schedule.metadata,
        "recipients": [
            {
                "id": derived.stable_uuid("schedule recipient", schedule.id, each.membership_id),
                "membershipId": each.membership_id,
                "membership": {"user": {"email": each.email, "name": each.name}},
            }
            for each in _people(schedule, call)
        ],
        "userGroupRecipients": [
            {"id": group.id, "name": group.name} for group in _groups(schedule, call)
        ],
    }
