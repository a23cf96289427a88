"""People who are sent things and cannot log in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from omnipd_sandbox.organization import chance


@dataclass(frozen=True)
class EmailOnlyUser:
    """A recipient without a login."""

    membership_id: str
    user_id: str
    email: str
    name: str
    region: str | None
    attributes: Mapping[str, Any] = field(default_factory=dict)


def invent_email_only_users() -> list[EmailOnlyUser]:
    """Invent somewhat more than a page of them, which holds twenty."""
    return [_user(place) for place in range(43)]


def _user(place: int) -> EmailOnlyUser:
    email = f"{'Board' if place % 5 == 0 else 'partner'}.{place}@outside.example"
    return EmailOnlyUser(
        membership_id=chance.stable_uuid("email-only membership", email),
        user_id=chance.stable_uuid("email-only user", email),
        email=email,
        name=f"Partner {place}",
        region=chance.pick(("north", "south", None), "email-only region", place),
    )
