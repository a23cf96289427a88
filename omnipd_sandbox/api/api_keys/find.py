"""The key that a path names."""

from __future__ import annotations

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.segments import named_in_path
from omnipd_sandbox.organization.api_keys import ApiKey


def find_api_key(call: Call) -> ApiKey:
    """Give the key that the path names."""
    return named_in_path(call, "id", call.world.organization.api_keys, "API key")
