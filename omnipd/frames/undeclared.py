"""What records hold that no column declares: kept as JSON, in one column behind the declared ones."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from types import NoneType
from typing import Any

import pyarrow as pa

from omnipd.frames.columns import TEXT, Columns, as_json
from omnipd.frames.objects import ABSENT, Objects
from omnipd.frames.shapes import Keys, declared_keys
from omnipd.unicode_text import whole_text

#: The column for every key that no column declares.
EXTRA = "extra"

#: Values of these types are equal only where they are the same: 1 is equal to true.
_TOLD_APART = {bool, str, NoneType, type(ABSENT)}


class Undeclared:
    """Finds what no column declares.

    Parameters
    ----------
    columns : mapping of str to Column
        The declared columns.

    Attributes
    ----------
    paths : set of str
        The wire paths of all that was found so far.
    """

    def __init__(self, columns: Columns) -> None:
        self._declared = declared_keys(columns)
        self.paths: set[str] = set()

    def as_json(self, objects: Objects) -> pa.Array:
        """Return one JSON object for each record, null for one that holds nothing else."""
        found = sorted(_undeclared(objects, self._declared, ""), key=itemgetter(0))
        if not found:
            return pa.nulls(len(objects), TEXT)
        self.paths.update(path for path, _ in found)
        keys = [f"{as_json(path)}:" for path, _ in found]
        columns = [values for _, values in found]
        write: Callable[[Sequence[Any]], str | None] = functools.partial(_as_object, keys)
        # Most of what is new are flags, so that few rows differ in them.
        if set(map(type, chain.from_iterable(columns))) <= _TOLD_APART:
            write = functools.cache(write)
        return pa.array(list(map(write, zip(*columns, strict=True))), TEXT)


def _undeclared(objects: Objects, declared: Keys, above: str) -> Iterator[tuple[str, list[Any]]]:
    """Yield each path that no column declares, with its value in every object."""
    for key in objects.keys().difference(declared):
        values = objects.at(key, ABSENT)
        if any(value is not ABSENT for value in values):
            yield f"{above}{key}", values
    for key, below in declared.items():
        if not below:
            continue
        # Where columns are declared below a key, a value in the object's place belongs to none of them.
        others = objects.in_place_of_objects(key)
        if any(other is not ABSENT for other in others):
            yield f"{above}{key}", others
        yield from _undeclared(objects.inside(key), below, f"{above}{key}.")


def _as_object(keys: Sequence[str], values: Sequence[Any]) -> str | None:
    """Write what one record holds as JSON, each key once: one with a dot may read like a path."""
    held = {
        key: _written(value) for key, value in zip(keys, values, strict=True) if value is not ABSENT
    }
    if not held:
        return None
    return str(whole_text("{" + ",".join([key + text for key, text in held.items()]) + "}"))


def _written(value: Any) -> str:
    # Most keys that are new are flags, and an encoder takes longer to start than to write one.
    if isinstance(value, bool):
        return "true" if value else "false"
    return as_json(value)
