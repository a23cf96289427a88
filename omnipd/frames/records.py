"""JSON records → one Arrow table with the declared columns.

Pages are turned into arrays as they come, so that their records can be dropped; a column that the
server sends in another type than declared becomes text, with a warning; a key that no column
declares is kept as JSON in ``extra``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from omnipd.errors import notice
from omnipd.frames.columns import COUNT, TEXT, Column, Columns, as_json, as_text
from omnipd.text import whole_text

Record = dict[str, Any]

#: Keys, each with the keys below it.
_Keys = dict[str, "_Keys"]

#: Where every key goes that no column declares.
EXTRA = "extra"


#: What Arrow and the conversions raise for a value of another type than declared.
MISFITS = (pa.ArrowException, ValueError, TypeError, OverflowError, AttributeError, LookupError)


_NOTHING: Record = {}
#: So many records are turned into arrays together.
_BATCH = 500


class TableBuilder:
    """Collects pages of records into a table.

    Parameters
    ----------
    columns : mapping of str to Column
        The declared columns, in order. The table has one more, ``extra``.
    exhaustive : bool, default True
        Whether they are all that is known to come, so that another key is worth a warning.
    """

    def __init__(self, columns: Columns, *, exhaustive: bool = True) -> None:
        self._columns = columns
        self._exhaustive = exhaustive
        self._pending: list[Record] = []
        self._arrays: dict[str, list[pa.Array]] = {name: [] for name in [*columns, EXTRA]}
        self._drifted: dict[str, Any] = {}
        self._unknown: set[str] = set()
        self._halved: set[str] = set()
        self._known = _known_keys(columns)
        self._usual: set[tuple[int, tuple[str, ...]]] = set()
        self.rows = 0

    def add(self, records: Sequence[Record]) -> None:
        """Append the records of one page."""
        self._pending += records
        self.rows += len(records)
        if len(self._pending) >= _BATCH:
            self._convert()

    def add_arrays(self, arrays: Mapping[str, pa.Array]) -> None:
        """Append records that are columns already, ``extra`` among them."""
        self._convert()
        for name, array in arrays.items():
            self._arrays[name].append(array)
        self.rows += len(arrays[EXTRA])

    def finish(self) -> pa.Table:
        """Return the table of all pages, and warn once of what was not as declared."""
        self._convert()
        if self._drifted:
            shown = ", ".join(
                f"{name} (for example {value!r:.60})" for name, value in self._drifted.items()
            )
            notice(
                f"Omni sent another type than documented; kept as text: {shown}",
            )
        if self._unknown and self._exhaustive:
            notice(
                f"Omni sent keys that omnipd does not know; kept as JSON in the column {EXTRA!r}: "
                f"{', '.join(sorted(self._unknown))}",
            )
        if self._halved:
            notice(
                f"Text that is not valid Unicode was mended with U+FFFD in: {', '.join(sorted(self._halved))}",
            )
        return pa.table({name: self._column(name) for name in [*self._columns, EXTRA]})

    def _convert(self) -> None:
        """Turn the records so far into arrays, and let them go."""
        if not self._pending:
            return
        values = Values(self._pending)
        for name, column in self._columns.items():
            self._arrays[name].append(self._array(name, column, values))
        extras = [self._extra(record) for record in self._pending]
        self._arrays[EXTRA].append(pa.array(extras, TEXT))
        self._pending = []

    def _column(self, name: str) -> pa.Array:
        """Return one column in one piece; its parts are let go."""
        kind = TEXT if name == EXTRA or name in self._drifted else self._columns[name].type
        parts = self._arrays.pop(name)
        whole = [part if part.type == kind else part.cast(kind) for part in parts]
        return pa.concat_arrays(whole) if whole else pa.array([], kind)

    def _array(self, name: str, column: Column, batch: Values) -> pa.Array:
        values = batch.first(column.paths)
        if column.wire is not None:
            try:
                return _usual(values, column)
            except MISFITS:
                pass
        try:
            return _typed(values, column)
        except UnicodeEncodeError:
            self._halved.add(name)
            values = [whole_text(value) for value in values]
        except MISFITS:
            pass
        try:
            return _typed(values, column)
        except MISFITS:
            return pa.array([self._text(name, value, column) for value in values], TEXT)

    def _text(self, name: str, value: Any, column: Column) -> str | None:
        """Return one value of a column that holds others too: in the column's own form, else raw."""
        if value is None:
            return None
        try:
            made = _typed([whole_text(value)], column).cast(TEXT)[0].as_py()
            return None if made is None else str(made)
        except MISFITS:
            self._drifted.setdefault(name, value)
            return str(whole_text(as_text(value)))

    def _extra(self, record: Record) -> str | None:
        """Return what no column declares, as JSON; None in the usual case that there is nothing."""
        if self._is_usual(record):
            return None
        left = _left_over(record, self._known, "")
        if not left:
            return None
        self._unknown |= left.keys()
        return str(whole_text(as_json({key: left[key] for key in sorted(left)})))

    def _is_usual(self, record: Record, known: _Keys | None = None) -> bool:
        """Whether all keys are declared; sets of keys that were looked at are remembered."""
        known = self._known if known is None else known
        if (keys := (id(known), tuple(record))) not in self._usual:
            if not record.keys() <= known.keys():
                return False
            self._usual.add(keys)
        for parent, children in known.items():
            if not children or (held := record.get(parent)) is None:
                continue
            if type(held) is not dict or not self._is_usual(held, children):
                return False
        return True


class InferringBuilder:
    """Collects pages of records whose columns are not known, and finds the columns in them.

    Objects inside a record become columns of their own (``owner.id`` → ``owner_id``), one level
    deep; what is deeper, and lists, are kept as JSON text. Types are Arrow's own guess.
    """

    def __init__(self) -> None:
        self._records: list[dict[tuple[str, ...], Any]] = []
        self._names: dict[tuple[str, ...], str] = {}
        self.rows = 0

    def add(self, records: Sequence[Record]) -> None:
        """Append the records of one page."""
        self._records += [self._flat(record) for record in records]
        self.rows = len(self._records)

    def finish(self) -> pa.Table:
        """Return the table: a column for every key that any record has, in order of appearance."""
        columns = {
            name: _guess([record.get(path) for record in self._records])
            for path, name in self._names.items()
        }
        return pa.table(columns or {EXTRA: pa.nulls(self.rows, TEXT)})

    def _flat(self, record: Record) -> dict[tuple[str, ...], Any]:
        flat: dict[tuple[str, ...], Any] = {}
        for key, value in record.items():
            if isinstance(value, dict) and value:
                flat |= {(key, name): inner for name, inner in value.items()}
            else:
                flat[key,] = value
        for path in [path for path in flat if path not in self._names]:
            self._names[path] = self._new_name(path)
        return {
            path: whole_text(as_json(value) if isinstance(value, dict | list) else value)
            for path, value in flat.items()
        }

    def _new_name(self, path: tuple[str, ...]) -> str:
        """Return a name that no other column has: ``userId`` and ``user_id`` may both come."""
        taken = set(self._names.values())
        plain = whole_text("_".join(snake_case(part) for part in path)) or "value"
        names = (
            plain,
            whole_text(".".join(path)),
            *(f"{plain}_{n}" for n in range(2, len(taken) + 3)),
        )
        return str(next(name for name in names if name and name not in taken))


def _guess(values: list[Any]) -> pa.Array:
    try:
        guessed = pa.array(values)
    except (pa.ArrowException, OverflowError):
        return pa.array([None if value is None else as_text(value) for value in values], TEXT)
    return guessed.cast(TEXT) if pa.types.is_null(guessed.type) else guessed


def snake_case(name: str) -> str:
    """Return a wire name as a column name.

    Examples
    --------
    >>> snake_case("lastViewedAt"), snake_case("_count")
    ('last_viewed_at', 'count')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_")


def _known_keys(columns: Columns) -> _Keys:
    """Return the declared keys, each with the declared keys below it (none for a plain value)."""
    known: _Keys = {}
    for column in columns.values():
        for path in column.paths:
            place = known
            for key in path.split("."):
                place = place.setdefault(key, {})
    return known


def _left_over(held: Record, known: _Keys, above: str) -> Record:
    """Return what no column declares, by wire path."""
    left = {f"{above}{key}": held[key] for key in held.keys() - known.keys()}
    for key, below in known.items():
        if not below or (inner := held.get(key)) is None:
            continue
        if isinstance(inner, dict):
            left |= _left_over(inner, below, f"{above}{key}.")
        else:
            left[f"{above}{key}"] = inner
    return left


class Values:
    """The values of many records by wire path, each object in them looked up once.

    Examples
    --------
    >>> Values([{"owner": {"id": "m1"}}, {"ownerId": "m2"}]).first(("owner.id", "ownerId"))
    ['m1', 'm2']
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = records
        self._inner: dict[str, list[Record]] = {}

    def first(self, paths: Sequence[str]) -> list[Any]:
        """Return for each record the first value that stands at one of the paths, else None."""
        values = self._at(paths[0])
        for path in paths[1:]:
            if None in values:
                others = self._at(path)
                values = [
                    other if value is None else value
                    for value, other in zip(values, others, strict=True)
                ]
        return values

    def _at(self, path: str) -> list[Any]:
        parent, _, child = path.rpartition(".")
        if not parent:
            return [record.get(child) for record in self._records]
        if parent not in self._inner:
            held = self._at(parent)
            self._inner[parent] = [one if type(one) is dict else _NOTHING for one in held]
        return [one.get(child) for one in self._inner[parent]]


def _usual(values: Sequence[Any], column: Column) -> pa.Array:
    """Return a column whose values have the usual form; raise for any other."""
    # Arrow would cut 1.5 to 1, and take true for it.
    if column.wire == COUNT and not {type(value) for value in values} <= {int, type(None)}:
        raise ValueError("not only whole numbers")
    # It would take text for the list of its letters.
    if pa.types.is_list(column.wire) and str in map(type, values):
        raise TypeError("not only lists")
    array = pa.array(values, column.wire)
    return array if column.at_once is None else column.at_once(array)


def _typed(values: Sequence[Any], column: Column) -> pa.Array:
    if (convert := column.convert) is not None:
        values = [None if value is None else convert(value) for value in values]
    return pa.array(values, column.type)
