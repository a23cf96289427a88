"""Rows of values of attributes, where one attribute may have several: one row each becomes a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from omnipd.arguments import said
from omnipd.errors import ArgumentError
from omnipd.frames.columns import as_json

Row = Mapping[str, Any]
#: A user and an attribute.
_Of = tuple[Any, Any]


def fold_values(rows: Iterable[Row], kept: Iterable[Row] = ()) -> list[Row]:
    """Return one row per user and attribute, without ``position``: a list of values is a tuple.

    Rows without an attribute say that Omni does not tell, and are left out.

    Parameters
    ----------
    rows : iterable of mapping
    kept : iterable of mapping
        Rows whose place in a list has no row in `rows`: they stay, as a missing row says nothing.

    Raises
    ------
    ArgumentError
        If a position is no whole number, or there is a second row of it.
    """
    single: list[Row] = []
    lists: dict[_Of, dict[int, Row]] = {}
    for row in rows:
        if _is_null(row.get("attribute_name")):
            continue
        if (place := _place(row)) is None:
            single.append({**_without_place(row), "value": _quoted(row.get("value"))})
            continue
        held = lists.setdefault(_of(row), {})
        if place in held:
            raise ArgumentError(
                f"{row['attribute_name']!r} of the user {row.get('user_id')!r} has two rows of the position "
                f"{place}."
            )
        held[place] = row
    for row in kept:
        if _of(row) in lists and (place := _place(row)) is not None:
            lists[_of(row)].setdefault(place, row)
    return single + [_folded([held[place] for place in sorted(held)]) for held in lists.values()]


def _folded(rows: Sequence[Row]) -> Row:
    values = tuple(row["value"] for row in rows if not _is_null(row.get("value")))
    return {**_without_place(rows[0]), "value": values or None}


def _of(row: Row) -> _Of:
    return row.get("user_id"), row.get("attribute_name")


def _without_place(row: Row) -> dict[str, Any]:
    return {name: cell for name, cell in row.items() if name != "position"}


def _quoted(value: Any) -> Any:
    """Return a value so that it is not taken for a list, which is written as JSON."""
    return as_json(value) if isinstance(value, str) and value[:1] in {"[", '"'} else value


def _place(row: Row) -> int | None:
    cell: Any = row.get("position")
    if _is_null(cell):
        return None
    try:
        number = float(cell)
    except (TypeError, ValueError):
        number = 0.5
    if number < 1 or not number.is_integer():
        raise ArgumentError(
            f"position of {row.get('attribute_name')!r} of the user {row.get('user_id')!r} must be a whole "
            f"number from 1, unlike {said(cell):.60}."
        )
    return int(number)


def _is_null(cell: Any) -> bool:
    return cell is None or cell == "" or cell is pd.NA or cell != cell  # noqa: PLR0124 - NaN
