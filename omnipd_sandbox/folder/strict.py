"""What turns JSON into records, and takes no value for another kind of value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args, get_origin

from cattrs import Converter

from omnipd_sandbox.organization.records import ABSENT, Absent

_WORDS = {str: "a text", int: "a whole number", bool: "true or false", float: "a number"}


class Unreadable(ValueError):
    """Say what is wrong with one value of a file."""


def strict_converter() -> Converter:
    """Make a converter that refuses unknown keys and values of another kind."""
    made = Converter(forbid_extra_keys=True, omit_if_default=True)
    for plain in _WORDS:
        made.register_structure_hook(plain, strict)
    # The unions of the records' optional keys, which are left out when they are absent.
    made.register_structure_hook(str | Absent | None, _optional(str))
    made.register_structure_hook(int | Absent | None, _optional(int))
    made.register_structure_hook_factory(
        lambda kind: repr(get_origin(kind)) == repr(tuple),
        lambda kind: _tuple_of(get_args(kind)[0], made),
    )
    return made


def strict(value: Any, kind: Any) -> Any:
    """Take a value of just this kind; a boolean is no number here."""
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise Unreadable(f"{_WORDS[kind]} is needed here, not {value!r}")
    return value


def _optional(kind: type) -> Callable[[Any, Any], Any]:
    return lambda value, _: value if value is None or value is ABSENT else strict(value, kind)


def _tuple_of(inside: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    def read(value: Any, _: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Unreadable(f"a list is needed here, not {value!r}")
        return tuple(converter.structure(value, list[inside]))

    return read
