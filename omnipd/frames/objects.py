"""Many JSON objects, read a key at a time, whether they are dictionaries or of a known shape."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import astuple

#: Stands for the value of a key that an object does not have.
ABSENT = msgspec.UNSET

_NOTHING: dict[str, Any] = {}
#: Whoever reads more keys of a shape than this reads them all at once, for a third of the time each.
_FEW = 2
#: For so many objects there may be tuples at once: more would wake Python's collector of garbage.
_AT_A_TIME = 100


class Objects:
    """Dictionaries that were made of JSON objects."""

    def __init__(self, objects: Sequence[dict[str, Any]]) -> None:
        self._objects = objects
        self._inside: dict[str, Objects] = {}

    def __len__(self) -> int:
        return len(self._objects)

    def keys(self) -> set[str]:
        """Return the keys that any of them may have."""
        # Nearly always they have the same, so all are looked at together.
        return set().union(*self._objects)

    def at(self, key: str, absent: Any = None) -> list[Any]:
        """Return the value that each has under a key."""
        return [one.get(key, absent) for one in self._objects]

    def inside(self, key: str) -> Objects:
        """Return the objects that stand under a key, an empty one where none does."""
        if key not in self._inside:
            self._inside[key] = self._read_inside(key)
        return self._inside[key]

    def in_place_of_objects(self, key: str) -> list[Any]:
        """Return what stands under a key where an object should, absent where one does, or nothing."""
        return [ABSENT if one is None or isinstance(one, dict) else one for one in self.at(key)]

    def _read_inside(self, key: str) -> Objects:
        return Objects([one if isinstance(one, dict) else _NOTHING for one in self.at(key)])


class ShapedObjects(Objects):
    """Objects of one shape (:mod:`omnipd.frames.shapes`)."""

    def __init__(self, objects: Sequence[msgspec.Struct]) -> None:
        super().__init__([])
        self._shaped = objects
        kind = type(objects[0])
        self._fields = dict(zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True))
        self._values: dict[str, list[Any]] = {}

    def __len__(self) -> int:
        return len(self._shaped)

    def keys(self) -> set[str]:
        """Return the keys of the shape."""
        return set(self._fields)

    def at(self, key: str, absent: Any = None) -> list[Any]:  # noqa: ARG002 - the shape says it
        """Return the value that each has under a key of the shape, in a list that is not to be changed."""
        if key not in self._values:
            if len(self._values) < _FEW:
                self._values[key] = list(map(attrgetter(self._fields[key]), self._shaped))
            else:
                self._values = dict(zip(self._fields, self._transposed(), strict=True))
        return self._values[key]

    def _transposed(self) -> list[list[Any]]:
        """Return the values of each field, read some objects at a time."""
        parts = [
            list(zip(*map(astuple, self._shaped[start : start + _AT_A_TIME]), strict=True))
            for start in range(0, len(self._shaped), _AT_A_TIME)
        ]
        return [list(chain.from_iterable(some)) for some in zip(*parts, strict=True)]

    def in_place_of_objects(self, key: str) -> list[Any]:  # noqa: ARG002
        """Return nothing: a shape lets only objects and null stand there."""
        return []

    def _read_inside(self, key: str) -> Objects:
        held = self.at(key)
        kind = next((type(one) for one in held if one is not None), None)
        if kind is None:
            return Objects([_NOTHING] * len(held))
        empty = kind()
        return ShapedObjects([empty if one is None else one for one in held])


def objects_of(records: Sequence[Any]) -> Objects:
    """Return records of one kind as objects."""
    shaped = bool(records) and isinstance(records[0], msgspec.Struct)
    return ShapedObjects(records) if shaped else Objects(records)
