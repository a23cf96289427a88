"""The texts and flags of many records, turned into arrays with one call of Arrow.

Most columns are texts and flags, and of these Arrow refuses every value of another type. It is not
as strict about numbers: it would cut 1.5 to 1, and take true for 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import NoneType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from omnipd.frames.columns import FLAG, TEXT, Column, Columns

#: Where arrays are made: other allocators hold on to several times the size of a short column.
POOL = pa.system_memory_pool()
#: What Arrow and the conversions raise for a value of another type than declared.
MISFITS = (pa.ArrowException, ValueError, TypeError, OverflowError, AttributeError, LookupError)

#: Keys, each with the keys below it or the type of its value.
_Tree = dict[str, "pa.DataType | _Tree"]


class PlainValues:
    """Reads the columns of texts and flags.

    Parameters
    ----------
    columns : mapping of str to Column
        All declared columns; those of other types are left to the caller.
    """

    def __init__(self, columns: Columns) -> None:
        above = {
            key for column in columns.values() for path in column.paths for key in _above(path)
        }
        # A key with columns below it has no one type where it is a column itself.
        self._columns = {
            name: column
            for name, column in columns.items()
            if column.wire in {TEXT, FLAG} and above.isdisjoint(column.paths)
        }
        self._tree = _tree(self._columns)
        self._type = _struct(self._tree)

    def read(self, records: Sequence[dict[str, Any]]) -> dict[str, pa.Array]:
        """Return the columns that hold nothing but what is declared; none where one record does not."""
        # Arrow would take a tuple, or a list of pairs, for an object.
        if not _are_objects(records, self._tree):
            return {}
        try:
            arrays = dict(_leaves(pa.array(records, self._type, memory_pool=POOL), self._tree, ""))
        except MISFITS:
            return {}
        read = {}
        for name, column in self._columns.items():
            try:
                read[name] = _column(arrays, column)
            except MISFITS:
                continue
        return read


def _are_objects(records: Sequence[dict[str, Any]], tree: _Tree) -> bool:
    """Whether nothing but objects and nulls stands where columns lie below a key."""
    for key, below in tree.items():
        if isinstance(below, dict):
            inner = [record.get(key) for record in records]
            if not set(map(type, inner)) <= {dict, NoneType}:
                return False
            if not _are_objects([one or {} for one in inner], below):
                return False
    return True


def _above(path: str) -> Iterator[str]:
    """Yield the paths of the objects that a value is in."""
    while path := path.rpartition(".")[0]:
        yield path


def _tree(columns: Columns) -> _Tree:
    tree: _Tree = {}
    for column in columns.values():
        for path in column.paths:
            *parents, last = path.split(".")
            place: Any = tree
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = column.wire
    return tree


def _struct(tree: _Tree) -> pa.StructType:
    return pa.struct(
        {key: _struct(below) if isinstance(below, dict) else below for key, below in tree.items()}
    )


def _leaves(objects: pa.StructArray, tree: _Tree, above: str) -> Iterator[tuple[str, pa.Array]]:
    """Yield the arrays that hold values, each with its wire path."""
    for (key, below), array in zip(tree.items(), objects.flatten(), strict=True):
        if isinstance(below, dict):
            yield from _leaves(array, below, f"{above}{key}.")
        else:
            yield f"{above}{key}", array


def _column(arrays: Mapping[str, pa.Array], column: Column) -> pa.Array:
    values = [arrays[path] for path in column.paths]
    first = values[0] if len(values) == 1 else pc.coalesce(*values)
    if first.type != column.wire:
        raise TypeError("another column reads the same key as another type")
    return first if column.vectorized is None else column.vectorized(first)
