"""The parts of a path, checked, and the records they name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import checked, uuid
from omnipd_sandbox.http.refusals import not_found

Record = TypeVar("Record")


def uuid_in_path(call: Call, name: str) -> str:
    """Give the UUID in the path, in lower case; 400 for what is none."""
    found: str = checked(uuid, call.segments[name], name)
    return found


def named_in_path(call: Call, name: str, records: Mapping[str, Record], kind: str) -> Record:
    """Give the record whose UUID is in the path; 404 for one that nobody has."""
    record = records.get(uuid_in_path(call, name))
    if record is None:
        raise not_found(kind, call.segments[name])
    return record
