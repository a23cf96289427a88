"""Checks of bodies. Each takes the object and a key and gives the value, or says what is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from omnipd_sandbox.calls.parameters import is_uuid
from omnipd_sandbox.http.refusals import BadRequest


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


def word(given: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str | None:
    """Give one of the given words, or None for none."""
    value = given.get(key)
    if value is None:
        return None
    if value not in allowed:
        raise BadRequest(none_of(allowed, value), at=key)
    return str(value)


def boolean(given: Mapping[str, Any], key: str, default: bool = False) -> bool:
    """Give true or false."""
    value = given.get(key)
    if value is not None and not isinstance(value, bool):
        raise BadRequest(expected("boolean", value), at=key)
    return default if value is None else value


def text(given: Mapping[str, Any], key: str) -> str | None:
    """Give a text, or None for none."""
    value = given.get(key)
    if value is not None and not isinstance(value, str):
        raise BadRequest(expected("string", value), at=key)
    return value


def uuid(given: Mapping[str, Any], key: str) -> str | None:
    """Give an id, in lower case, or None for none."""
    value = given.get(key)
    if value is None:
        return None
    if not is_uuid(value):
        reason = "Invalid uuid" if isinstance(value, str) else expected("string", value)
        raise BadRequest(reason, at=key)
    return str(value).lower()


def expected(kind: str, value: object) -> str:
    """Say that a value is of another kind than it must be."""
    return f"Expected {kind}, received {_kind(value)}"


def none_of(allowed: tuple[str, ...], value: object) -> str:
    """Say that a value is none of some words."""
    words = " | ".join(f"'{word}'" for word in allowed)
    received = f"'{value}'" if isinstance(value, str) else _kind(value)
    return f"Invalid enum value. Expected {words}, received {received}"


def _kind(value: object) -> str:
    """Name a value's type the way JavaScript does."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
