"""Make schedules, replace them and delete them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from omnipd_sandbox.api.documents.dashboard import numbered
from omnipd_sandbox.api.items.roles import author, role_on
from omnipd_sandbox.api.items.visible import member_sees
from omnipd_sandbox.api.schedules.recipients import Recipients, by_address
from omnipd_sandbox.api.schedules.record import find_schedule
from omnipd_sandbox.api.users.email_only import ensure_email_only_user
from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import (
    Key,
    anything,
    boolean,
    email,
    items,
    one_of,
    record,
    text,
    time_zone,
)
from omnipd_sandbox.http.refusals import BadRequest, Forbidden, not_found
from omnipd_sandbox.http.reply import Reply, done, json_reply
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.abilities import abilities
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Document
from omnipd_sandbox.organization.schedules import Alert, Schedule


def _cron(value: Any) -> str:
    """Take six fields, as AWS has them; what stands in each is not looked at."""
    if not re.fullmatch(r"[0-9A-Z*?/,#L-]+( +[0-9A-Z*?/,#L-]+){5}", text()(value)):
        raise BadRequest("Invalid cron expression: six fields are needed")
    return str(value)


_KEYS = {
    "identifier": Key(text(), required=True),
    "name": Key(text(1), required=True),
    "schedule": Key(_cron, required=True),
    "timezone": Key(time_zone, required=True),
    "format": Key(one_of("link_only", "pdf", "png", "csv", "xlsx", "json"), required=True),
    "destinationType": Key(one_of("email", "webhook", "sftp", "slack", "s3"), required=True),
    "recipients": Key(items(record({"email": Key(email, required=True)}), minimum=1)),
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
    topic = call.organization.fresh_topic("schedule")
    schedule = Schedule(
        id=derived.stable_uuid(*topic),
        destination_id=derived.stable_uuid("destination", *topic),
        owner_id=author(call).membership_id,
        created_at=call.world.timestamp(),
        disabled_at=None,
        system_disabled_at=None,
        system_disabled_reason=None,
        last_completed_at=None,
        last_status=None,
        **_said(body, document, call),
    )
    call.organization.keep_schedule(schedule)
    answer = {"id": schedule.id, "message": "Successfully created schedule"}
    if schedule.destination == "s3":
        answer |= {
            "delivererRoleArn": "arn:aws:iam::000000000000:role/omni-deliverer",
            "externalId": derived.stable_uuid("external", *topic),
        }
    return json_reply(answer)


def replace_schedule(call: Call) -> Reply:
    """Replace a schedule whole: what is not said is as if it had never been."""
    schedule = find_schedule(call)
    body = _read(call)
    said = _said(body, _dashboard(body, call), call)
    # When it last ran, and whether it is paused, is no part of what was sent: assumed to stay.
    call.organization.keep_schedule(replace(schedule, **said))
    return done()


def delete_schedule(call: Call) -> Reply:
    """Delete a schedule for good."""
    schedule = find_schedule(call)
    call.organization.schedules = {
        key: each for key, each in call.organization.schedules.items() if key != schedule.id
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
    organization = call.organization
    identifier: str = body["identifier"]
    identifier = organization.moved.get(identifier, identifier)
    document = organization.documents.get(identifier)
    user = author(call)
    if (
        document is None
        or document.deleted
        or not document.has_dashboard
        or not member_sees(user, document, organization)
    ):
        raise not_found("Dashboard", identifier, by="identifier")
    may = (
        abilities(document, organization)["canSchedule"]
        or role_on(user, document, organization) == "MANAGER"
    )
    if not may:
        raise Forbidden
    return document


def _said(body: dict[str, Any], document: Document, call: Call) -> dict[str, Any]:
    """Give all of a schedule that a body says."""
    destination: str = body["destinationType"]
    kept = {name: body[name] for name in _KEPT.get(destination, ()) if name in body}
    recipients = _recipients(body, call.organization)
    return {
        "name": body["name"],
        "identifier": document.identifier,
        "content": "dashboard",
        "format": body["format"],
        "destination": destination,
        "member_ids": recipients.member_ids,
        "stranger_ids": recipients.stranger_ids,
        "group_ids": (),
        "schedule": body["schedule"],
        "timezone": body["timezone"],
        "updated_at": call.world.timestamp(),
        "slack_recipient_type": body["slackRecipientType"] if destination == "slack" else None,
        "alert": _alert(body, document),
        "metadata": kept or None,
        "fan_out": body["fanOut"],
        "kill_jobs_on_failure": body["killJobsOnFailure"],
        "filter_config": body["filterConfig"],
    }


def _alert(body: dict[str, Any], document: Document) -> Alert | None:
    if "conditionType" not in body:
        return None
    names = {key: query.name for key, query in numbered(document.queries)}
    wanted: str = body["conditionQueryMapKey"]
    if wanted not in names:
        raise BadRequest("There is no such query on the dashboard", at="conditionQueryMapKey")
    return Alert(body["conditionType"], names[wanted], wanted)


def _recipients(body: dict[str, Any], organization: Organization) -> Recipients:
    if body["destinationType"] != "email":
        return Recipients()
    addresses = [each["email"] for each in body["recipients"]]
    return by_address(addresses, organization, ensure_email_only_user)
