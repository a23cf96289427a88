"""Groups of members, and the roles that they give on models."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from omnipd_sandbox.invention import chance
from omnipd_sandbox.organization.dates import EPOCH, written
from omnipd_sandbox.organization.derived import base62
from omnipd_sandbox.organization.models import ModelReference
from omnipd_sandbox.organization.records import Group, User

_GROUPS = (
    ("Analysts", 40),
    ("Finance & Accounting", 25),
    ("Everyone", 100),
    ("Données – équipe", 20),
    ("Empty group", 0),
)
_GROUP_ROLES = ("VIEWER", "QUERY_TOPICS", "QUERIER")


def invent_groups(users: list[User]) -> list[Group]:
    """Invent groups of members, among them everybody and nobody."""
    return [
        Group(
            id=base62(8, "group", name),
            name=name,
            member_ids=tuple(
                user.membership_id for user in chance.some(users, percent, "group", name)
            ),
            created_at=written(EPOCH + timedelta(days=3 * place)),
            updated_at=written(EPOCH + timedelta(days=400 + 3 * place)),
        )
        for place, (name, percent) in enumerate(_GROUPS)
    ]


def invent_group_roles(
    groups: Sequence[Group], models: Sequence[ModelReference]
) -> dict[tuple[str, str], str]:
    """Invent the roles that some groups give their members on some models."""
    return {
        (group.id, model.name): chance.pick(_GROUP_ROLES, "which role", group.id, model.subject)
        for group in groups
        for model in models
        if chance.one_in(2, "group role", group.id, model.subject)
    }
