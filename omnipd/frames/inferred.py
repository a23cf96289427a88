"""JSON records → one Arrow table whose columns are found in them, where none are declared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from omnipd.frames.columns import TEXT, as_json, as_text
from omnipd.frames.records import Record
from omnipd.frames.undeclared import EXTRA
from omnipd.unicode_text import whole_text


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
