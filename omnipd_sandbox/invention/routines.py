"""Prompts that run by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.derived import instant, stable_uuid
from omnipd_sandbox.organization.models import ModelReference
from omnipd_sandbox.organization.records import Group, User
from omnipd_sandbox.organization.tables import Routine, RoutineRun


def invent_routines(
    users: Sequence[User], groups: Sequence[Group], models: Sequence[ModelReference]
) -> list[Routine]:
    """Invent routines of the administrator and of the token's holder."""
    return [
        _routine(place, users[0] if place < 3 else users[1], users, groups, model)
        for place, model in enumerate([*models, *models, *models][:5])
    ]


def _routine(
    place: int,
    owner: User,
    users: Sequence[User],
    groups: Sequence[Group],
    model: ModelReference,
) -> Routine:
    created = instant("routine", place)
    emails = [each.email for each in (owner, *users[5 : 5 + place])]
    group_ids = [each.id for each in groups[:1]] if place % 2 else []
    run: RoutineRun = {
        "completedAt": written(created + timedelta(days=30)),
        "label": "Delivered",
        "state": "COMPLETE",
    }
    return {
        "id": stable_uuid("routine", place),
        "userId": owner.membership_id,
        "name": f"Morning look {place + 1}",
        "description": None if place % 2 else "Before the meeting.",
        "prompt": "What changed since yesterday?",
        "modelId": model.id,
        "branchId": None,
        "topicName": model.topic if place % 2 else None,
        "schedule": "0 7 ? * MON-FRI *",
        "timezone": "Europe/Berlin",
        "destination": {"type": "email", "recipientEmails": emails, "userGroupIds": group_ids},
        "recipientCount": len(emails) + len(group_ids),
        "disabled": place == 2,
        "systemDisabled": place == 4,
        "systemDisabledReason": "noAccess" if place == 4 else None,
        "lastRun": None if place % 2 else run,
        "createdAt": written(created),
        "updatedAt": written(created + timedelta(days=9)),
    }
