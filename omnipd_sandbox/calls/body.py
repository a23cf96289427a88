"""The body of a request, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, expected, record
from omnipd_sandbox.http.refusals import BadRequest
from omnipd_sandbox.http.strict_json import Unshowable, loads

# Whatever is kept of a body is written, shown and searched again: within this, nothing fails on it.
_DEEPEST = 200


def read_body(call: Call, keys: Mapping[str, Key], *, strict: bool = False) -> dict[str, Any]:
    """Check the body of a request; a key that is not declared is dropped, or refused if strict."""
    found: dict[str, Any] = record(keys, strict=strict)(read_object(call.request.body or b"{}"))
    return found


def read_object(body: bytes) -> dict[str, Any]:
    """Read a body that must be a JSON object."""
    try:
        given = loads(body.decode(), _DEEPEST)
    except Unshowable as why:
        raise BadRequest(f"the body cannot be taken: {why}") from None
    except ValueError:
        raise BadRequest("the body is not valid JSON") from None
    if not isinstance(given, dict):
        raise BadRequest(expected("object", given))
    return given
