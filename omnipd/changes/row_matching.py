"""Which row of an edited frame is which row of the frame before, though a file has been between them.

Files write ``'`` before what a spreadsheet would run, spreadsheets take ids of digits for numbers, and
columns are left out. What is then not found by its id would look as if it were new, and the old row as if it
were missing: of all, where rows that are missing are deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from omnipd.changes.values import is_null
from omnipd.export.csv import unguarded
from omnipd.lists.editable import Editable, Row

#: What a row is of: the kind, the item and its part.
Of = tuple[str, str, str | None]
#: A kind, a column and what it holds.
_Named = tuple[str, str, str | float | None]


def without_guards(edited: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Return an edited frame without the ``'`` before texts that a CSV file has been given by omnipd.

    Texts that begin so in the frame before, too, are left alone.
    """
    cleaned = edited.copy(deep=False)
    for column in edited.columns[edited.columns.isin(known.columns)].unique():
        cells, before = edited[column], known[column]
        if isinstance(cells, pd.DataFrame) or isinstance(before, pd.DataFrame):
            continue  # a name that is there twice is refused elsewhere
        texts = {one for one in cells if isinstance(one, str) and unguarded(one) != one}
        if texts := texts - {one for one in before if isinstance(one, str)}:
            cleaned[column] = [unguarded(one) if one in texts else one for one in _cells(cells)]
    return cleaned


def _cells(cells: pd.Series[Any]) -> list[Any]:
    return list(cells.astype(object))


def matched(editable: Editable, old: Mapping[Of, Row], new: Mapping[Of, Row]) -> list[Of]:
    """Return what each new row is of; where the frame before has no such row, the old one that it means.

    That is one whose id is the number in a cell, or that has the same in another column, such as the name
    where the id was left out. What another new row names by its id, none means.
    """
    items: dict[_Named, set[str]] = {}
    parts: dict[tuple[str, _Named], set[str | None]] = {}
    for key, row in old.items():
        if key not in new:
            kind, item, part = key
            for named in _names_of(kind, editable.item, row):
                items.setdefault(named, set()).add(item)
            for named in _names_of(kind, editable.part, row):
                parts.setdefault((item, named), set()).add(part)
    found = []
    for key, row in new.items():
        kind, item, part = key
        meant = {
            (kind, one, other)
            for one in {item} | items.get(_meant(kind, editable.item, row), set())
            for other in {part} | parts.get((one, _meant(kind, editable.part, row)), set())
            if (kind, one, other) in old
        }
        found.append(key if key in old or len(meant) != 1 else meant.pop())
    return found


def _names_of(kind: str, columns: Sequence[str], row: Row) -> Iterator[_Named]:
    for column in columns:
        if not is_null(cell := row.get(column)):
            yield kind, column, _as_number(cell)


def _meant(kind: str, columns: Sequence[str], row: Row) -> _Named:
    """Return what a row is named by, if it may be what an old one is named by though their keys differ."""
    named = next((name for name in columns if not is_null(row.get(name))), None)
    if named is None:
        return kind, "", None
    cell = row[named]
    is_number = isinstance(cell, int | float) and not isinstance(cell, bool)
    # Of a text in the column of ids nothing else is meant.
    return kind, named, None if named == columns[0] and not is_number else _as_number(cell)


def _as_number(cell: Any) -> str | float:
    try:
        return float(cell)
    except (ValueError, TypeError):
        return str(cell)
