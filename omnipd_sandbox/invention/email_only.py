"""People who are sent things and cannot log in."""

from __future__ import annotations

from omnipd_sandbox.invention import chance
from omnipd_sandbox.organization.derived import stable_uuid
from omnipd_sandbox.organization.email_only import EmailOnlyUser


def invent_email_only_users() -> list[EmailOnlyUser]:
    """Invent somewhat more than a page of them, which holds twenty."""
    return [_user(place) for place in range(43)]


def _user(place: int) -> EmailOnlyUser:
    email = f"{'Board' if place % 5 == 0 else 'partner'}.{place}@outside.example"
    return EmailOnlyUser(
        membership_id=stable_uuid("email-only membership", email),
        user_id=stable_uuid("email-only user", email),
        email=email,
        name=f"Partner {place}",
        region=chance.pick(("north", "south", None), "email-only region", place),
    )
