"""What values may be, wherever in a request they stand: each check takes a value, or refuses it.

The reasons are in the words of Omni's own refusals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from omnipd_sandbox.http.refusals import BadRequest

Check = Callable[[Any], Any]
# The canonical dashed form, version 1-8 and variant 8-b, or nil, or max. Looser spellings,
# which Python's uuid.UUID() would take, are refused (docs/wire.md).
_UUID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    r"|00000000-0000-0000-0000-000000000000"
    r"|ffffffff-ffff-ffff-ffff-ffffffffffff",
    re.IGNORECASE,
)
# One sign of an address is enough to tell a name from an address; Omni's own pattern is unknown.
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+")
#: What stands for no default.
ABSENT = object()


@dataclass(frozen=True)
class Key:
    """Describe a parameter of an address, or a key of a body.

    Parameters
    ----------
    check : callable
        What its value may be.
    default : object
        Its value when absent. Without one an absent key of a body stays absent, and an absent
        parameter is None.
    required : bool
        Whether it must be there.
    many : bool
        Whether a parameter may be given several times; its value is then a list.
    """

    check: Check
    default: Any = ABSENT
    required: bool = False
    many: bool = False


def checked(check: Check, value: Any, *at: str | int) -> Any:
    """Check a value that stands at some place of a larger one."""
    try:
        return check(value)
    except BadRequest as refusal:
        raise refusal.inside(*at) from None


def record(keys: Mapping[str, Key], *, strict: bool = False) -> Check:
    """Take an object with these keys; others are dropped, or refused if strict."""

    def check(value: Any) -> dict[str, Any]:
        given = table(anything)(value)
        if strict:
            refuse_unknown(given, keys)
        found = {}
        for name, key in keys.items():
            if name in given:
                found[name] = checked(key.check, given[name], name)
            elif key.required:
                raise BadRequest("Required", name)
            elif key.default is not ABSENT:
                found[name] = key.default
        return found

    return check


def refuse_unknown(given: Mapping[str, Any], keys: Mapping[str, Key]) -> None:
    """Refuse what has keys that are not declared, naming them all."""
    unknown = ", ".join(f"'{name}'" for name in given if name not in keys)
    if unknown:
        raise BadRequest(f"Unrecognized key(s) in object: {unknown}")


def items(check: Check, *, minimum: int = 0, maximum: int | None = None) -> Check:
    """Take an array of such values."""

    def check_all(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise BadRequest(expected("array", value))
        _check_size(value, minimum, maximum, "Array", "element")
        return [checked(check, each, place) for place, each in enumerate(value)]

    return check_all


def table(check: Check) -> Check:
    """Take an object with any keys and such values."""

    def check_all(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise BadRequest(expected("object", value))
        return {name: checked(check, each, name) for name, each in value.items()}

    return check_all


def text(minimum: int = 0, maximum: int | None = None) -> Check:
    """Take a text of such a length."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise BadRequest(expected("string", value))
        _check_size(value, minimum, maximum, "String", "character")
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
        raise BadRequest(expected("boolean", value))
    return value


def uuid(value: Any) -> str:
    """Take a UUID; ids are compared in lower case."""
    if not _UUID.fullmatch(text()(value)):
        raise BadRequest("Invalid uuid")
    return str(value).lower()


def time_zone(value: Any) -> str:
    """Take the IANA name of a time zone."""
    try:
        ZoneInfo(text()(value))
    except (ValueError, OSError, LookupError):
        raise BadRequest("Invalid timezone") from None
    return str(value)


def email(value: Any) -> str:
    """Take an e-mail address."""
    if not _EMAIL.fullmatch(text()(value)):
        raise BadRequest("Invalid email")
    return str(value)


def one_of(*allowed: str) -> Check:
    """Take one of the given words."""

    def check(value: Any) -> str:
        if value not in allowed:
            words = " | ".join(f"'{word}'" for word in allowed)
            received = f"'{value}'" if isinstance(value, str) else _kind(value)
            raise BadRequest(f"Invalid enum value. Expected {words}, received {received}")
        return str(value)

    return check


def expected(kind: str, value: object) -> str:
    """Say that a value is of another kind than it must be."""
    return f"Expected {kind}, received {_kind(value)}"


def _check_size(
    value: str | list[Any], minimum: int, maximum: int | None, kind: str, unit: str
) -> None:
    if len(value) < minimum:
        raise BadRequest(f"{kind} must contain at least {minimum} {unit}(s)")
    if maximum is not None and len(value) > maximum:
        raise BadRequest(f"{kind} must contain at most {maximum} {unit}(s)")


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
