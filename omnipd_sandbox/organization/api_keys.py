"""The keys of the organization, and of its members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from omnipd_sandbox.organization import chance
from omnipd_sandbox.organization.moments import some_moment, written
from omnipd_sandbox.organization.records import User


@dataclass(frozen=True)
class ApiKey:
    """A key, without its secret; that of the organization belongs to no member."""

    id: str
    name: str
    type: Literal["organization", "personal", "mcp"]
    enabled: bool
    membership_id: str | None
    created_at: str


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
        id=chance.stable_uuid("api key", *topic),
        name=name,
        type=kind,
        enabled=enabled,
        membership_id=membership_id,
        created_at=written(some_moment("api key", *topic)),
    )
