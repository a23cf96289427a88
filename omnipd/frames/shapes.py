"""Records of a known shape: JSON decoded into objects with a field for each key, not dictionaries.

They are made and read in less time and memory, and hold the same. A shape has the keys that columns
are declared for, and those that came beside them. What is of another shape is refused, never cut to
size, and is for the caller to read as dictionaries.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from omnipd.frames.columns import Columns
from omnipd.frames.objects import ABSENT, Objects

#: Keys, each with the keys below it; a plain value has none.
Keys = dict[str, "Keys"]

#: The keys above an object → what it holds that no column declares.
Undeclared = Mapping[tuple[str, ...], Iterable[str]]


def declared_keys(columns: Columns) -> Keys:
    """Return the keys that columns are declared for."""
    declared: Keys = {}
    for column in columns.values():
        for path in column.paths:
            place = declared
            for key in path.split("."):
                place = place.setdefault(key, {})
    return declared


def has_shape(columns: Columns) -> bool:
    """Whether each key holds either a value or an object with other columns in it, never both."""
    paths = {path for column in columns.values() for path in column.paths}
    dots = ((path, place) for path in paths for place, sign in enumerate(path) if sign == ".")
    return paths.isdisjoint(path[:place] for path, place in dots)


def converted_keys(columns: Columns) -> list[str]:
    """Return the keys of a record whose values columns convert one by one: lists and the like."""
    keys: dict[str, bool] = {}
    for column in columns.values():
        for path in column.paths:
            converted = column.convert is not None and column.wire is None
            keys[path] = keys.get(path, True) and converted
    return [key for key, converted in keys.items() if converted and "." not in key]


def undeclared_keys(
    objects: Objects, declared: Keys, above: tuple[str, ...] = ()
) -> dict[tuple[str, ...], set[str]]:
    """Return the keys that objects hold beside the declared ones, at each place."""
    found = {above: objects.keys().difference(declared)}
    for key, below in declared.items():
        if below:
            found |= undeclared_keys(objects.inside(key), below, (*above, key))
    return found


def shape_of(
    declared: Keys,
    undeclared: Undeclared,
    above: tuple[str, ...] = (),
    *,
    raw: Collection[str] = (),
) -> type[msgspec.Struct]:
    """Return the shape of records that have the declared keys, and perhaps those others.

    A declared key that is absent is null; below one that has keys below it stands an object or null.
    Of the keys in `raw` the JSON text is kept, which is then not known to be whole.

    Raises
    ------
    ValueError
        For a key that JSON writes with escapes.

    Examples
    --------
    >>> shape = shape_of({"owner": {"id": {}}}, {("owner",): ["team"]})
    >>> from omnipd.frames.objects import objects_of
    >>> record = msgspec.json.decode('{"owner": {"team": "a"}}', type=shape)
    >>> owners = objects_of([record]).inside("owner")
    >>> owners.at("id"), owners.at("team")
    ([None], ['a'])
    >>> msgspec.json.decode('{"owner": "m1"}', type=shape)
    Traceback (most recent call last):
    ...
    msgspec.ValidationError: Expected `object | null`, got `str` - at `$.owner`
    """
    kinds: dict[str, tuple[Any, Any]] = {}
    for key, below in declared.items():
        value = msgspec.Raw if key in raw else Any
        kind = shape_of(below, undeclared, (*above, key)) | None if below else value
        kinds[key] = (kind, None)
    return struct(kinds | dict.fromkeys(undeclared.get(above, ()), (Any, ABSENT)))


def struct(kinds: Mapping[str, tuple[Any, Any]]) -> type[msgspec.Struct]:
    """Return a class of objects with these keys and no others, each with its type and default."""
    # The names of fields are numbers, since a key may be one that Python itself uses.
    fields = [
        (f"f{place}", kind, msgspec.field(default=default, name=key))
        for place, (key, (kind, default)) in enumerate(kinds.items())
    ]
    return msgspec.defstruct("Shaped", fields, forbid_unknown_fields=True, gc=False)
