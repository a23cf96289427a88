"""Checks of query parameters. Each takes the text and gives the value, or says what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from omnipd_sandbox.http.refusals import BadRequest

# The canonical dashed form, version 1-8 and variant 8-b, or nil, or max. Looser spellings,
# which Python's uuid.UUID() would take, are refused (docs/wire.md).
_UUID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    r"|00000000-0000-0000-0000-000000000000"
    r"|ffffffff-ffff-ffff-ffff-ffffffffffff",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Parameter:
    """Describe one query parameter: how to read its text, and its value when absent.

    One that may be given several times is read once for each, and its value is a list.
    """

    read: Callable[[str], Any]
    default: Any = None
    required: bool = False
    many: bool = False


def is_uuid(value: object) -> bool:
    """Tell whether a value is a UUID in the form Omni accepts."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def text(value: str) -> str:
    """Take any text."""
    return value


def uuid(value: str) -> str:
    """Take a UUID; ids are compared in lower case."""
    if not is_uuid(value):
        raise ValueError("Invalid uuid")
    return value.lower()


def uuids(value: str) -> list[str]:
    """Take comma-separated UUIDs."""
    parts = value.split(",")
    for place, part in enumerate(parts):
        if not is_uuid(part):
            raise BadElement(place, "Invalid uuid")
    return [part.lower() for part in parts]


class BadElement(ValueError):
    """Say which element of a list is wrong."""

    def __init__(self, place: int, reason: str) -> None:
        super().__init__(reason)
        self.place = place


def one_of(*allowed: str) -> Callable[[str], str]:
    """Take one of the given words."""

    def read(value: str) -> str:
        if value not in allowed:
            expected = " | ".join(f"'{word}'" for word in allowed)
            raise ValueError(f"Invalid enum value. Expected {expected}, received '{value}'")
        return value

    return read


def words(*allowed: str) -> Callable[[str], frozenset[str]]:
    """Take a comma-separated set of the given words; the empty text is the empty set."""

    def read(value: str) -> frozenset[str]:
        chosen = comma_separated(value)
        for place, word in enumerate(chosen):
            if word not in allowed:
                expected = " | ".join(f"'{known}'" for known in allowed)
                raise BadElement(
                    place, f"Invalid enum value. Expected {expected}, received '{word}'"
                )
        return frozenset(chosen)

    return read


def comma_separated(value: str) -> list[str]:
    """Split at commas; blanks around a part and empty parts do not count."""
    return [part for part in (piece.strip() for piece in value.split(",")) if part]


def boolean(value: str) -> bool:
    """Take ``true`` or ``false``."""
    return one_of("true", "false")(value) == "true"


def boolean_or_digit(value: str) -> bool:
    """Take ``true``, ``false``, ``1`` or ``0``."""
    return one_of("0", "1", "true", "false")(value) in {"1", "true"}


def at_most(characters: int) -> Callable[[str], str]:
    """Take a text of so many characters at most."""

    def read(value: str) -> str:
        if len(value) > characters:
            raise ValueError(f"String must contain at most {characters} character(s)")
        return value

    return read


def numeric(value: str) -> int:
    """Take a number as SCIM lists do: signs and decimals are allowed, the fraction is cut off."""
    # The specification's own pattern; what it lets through is odd but no error (docs/wire.md).
    if not re.fullmatch(r"-?[0-9]*\.?[0-9]+", value):
        raise ValueError("Invalid")
    return int(min(max(float(value), -1e9), 1e9))


def page_size(maximum: int | None) -> Callable[[str], int]:
    """Take a whole number from 1 to `maximum`, or of any size."""

    def read(value: str) -> int:
        # JavaScript's Number("") is 0, so an empty value is too small rather than no number.
        if not re.fullmatch(r"([+-]?([0-9]+\.?[0-9]*|\.[0-9]+))?", value):
            raise ValueError("Expected number, received nan")
        number = float(value or "0")
        if number < 1:
            raise ValueError("Page size must be at least 1")
        if maximum is not None and number > maximum:
            raise ValueError(f"Page size cannot exceed {maximum}")
        if not number.is_integer():  # infinity is none either
            raise ValueError("Expected integer, received float")
        return int(number)

    return read


def read_parameters(
    given: Iterable[tuple[str, str]], declared: Mapping[str, Parameter]
) -> dict[str, Any]:
    """Check what was given against what an endpoint declares; give a value for every name."""
    texts: dict[str, list[str]] = {}
    unknown = []
    for name, value in given:
        if name not in declared:
            unknown.append(name)
        elif name in texts and not declared[name].many:
            raise BadRequest("Expected string, received array", at=name)
        else:
            texts.setdefault(name, []).append(value)
    if unknown:
        names = ", ".join(f"'{name}'" for name in dict.fromkeys(unknown))
        raise BadRequest(f"Unrecognized key(s) in object: {names}")
    values = {}
    for name, parameter in declared.items():
        if parameter.required and name not in texts:
            raise BadRequest("Required", at=name)
        try:
            values[name] = _value(parameter, texts.get(name))
        except BadElement as error:
            raise BadRequest(str(error), at=f"{name}.{error.place}") from None
        except ValueError as error:
            raise BadRequest(str(error), at=name) from None
    return values


def _value(parameter: Parameter, texts: list[str] | None) -> Any:
    if texts is None:
        return parameter.default
    return [parameter.read(text) for text in texts] if parameter.many else parameter.read(texts[0])
