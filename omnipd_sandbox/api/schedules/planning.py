"""Make schedules, replace them and delete them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from omnipd_sandbox.api.content.document import numbered
from omnipd_sandbox.api.content.rights import author, role_on
from omnipd_sandbox.api.content.visible import may_view
from omnipd_sandbox.api.people.email_only import stranger
from omnipd_sandbox.api.schedules.addresses import by_address
from omnipd_sandbox.api.schedules.detail import find_schedule
from omnipd_sandbox.calls.body_keys import (
    Key,
    Wrong,
    anything,
    boolean,
    email,
    items,
    one_of,
    read_body,
    record,
    text,
)
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import BadRequest, Forbidden, NotFound
from omnipd_sandbox.http.reply import Reply, done, json_reply
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.abilities import abilities
from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Document
from omnipd_sandbox.organization.schedules import Alert, Schedule


def _cron(value: Any) -> str:
    """Take six fields, as AWS has them; what stands in each is not looked at."""
    if not re.fullmatch(r"[0-9A-Z*?/,#L-]+( +[0-9A-Z*?/,#L-]+){5}", text()(value)):
        raise Wrong("Invalid cron expression: six fields are needed")
    return str(value)


def _zone(value: Any) -> str:
    try:
        ZoneInfo(text()(value))
    except (ValueError, OSError, LookupError):
        raise Wrong("Invalid timezone") from None
    return str(value)


_KEYS = {
    "identifier": Key(text(), required=True),
    "name": Key(text(1), required=True),
    "schedule": Key(_cron, required=True),
    "timezone": Key(_zone, required=True),
    "format": Key(one_of("link_only", "pdf", "png", "csv", "xlsx", "json"), required=True),
    "destinationType": Key(one_of("email", "webhook", "sftp", "slack", "s3"), required=True),
    "recipients": Key(items(record({"email": Key(email, required=True)}), least=1)),
    "webhookUrl": Key(text(1)),
    "bucketName": Key(text(1)),
    "region": Key(text(1)),
    "roleArn": Key(text(1)),
    "keyPrefix": Key(text()),
    "slackRecipientType": Key(text(1)),
    "fanOut": Key(boolean, default=False),
    "killJobsOnFailure": Key(boolean, default=False),
    "filterConfig": Key(anything, default={}),
    "conditionType": Key(
        one_of("RESULTS_CHANGED", "RESULTS_UNCHANGED", "RESULTS_PRESENT", "RESULTS_MISSING")
    ),
    "conditionQueryMapKey": Key(text()),
    "testNow": Key(boolean, default=False),
    # How a file looks; no read shows them.
    **{
        name: Key(boolean)
        for name in (
            "enableFormatting",
            "hideHiddenFields",
            "hideTitle",
            "showContentLink",
            "showFilters",
        )
    },
}
# What each destination cannot do without.
_NEEDED = {
    "email": ("recipients",),
    "webhook": ("webhookUrl",),
    "s3": ("bucketName", "region", "roleArn"),
    "slack": ("slackRecipientType",),
}
_KEPT = {
    "webhook": ("webhookUrl",),
    "s3": ("bucketName", "region", "roleArn", "keyPrefix"),
}


def create_schedule(call: Call) -> Reply:
    """Make a schedule; a trial delivers at once and leaves none behind."""
    body = _read(call)
    document = _dashboard(body, call)
    if body["testNow"]:
        return json_reply({"message": "Test delivery sent"})
    organization = call.world.organization
    topic = organization.fresh_topic("schedule")
    schedule = _schedule(
        body,
        document,
        call,
        id=derived.stable_uuid(*topic),
        destination_id=derived.stable_uuid("destination", *topic),
        owner_id=author(call).membership_id,
        created_at=written(call.world.now()),
    )
    organization.keep_schedule(schedule)
    answer = {"id": schedule.id, "message": "Schedule created"}
    if schedule.destination == "s3":
        answer |= {
            "delivererRoleArn": "arn:aws:iam::000000000000:role/omni-deliverer",
            "externalId": derived.stable_uuid("external", *topic),
        }
    return json_reply(answer)


def replace_schedule(call: Call) -> Reply:
    """Replace a schedule whole: what is not said is as if it had never been."""
    old = find_schedule(call)
    body = _read(call)
    new = _schedule(
        body,
        _dashboard(body, call),
        call,
        id=old.id,
        destination_id=old.destination_id,
        owner_id=old.owner_id,
        created_at=old.created_at,
    )
    call.world.organization.keep_schedule(
        # When it last ran, and whether it is paused, is no part of what was sent: assumed to stay.
        replace(
            new,
            disabled_at=old.disabled_at,
            system_disabled_at=old.system_disabled_at,
            system_disabled_reason=old.system_disabled_reason,
            last_completed_at=old.last_completed_at,
            last_status=old.last_status,
            triggered_at=old.triggered_at,
        )
    )
    return done()


def delete_schedule(call: Call) -> Reply:
    """Delete a schedule for good."""
    schedule = find_schedule(call)
    organization = call.world.organization
    organization.schedules = {
        key: each for key, each in organization.schedules.items() if key != schedule.id
    }
    return done()


def _read(call: Call) -> dict[str, Any]:
    body = read_body(call, _KEYS)
    destination: str = body["destinationType"]
    if destination not in _NEEDED:
        raise BadRequest(
            "The sandbox does not know what sftp needs: no source says", at="destinationType"
        )
    for name in _NEEDED[destination]:
        if name not in body:
            raise BadRequest("Required", at=name)
    # One without the other says nothing: assumed.
    for one, other in (
        ("conditionType", "conditionQueryMapKey"),
        ("conditionQueryMapKey", "conditionType"),
    ):
        if one in body and other not in body:
            raise BadRequest("Required", at=other)
    return body


def _dashboard(body: dict[str, Any], call: Call) -> Document:
    organization = call.world.organization
    identifier: str = body["identifier"]
    identifier = organization.moved.get(identifier, identifier)
    document = organization.documents.get(identifier)
    user = author(call)
    seer = None if user.organization_role == "ORG_ADMIN" else user.membership_id
    if (
        document is None
        or document.deleted
        or not document.has_dashboard
        or not may_view(seer, document, organization)
    ):
        raise NotFound(f"Dashboard with identifier {identifier} does not exist")
    may = (
        abilities(document, organization)["canSchedule"]
        or role_on(user, document, organization) == "MANAGER"
    )
    if not may:
        raise Forbidden
    return document


def _schedule(
    body: dict[str, Any],
    document: Document,
    call: Call,
    *,
    id: str,  # noqa: A002 - the record's own name
    destination_id: str,
    owner_id: str,
    created_at: str,
) -> Schedule:
    destination: str = body["destinationType"]
    kept = {name: body[name] for name in _KEPT.get(destination, ()) if name in body}
    members, strangers = _recipients(body, call.world.organization)
    return Schedule(
        id=id,
        name=body["name"],
        identifier=document.identifier,
        content="dashboard",
        format=body["format"],
        destination=destination,
        destination_id=destination_id,
        member_ids=members,
        stranger_ids=strangers,
        group_ids=(),
        schedule=body["schedule"],
        timezone=body["timezone"],
        owner_id=owner_id,
        created_at=created_at,
        updated_at=written(call.world.now()),
        disabled_at=None,
        system_disabled_at=None,
        system_disabled_reason=None,
        last_completed_at=None,
        last_status=None,
        slack_recipient_type=body.get("slackRecipientType") if destination == "slack" else None,
        alert=_alert(body, document),
        metadata=kept or None,
        fan_out=body["fanOut"],
        kill_jobs_on_failure=body["killJobsOnFailure"],
        filter_config=body["filterConfig"],
    )


def _alert(body: dict[str, Any], document: Document) -> Alert | None:
    if "conditionType" not in body:
        return None
    names = {key: query.name for key, query in numbered(document.queries)}
    wanted: str = body["conditionQueryMapKey"]
    if wanted not in names:
        raise BadRequest("There is no such query on the dashboard", at="conditionQueryMapKey")
    return Alert(body["conditionType"], names[wanted], wanted)


def _recipients(
    body: dict[str, Any], organization: Organization
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if body["destinationType"] != "email":
        return (), ()
    addresses = [each["email"] for each in body["recipients"]]
    return by_address(addresses, organization, stranger)
