"""The body of a request, read and checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any, NoReturn

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, expected, record
from omnipd_sandbox.http.refusals import BadRequest

# Whatever is kept of a body is written, shown and searched again: within this, nothing fails on it.
_DEEPEST = 200


def read_body(call: Call, keys: Mapping[str, Key], *, strict: bool = False) -> dict[str, Any]:
    """Check the body of a request; a key that is not declared is dropped, or refused if strict."""
    found: dict[str, Any] = record(keys, strict=strict)(read_object(call.request.body or b"{}"))
    return found


def read_object(body: bytes) -> dict[str, Any]:
    """Read a body that must be a JSON object."""
    try:
        given = json.loads(body.decode(), parse_constant=_not_json, parse_float=_finite)
    except (ValueError, RecursionError):
        raise BadRequest("the body is not valid JSON") from None
    if not isinstance(given, dict):
        raise BadRequest(expected("object", given))
    if _is_deeper(given, _DEEPEST):
        raise BadRequest("the body is nested too deeply")
    return given


def _is_deeper(given: dict[str, Any], levels: int) -> bool:
    """Tell whether more than so many objects and arrays stand in one another."""
    level: list[Any] = [given]
    for _ in range(levels):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    return bool(level)


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        # Python and JavaScript make infinity of it, which no answer can hold.
        raise BadRequest(f"the number {text:.20} is beyond what can be counted with")
    return value


def _not_json(constant: str) -> NoReturn:
    # Python reads NaN and Infinity; JSON has neither.
    raise ValueError(constant)
