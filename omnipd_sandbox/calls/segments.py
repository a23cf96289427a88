"""Checks of the parts of a path."""

from __future__ import annotations

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.parameters import is_uuid
from omnipd_sandbox.http.refusals import BadRequest


def uuid_in_path(call: Call, name: str) -> str:
    """Give the UUID in the path, in lower case; 400 for what is none."""
    value = call.segments[name]
    if not is_uuid(value):
        raise BadRequest("Invalid uuid", at=name)
    return value.lower()
