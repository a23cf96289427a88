"""The body of a request, read and checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, expected, record
from omnipd_sandbox.http.refusals import BadRequest


def read_body(call: Call, keys: Mapping[str, Key], *, strict: bool = False) -> dict[str, Any]:
    """Check the body of a request; a key that is not declared is dropped, or refused if strict."""
    found: dict[str, Any] = record(keys, strict=strict)(read_object(call.request.body or b"{}"))
    return found


def read_object(body: bytes) -> dict[str, Any]:
    """Read a body that must be a JSON object."""
    try:
        given = json.loads(body.decode(), parse_constant=_not_json)
    except (ValueError, RecursionError):
        raise BadRequest("the body is not valid JSON") from None
    if not isinstance(given, dict):
        raise BadRequest(expected("object", given))
    return given


def _not_json(constant: str) -> NoReturn:
    # Python reads NaN and Infinity; JSON has neither.
    raise ValueError(constant)
