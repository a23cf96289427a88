"""The parameters of an address: their texts read into values, and checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from omnipd_sandbox.calls.checks import (
    ABSENT,
    Check,
    Key,
    checked,
    items,
    one_of,
    refuse_unknown,
    text,
    uuid,
)
from omnipd_sandbox.http.refusals import BadRequest


def read_parameters(
    given: Iterable[tuple[str, str]], declared: Mapping[str, Key]
) -> dict[str, Any]:
    """Check what was given against what an endpoint declares; give a value for every name."""
    texts: dict[str, list[str]] = {}
    for name, value in given:
        if name in texts and name in declared and not declared[name].many:
            raise BadRequest("Expected string, received array", name)
        texts.setdefault(name, []).append(value)
    refuse_unknown(texts, declared)
    values = {}
    for name, key in declared.items():
        found = texts.get(name)
        if found is None and key.required:
            raise BadRequest("Required", name)
        if found is None:
            values[name] = None if key.default is ABSENT else key.default
        elif key.many:
            values[name] = [checked(key.check, each, name) for each in found]
        else:
            values[name] = checked(key.check, found[0], name)
    return values


def pages(maximum: int | None = 100, default: int = 20) -> dict[str, Key]:
    """Declare what a list that comes in pages takes: where to go on, and how far."""
    return {"cursor": Key(text()), "pageSize": Key(page_size(maximum), default)}


def sorting(*fields: str, by: Any = ABSENT, direction: str) -> dict[str, Key]:
    """Declare what a list that can be sorted takes, and how it is sorted unless it is said."""
    return {
        "sortField": Key(one_of(*fields), by),
        "sortDirection": Key(one_of("asc", "desc"), direction),
    }


def comma_separated(value: str) -> list[str]:
    """Split at commas; blanks around a part and empty parts do not count."""
    return [part for part in (piece.strip() for piece in value.split(",")) if part]


def words(*allowed: str) -> Check:
    """Take a comma-separated set of the given words; the empty text is the empty set."""
    return lambda value: frozenset(items(one_of(*allowed))(comma_separated(value)))


def uuids(value: str) -> list[str]:
    """Take comma-separated UUIDs."""
    found: list[str] = items(uuid)(value.split(","))
    return found


def flag(value: str) -> bool:
    """Take ``true`` or ``false``."""
    return bool(one_of("true", "false")(value) == "true")


def flag_or_digit(value: str) -> bool:
    """Take ``true``, ``false``, ``1`` or ``0``."""
    return one_of("0", "1", "true", "false")(value) in {"1", "true"}


def scim_number(value: str) -> int:
    """Take a number as SCIM lists do: signs and decimals are allowed, the fraction is cut off."""
    # The specification's own pattern; what it lets through is odd but no error (docs/wire.md).
    if not re.fullmatch(r"-?[0-9]*\.?[0-9]+", value):
        raise BadRequest("Invalid")
    return int(min(max(float(value), -1e9), 1e9))


def page_size(maximum: int | None) -> Check:
    """Take a whole number from 1 to `maximum`, or of any size."""

    def check(value: str) -> int:
        # JavaScript's Number("") is 0, so an empty value is too small rather than no number.
        if not re.fullmatch(r"([+-]?([0-9]+\.?[0-9]*|\.[0-9]+))?", value):
            raise BadRequest("Expected number, received nan")
        number = float(value or "0")
        if number < 1:
            raise BadRequest("Page size must be at least 1")
        if maximum is not None and number > maximum:
            raise BadRequest(f"Page size cannot exceed {maximum}")
        if not number.is_integer():  # infinity is none either
            raise BadRequest("Expected integer, received float")
        return int(number)

    return check
