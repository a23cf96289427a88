"""Deliveries of dashboards, and alerts on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from omnipd_sandbox.invention import chance
from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.derived import base62, instant, number, stable_uuid
from omnipd_sandbox.organization.email_only import EmailOnlyUser
from omnipd_sandbox.organization.records import Document, Group, User
from omnipd_sandbox.organization.schedules import Alert, Schedule

_AT_MOST = 120
_DESTINATIONS = ("email", "email", "email", "slack", "webhook", "s3", "sftp", "google_sheets")
_FORMATS = {"email": "pdf", "slack": "png", "google_sheets": "csv", "s3": "csv", "sftp": "xlsx"}
_CRONS = ("0 8 ? * MON *", "0 6 * * ? *", "30 17 L * ? *", "0 0/2 ? * MON-FRI *")
_ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo")
_STATUSES = ("COMPLETE", "COMPLETE", "ERROR", "ERROR_DELIVERED", "KILLED", "CONDITION_UNMET", None)
_REASONS = ("missingQuery", "noAccess", "orphanedFilterConfigKeys")
_CONDITIONS = ("RESULTS_PRESENT", "RESULTS_CHANGED")


def invent_schedules(
    documents: Sequence[Document],
    users: Sequence[User],
    email_only_users: Sequence[EmailOnlyUser],
    groups: Sequence[Group],
) -> list[Schedule]:
    """Invent schedules on dashboards: three on each of the first, until there are enough."""
    dashboards = [
        document
        for document in documents
        if document.has_dashboard and not document.deleted and document.scope == "organization"
    ]
    return [
        _schedule(place, document, users, email_only_users, groups)
        for place, document in enumerate(
            [document for document in dashboards[: _AT_MOST // 3] for _ in range(3)]
        )
    ]


def _schedule(
    place: int,
    document: Document,
    users: Sequence[User],
    email_only_users: Sequence[EmailOnlyUser],
    groups: Sequence[Group],
) -> Schedule:
    topic = (document.identifier, place % 3)
    created = instant("scheduled", *topic)
    destination = chance.pick(_DESTINATIONS, "destination", *topic)
    by_mail = destination == "email"
    status = chance.pick(_STATUSES, "last status", *topic)
    stopped = chance.one_in(12, "stopped by the system", *topic)
    tile = bool(document.queries) and chance.one_in(4, "tile", *topic)
    return Schedule(
        id=stable_uuid("schedule", *topic),
        name=f"{document.name[:80]} – {chance.pick(('weekly', 'daily', 'now and then'), *topic)}",
        identifier=document.identifier,
        content="single tile" if tile else "dashboard",
        format=_FORMATS.get(destination, "json"),
        destination=destination,
        destination_id=stable_uuid("destination", *topic),
        member_ids=tuple(
            each.membership_id
            for each in chance.some(users[:24], 12, "recipient", *topic)
            if by_mail
        ),
        stranger_ids=tuple(
            each.membership_id
            for each in chance.some(email_only_users, 4, "stranger", *topic)
            if by_mail
        ),
        group_ids=tuple(
            each.id for each in chance.some(groups, 20, "recipient group", *topic) if by_mail
        ),
        schedule=chance.pick(_CRONS, "cron", *topic),
        timezone=chance.pick(_ZONES, "zone", *topic),
        owner_id=chance.pick(users[:23], "schedule owner", *topic).membership_id,
        created_at=written(created),
        updated_at=written(created + timedelta(days=1)),
        disabled_at=(
            written(created + timedelta(days=50)) if chance.one_in(9, "paused", *topic) else None
        ),
        system_disabled_at=written(created + timedelta(days=60)) if stopped else None,
        system_disabled_reason=chance.pick(_REASONS, "why", *topic) if stopped else None,
        last_completed_at=written(created + timedelta(days=30)) if status else None,
        last_status=status,
        slack_recipient_type=(
            chance.pick(("Channel", "Users"), "slack", *topic) if destination == "slack" else None
        ),
        alert=_alert(document, topic) if chance.one_in(5, "alert", *topic) else None,
        metadata=_metadata(destination, topic),
    )


def _alert(document: Document, topic: tuple[str, int]) -> Alert:
    condition = chance.pick(_CONDITIONS, "condition", *topic)
    if not document.queries:
        return Alert(condition, None, None)
    place = number(len(document.queries), "alert query", *topic)
    return Alert(condition, document.queries[place].name, str(place + 1))


def _metadata(destination: str, topic: tuple[str, int]) -> dict[str, Any] | None:
    # Omni keeps addresses and credentials here, which a client should leave alone.
    places = {
        "webhook": {"url": f"https://hooks.example/{base62(12, 'hook', *topic)}"},
        "s3": {"bucket": "sandbox-exports", "roleArn": "arn:aws:iam::000000000000:role/none"},
        "sftp": {"host": "sftp.example", "username": "omni", "password": "not-a-real-password"},
        "slack": {"channelId": "C0000000000"},
        "google_sheets": {"spreadsheetId": base62(20, "sheet", *topic)},
    }
    return places.get(destination)
