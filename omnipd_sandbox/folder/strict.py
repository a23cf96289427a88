"""What turns JSON into records, and takes no value for another kind of value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, MutableSequence
from types import GenericAlias
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
        lambda kind: _origin(kind) is tuple,
        lambda kind: _tuple_of(get_args(kind)[0], made),
    )
    made.register_structure_hook_factory(
        lambda kind: _origin(kind) is list, lambda kind: _list_of(get_args(kind)[0], made)
    )
    made.register_structure_hook_factory(
        lambda kind: _origin(kind) in {dict, Mapping},
        lambda kind: _object_of(get_args(kind), made),
    )
    return made


def _origin(kind: Any) -> Any:
    return get_origin(kind)


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
    return lambda value, _: tuple(converter.structure(value, list[inside]))


def _list_of(inside: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    # A kind that has no hook of its own here.
    kind: Any = GenericAlias(MutableSequence, (inside,))

    def read(value: Any, _: Any) -> list[Any]:
        if not isinstance(value, list):
            raise Unreadable(f"a list is needed here, not {value!r}")
        return list(converter.structure(value, kind))

    return read


def _object_of(inside: tuple[Any, ...], converter: Converter) -> Callable[[Any, Any], Any]:
    kind: Any = GenericAlias(MutableMapping, inside)

    def read(value: Any, _: Any) -> dict[Any, Any]:
        if not isinstance(value, dict):
            raise Unreadable(f"an object is needed here, not {value!r}")
        return dict(converter.structure(value, kind))

    return read
