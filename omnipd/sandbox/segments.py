"""Checks of the parts of a path."""

from __future__ import annotations

from omnipd.sandbox.parameters import is_uuid
from omnipd.sandbox.refusals import BadRequest
from omnipd.sandbox.request import Call


def uuid_in_path(call: Call, name: str) -> str:
    """Give the UUID in the path, in lower case; 400 for what is none."""
    value = call.segments[name]
    if not is_uuid(value):
        raise BadRequest("Invalid uuid", at=name)
    return value.lower()
