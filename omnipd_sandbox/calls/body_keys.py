"""Checks of a body whose keys are declared. Each takes a value, or says what is wrong and where."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from omnipd_sandbox.calls.body import expected, none_of, read_object
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.parameters import is_uuid
from omnipd_sandbox.http.refusals import BadRequest

Check = Callable[[Any], Any]
# One sign of an address is enough to tell a name from an address; Omni's own pattern is unknown.
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+")
_ABSENT = object()


class Wrong(ValueError):
    """Say what is wrong with a value, and where in it."""

    def __init__(self, reason: str, *at: str | int) -> None:
        super().__init__(reason)
        self.at = at


@dataclass(frozen=True)
class Key:
    """Describe one key of a body: how to check its value, and its value when absent.

    Without a default an absent key stays absent.
    """

    check: Check
    required: bool = False
    default: Any = _ABSENT


def read_body(call: Call, keys: Mapping[str, Key], *, strict: bool = False) -> dict[str, Any]:
    """Check the body of a request; a key that is not declared is dropped, or refused if strict."""
    value = read_object(call.request.body or b"{}")
    try:
        found: dict[str, Any] = record(keys, strict=strict)(value)
    except Wrong as wrong:
        raise BadRequest(str(wrong), at=".".join(map(str, wrong.at))) from None
    return found


def record(keys: Mapping[str, Key], *, strict: bool = False) -> Check:
    """Take an object with these keys."""

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Wrong(expected("object", value))
        unknown = [name for name in value if name not in keys]
        if strict and unknown:
            names = ", ".join(f"'{name}'" for name in unknown)
            raise Wrong(f"Unrecognized key(s) in object: {names}")
        found = {}
        for name, key in keys.items():
            if name in value:
                found[name] = _inside(name, key.check, value[name])
            elif key.required:
                raise Wrong("Required", name)
            elif key.default is not _ABSENT:
                found[name] = key.default
        return found

    return check


def items(check: Check, *, least: int = 0, most: int | None = None) -> Check:
    """Take an array of such values."""

    def read(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise Wrong(expected("array", value))
        if len(value) < least:
            raise Wrong(f"Array must contain at least {least} element(s)")
        if most is not None and len(value) > most:
            raise Wrong(f"Array must contain at most {most} element(s)")
        return [_inside(place, check, each) for place, each in enumerate(value)]

    return read


def table(check: Check) -> Check:
    """Take an object with any keys and such values."""

    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Wrong(expected("object", value))
        return {name: _inside(name, check, each) for name, each in value.items()}

    return read


def text(least: int = 0, most: int | None = None) -> Check:
    """Take a text of such a length."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise Wrong(expected("string", value))
        if len(value) < least:
            raise Wrong(f"String must contain at least {least} character(s)")
        if most is not None and len(value) > most:
            raise Wrong(f"String must contain at most {most} character(s)")
        return value

    return check


def nullable(check: Check) -> Check:
    """Take such a value, or null."""
    return lambda value: None if value is None else check(value)


def anything(value: Any) -> Any:
    """Take any value."""
    return value


def boolean(value: Any) -> bool:
    """Take true or false."""
    if not isinstance(value, bool):
        raise Wrong(expected("boolean", value))
    return value


def uuid(value: Any) -> str:
    """Take a UUID; ids are compared in lower case."""
    if not is_uuid(text()(value)):
        raise Wrong("Invalid uuid")
    return str(value).lower()


def email(value: Any) -> str:
    """Take an e-mail address."""
    if not _EMAIL.fullmatch(text()(value)):
        raise Wrong("Invalid email")
    return str(value)


def one_of(*allowed: str) -> Check:
    """Take one of the given words."""

    def check(value: Any) -> str:
        if value not in allowed:
            raise Wrong(none_of(allowed, value))
        return str(value)

    return check


def _inside(name: str | int, check: Check, value: Any) -> Any:
    try:
        return check(value)
    except Wrong as wrong:
        raise Wrong(str(wrong), name, *wrong.at) from None
