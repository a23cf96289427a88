"""Keys, as their list writes them, never with a secret."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.organization.api_keys import ApiKey


def api_key_record(key: ApiKey) -> dict[str, Any]:
    """Write a key as the list does."""
    return {
        "id": key.id,
        "name": key.name,
        "type": key.type,
        "enabled": key.enabled,
        "membershipId": key.membership_id,
        "createdAt": key.created_at,
    }
