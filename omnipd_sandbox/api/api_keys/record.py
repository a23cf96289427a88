"""One key: found, and written, never with a secret."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.segments import named_in_path
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.api_keys import ApiKey


def show_api_key(call: Call) -> Reply:
    """Answer with one key."""
    return json_reply(api_key_record(find_api_key(call)))


def find_api_key(call: Call) -> ApiKey:
    """Give the key that the path names."""
    return named_in_path(call, "id", call.organization.api_keys, "API key")


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
