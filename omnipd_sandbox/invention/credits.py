"""What the AI may cost for some."""

from __future__ import annotations

from collections.abc import Sequence

from omnipd_sandbox.invention import chance
from omnipd_sandbox.organization.credits import CreditControls
from omnipd_sandbox.organization.records import User
from omnipd_sandbox.organization.tables import EntityLimit, UserLimit

CREDITS = CreditControls(
    account_limit=10_000,
    used=4211,
    downgrade_at=8000,
    user_default=250,
    period_start="2026-05-01T00:00:00.000Z",
    period_end="2026-06-01T00:00:00.000Z",
)


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
