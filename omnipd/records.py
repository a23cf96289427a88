"""JSON records → one Arrow table with the declared columns.

Pages are turned into arrays as they come, so that their records can be dropped; a column that the
server sends in another type than declared becomes text, with a warning; a key that no column
declares is kept as JSON in ``extra``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from omnipd.columns import TEXT, Column, Columns, as_json, whole_text
from omnipd.errors import notice

Record = dict[str, Any]

#: Where every key goes that no column declares.
EXTRA = "extra"


#: What Arrow and the conversions raise for a value of another type than declared.
_MISFITS = (pa.ArrowException, ValueError, TypeError, OverflowError, AttributeError)


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
        self._pages: list[dict[str, pa.Array]] = []
        self._drifted: dict[str, Any] = {}
        self._unknown: set[str] = set()
        self._halved: set[str] = set()
        self._known = _known_keys(columns)
        self.rows = 0

    def add(self, records: Sequence[Record]) -> None:
        """Append the records of one page."""
        page = {name: self._array(name, column, records) for name, column in self._columns.items()}
        page[EXTRA] = pa.array([self._extra(record) for record in records], TEXT)
        self._pages.append(page)
        self.rows += len(records)

    def finish(self) -> pa.Table:
        """Return the table of all pages, and warn once of what was not as declared."""
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
        types = {
            name: TEXT if name in self._drifted else column.type
            for name, column in self._columns.items()
        } | {EXTRA: TEXT}
        return pa.table(
            {
                name: pa.chunked_array([page[name].cast(kind) for page in self._pages], kind)
                for name, kind in types.items()
            }
        )

    def _array(self, name: str, column: Column, records: Sequence[Record]) -> pa.Array:
        values = _values(column, records)
        try:
            return _typed(values, column)
        except UnicodeEncodeError:
            self._halved.add(name)
            values = [whole_text(value) for value in values]
        except _MISFITS:
            pass
        try:
            return _typed(values, column)
        except _MISFITS:
            held = [value for value in values if value is not None]
            self._drifted.setdefault(
                name, next((value for value in held if not _fits(value, column)), held[0])
            )
        texts = [None if value is None else whole_text(_as_text(value)) for value in values]
        return pa.array(texts, TEXT)

    def _extra(self, record: Record) -> str | None:
        """Return what no column declares, as JSON; None in the usual case that there is nothing."""
        left = {key: record[key] for key in record.keys() - self._known.keys()}
        for parent, children in self._known.items():
            if not children or (held := record.get(parent)) is None:
                continue
            if not isinstance(held, dict):
                left[parent] = held
            elif not held.keys() <= children:
                left |= {f"{parent}.{key}": held[key] for key in held.keys() - children}
        if not left:
            return None
        self._unknown |= left.keys()
        return str(whole_text(as_json({key: left[key] for key in sorted(left)})))


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
            if isinstance(value, dict):
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
        return pa.array([None if value is None else _as_text(value) for value in values], TEXT)
    return guessed.cast(TEXT) if pa.types.is_null(guessed.type) else guessed


def snake_case(name: str) -> str:
    """Return a wire name as a column name.

    Examples
    --------
    >>> snake_case("lastViewedAt"), snake_case("_count")
    ('last_viewed_at', 'count')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_")


def _known_keys(columns: Columns) -> dict[str, set[str]]:
    """Return the declared top-level keys, each with its declared children (none for a plain value)."""
    known: dict[str, set[str]] = {}
    for column in columns.values():
        for path in column.paths:
            parent, _, child = path.partition(".")
            known.setdefault(parent, set())
            if child:
                known[parent].add(child)
    return known


def value_at(record: Record, paths: Sequence[str]) -> Any:
    """Return the first value that stands at one of the paths of a record; None without any.

    Examples
    --------
    >>> value_at({"owner": {"id": "m1"}}, ("ownerId", "owner.id"))
    'm1'
    """
    return next((value for path in paths if (value := _getter(path)(record)) is not None), None)


def _values(column: Column, records: Sequence[Record]) -> list[Any]:
    getters = [_getter(path) for path in column.paths]
    values = [getters[0](record) for record in records]
    for getter in getters[1:]:
        values = [
            getter(record) if value is None else value
            for value, record in zip(values, records, strict=True)
        ]
    return values


def _getter(path: str) -> Callable[[Record], Any]:
    parent, _, child = path.partition(".")
    if not child:
        return lambda record: record.get(parent)

    def nested(record: Record) -> Any:
        held = record.get(parent)
        return held.get(child) if isinstance(held, dict) else None

    return nested


def _typed(values: Sequence[Any], column: Column) -> pa.Array:
    if (convert := column.convert) is not None:
        values = [None if value is None else convert(value) for value in values]
    return pa.array(values, column.type)


def _fits(value: Any, column: Column) -> bool:
    try:
        _typed([value], column)
    except _MISFITS:
        return False
    return True


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else as_json(value)
