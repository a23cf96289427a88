"""Rows without those that a list has twice: it may have changed while it was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

_Row = TypeVar("_Row", bound=Mapping[str, Any])


def each_once(rows: Iterable[_Row], key: str) -> list[_Row]:
    """Return the first row with each id; those whose id is null all stay.

    Examples
    --------
    >>> each_once([{"id": "a"}, {"id": None}, {"id": "a"}, {"id": None}], "id")
    [{'id': 'a'}, {'id': None}, {'id': None}]
    """
    seen: set[Any] = set()
    found = []
    for row in rows:
        if row[key] is None or row[key] not in seen:
            seen.add(row[key])
            found.append(row)
    return found
