"""What the AI may cost for some."""

from __future__ import annotations

from collections.abc import Sequence

from omnipd_sandbox.invention import chance
from omnipd_sandbox.organization.records import User
from omnipd_sandbox.organization.tables import EntityLimit, UserLimit


def invent_user_limits(users: Sequence[User]) -> list[UserLimit]:
    """Invent limits of some members; the others have the organization's."""
    return [
        {
            "userId": user.membership_id,
            "creditLimit": chance.pick((None, 0, 100, 2500), "limit", user.email),
        }
        for user in chance.some(users, 30, "has a limit")
    ]


def invent_entity_limits() -> list[EntityLimit]:
    """Invent limits of embedding entities."""
    return [
        {"entity": "acme", "creditLimit": 500},
        {"entity": "globex", "creditLimit": None},
    ]
