"""JSON records → one Arrow table with the declared columns.

Records are turned into arrays a thousand at a time, so that they can be dropped, a column at a
time. A column where all values are as declared takes one call of Arrow; another is read value by
value, and only there. A column that the server sends in another type than declared becomes text, with a
warning; a key that no column declares is kept as JSON in ``extra``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, groupby
from typing import Any

import pyarrow as pa

from omnipd.errors import warn
from omnipd.frames.columns import COUNT, TEXT, Column, Columns, as_text
from omnipd.frames.objects import objects_of
from omnipd.frames.undeclared import EXTRA, Undeclared
from omnipd.unicode_text import warn_of_mended, whole_text

Record = dict[str, Any]

#: Where arrays are made: other allocators hold on to several times the size of a short column.
_POOL = pa.system_memory_pool()
#: What Arrow and the conversions raise for a value of another type than declared.
_MISFITS = (pa.ArrowException, ValueError, TypeError, OverflowError, AttributeError, LookupError)


class TableBuilder:
    """Collects pages of records into a table.

    Parameters
    ----------
    columns : mapping of str to Column
        The declared columns, in order. The table has one more, ``extra``.
    exhaustive : bool, default True
        Whether they are all that is known to come, so that another key is worth a warning.
    together : int, default 1000
        How many records are turned into arrays together. What is in the table does not depend on it.
    """

    def __init__(self, columns: Columns, *, exhaustive: bool = True, together: int = 1000) -> None:
        self._columns = columns
        self._exhaustive = exhaustive
        self._together = together
        self._pending: list[Record] = []
        self._arrays: dict[str, list[pa.Array]] = {name: [] for name in [*columns, EXTRA]}
        self._drifted: dict[str, Any] = {}
        self._mended: set[str] = set()
        self._undeclared = Undeclared(columns)
        self.rows = 0

    def add(self, records: Sequence[Record]) -> None:
        """Append the records of one page."""
        self.rows += len(records)
        pending = [*self._pending, *records]
        end = len(pending) - len(pending) % self._together
        self._pending = pending[end:]
        for start in range(0, end, self._together):
            self._convert(pending[start : start + self._together])

    def finish(self) -> pa.Table:
        """Return the table of all pages, and warn once of what was not as declared."""
        pending, self._pending = self._pending, []
        self._convert(pending)
        if self._drifted:
            shown = ", ".join(
                f"{name} (for example {self._drifted[name]!r:.60})"
                for name in self._columns
                if name in self._drifted
            )
            warn(
                f"Omni sent another type than documented; kept as text: {shown}",
            )
        if self._undeclared.paths and self._exhaustive:
            warn(
                f"Omni sent keys that omnipd does not know; kept as JSON in the column {EXTRA!r}: "
                f"{', '.join(sorted(self._undeclared.paths))}",
            )
        warn_of_mended(sorted(self._mended))
        return pa.table({name: self._column(name) for name in [*self._columns, EXTRA]})

    @property
    def drifted(self) -> dict[str, Any]:
        """The columns that came in another type than declared, each with one such value."""
        return self._drifted

    @property
    def undeclared(self) -> set[str]:
        """The wire paths that came and that no column declares."""
        return self._undeclared.paths

    def _convert(self, records: Sequence[Record]) -> None:
        """Turn records into arrays, a column at a time."""
        if not records:
            return
        values = Values(records)
        arrays = {name: [self._array(name, one, values)] for name, one in self._columns.items()}
        arrays[EXTRA] = [self._undeclared.as_json(objects) for objects in values.alike]
        # Only now, since what is nested too deeply has raised by then: columns stay of one length.
        for name, some in arrays.items():
            self._arrays[name] += some

    def _column(self, name: str) -> pa.Array:
        """Return one column in one piece; its parts are let go."""
        kind = TEXT if name == EXTRA or name in self._drifted else self._columns[name].type
        parts = self._arrays.pop(name)
        whole = [part if part.type == kind else part.cast(kind) for part in parts]
        return pa.concat_arrays(whole, _POOL) if whole else pa.array([], kind)

    def _array(self, name: str, column: Column, batch: Values) -> pa.Array:
        values = batch.first(column.paths)
        if column.wire is not None:
            try:
                return _usual(values, column)
            except _MISFITS:
                pass
        try:
            return _typed(values, column)
        except _MISFITS:
            pass
        mended = [whole_text(value) for value in values]
        if mended != values:
            self._mended.add(name)
        try:
            return _typed(mended, column)
        except _MISFITS:
            return pa.array([self._text(name, value, column) for value in mended], TEXT)

    def _text(self, name: str, value: Any, column: Column) -> str | None:
        """Return one value of a column that holds others too: in the column's own form, else raw."""
        if value is None:
            return None
        try:
            made = _typed([value], column).cast(TEXT)[0].as_py()
            return None if made is None else str(made)
        except _MISFITS:
            self._drifted.setdefault(name, value)
            return as_text(value)


class Values:
    """The values of many records by wire path, each object in them looked up once.

    Attributes
    ----------
    alike : list of Objects
        The records, those of one kind that follow each other together.

    Examples
    --------
    >>> Values([{"owner": {"id": "m1"}}, {"ownerId": "m2"}]).first(("owner.id", "ownerId"))
    ['m1', 'm2']
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self.alike = [objects_of(list(some)) for _, some in groupby(records, type)]

    def first(self, paths: Sequence[str]) -> list[Any]:
        """Return for each record the first value that stands at one of the paths, else None."""
        values = self._at(paths[0])
        for path in paths[1:]:
            if None in values:
                others = self._at(path)
                if others.count(None) < len(others):
                    values = [
                        other if value is None else value
                        for value, other in zip(values, others, strict=True)
                    ]
        return values

    def _at(self, path: str) -> list[Any]:
        *above, last = path.split(".")
        held = self.alike
        for key in above:
            held = [objects.inside(key) for objects in held]
        each = [objects.at(last) for objects in held]
        return each[0] if len(each) == 1 else list(chain.from_iterable(each))


def _usual(values: Sequence[Any], column: Column) -> pa.Array:
    """Return a column whose values have the usual form; raise for any other."""
    # Arrow would cut 1.5 to 1, and take true for it.
    if column.wire == COUNT and not set(map(type, values)) <= {int, type(None)}:
        raise ValueError("not only whole numbers")
    array = pa.array(values, column.wire, memory_pool=_POOL)
    if column.vectorized is None:
        return array
    empty = array.null_count == len(array)
    return pa.nulls(len(array), column.type) if empty else column.vectorized(array)


def _typed(values: Sequence[Any], column: Column) -> pa.Array:
    if (convert := column.convert) is not None:
        # What came several times may be one object (PageParser), and is converted once.
        each = dict(zip(map(id, values), values, strict=True))
        made = {key: None if value is None else convert(value) for key, value in each.items()}
        values = list(map(made.__getitem__, map(id, values)))
    return pa.array(values, column.type, memory_pool=_POOL)
