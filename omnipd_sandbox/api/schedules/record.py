"""One schedule: found by those who may have it, and written."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.api.items.roles import author, role_on
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.segments import named_in_path
from omnipd_sandbox.calls.world import World
from omnipd_sandbox.http.refusals import Forbidden
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.email_only import EmailOnlyUser
from omnipd_sandbox.organization.organization import ORGANIZATION_ID, Organization
from omnipd_sandbox.organization.records import Group, User
from omnipd_sandbox.organization.schedules import Schedule


def show_schedule(call: Call) -> Reply:
    """Answer with one schedule, its destination and all."""
    return json_reply(full_record(find_schedule(call), call.world))


def find_schedule(call: Call) -> Schedule:
    """Give the schedule that the path names; 403 for what is another's."""
    organization = call.organization
    user = author(call)
    schedule = named_in_path(call, "scheduleId", organization.schedules, "Schedule")
    document = organization.documents[schedule.identifier]
    manages = role_on(user, document, organization) == "MANAGER"
    if user.membership_id != schedule.owner_id and not manages:
        raise Forbidden
    return schedule


def listed_record(schedule: Schedule, world: World) -> dict[str, Any]:
    """Write a schedule as the list does."""
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


def full_record(schedule: Schedule, world: World) -> dict[str, Any]:
    """Write a schedule with all that is known of it."""
    organization = world.organization
    return {
        "id": schedule.id,
        "name": schedule.name,
        "entityId": derived.stable_uuid(
            "document", organization.documents[schedule.identifier].topic
        ),
        "organizationId": ORGANIZATION_ID,
        "ownerId": schedule.owner_id,
        "owner": {"name": organization.person(schedule.owner_id).name},
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
        "destinations": [_destination(schedule, organization)],
    }


def _destination(schedule: Schedule, organization: Organization) -> dict[str, Any]:
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
            for each in people(schedule, organization)
        ],
        "userGroupRecipients": [
            {"id": group.id, "name": group.name} for group in groups(schedule, organization)
        ],
    }


def people(schedule: Schedule, organization: Organization) -> list[User | EmailOnlyUser]:
    """Give the people who receive it, without those who left."""
    members = [organization.users.get(each) for each in schedule.member_ids]
    strangers = [organization.email_only_users.get(each) for each in schedule.stranger_ids]
    return [each for each in (*members, *strangers) if each is not None]


def groups(schedule: Schedule, organization: Organization) -> list[Group]:
    """Give the groups that receive it, without those that are gone."""
    known = organization.groups
    return [known[each] for each in schedule.group_ids if each in known]
