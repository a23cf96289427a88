"""The keys of the organization, and of its members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from omnipd_sandbox.organization.api_keys import ApiKey
from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.derived import instant, stable_uuid
from omnipd_sandbox.organization.records import User


def invent_api_keys(users: Sequence[User]) -> list[ApiKey]:
    """Invent keys: a few of the organization, one of most of the first members, some for agents."""
    keys = [
        _key("Production", "organization", None),
        _key("Nightly inventory", "organization", None),
        _key("Old notebook", "organization", None, enabled=False),
    ]
    keys += [_key(f"{user.name}'s laptop", "personal", user.membership_id) for user in users[1:24]]
    keys += [_key("Claude", "mcp", user.membership_id) for user in users[1:8]]
    return keys


def _key(
    name: str,
    kind: Literal["organization", "personal", "mcp"],
    membership_id: str | None,
    *,
    enabled: bool = True,
) -> ApiKey:
    topic = (name, kind, membership_id or "")
    return ApiKey(
        id=stable_uuid("api key", *topic),
        name=name,
        type=kind,
        enabled=enabled,
        membership_id=membership_id,
        created_at=written(instant("api key", *topic)),
    )
