"""The parts of a query beside its filters: each of the shape that Omni reads.

What it cannot read it leaves out without a word: the rows then come in another order, or the
lowest where the highest were asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omnipd.errors import ArgumentError
from omnipd.queries.language.filters import check_word

_SORT = ("column_name", "sort_descending", "null_sort")


def check(query: Mapping[str, Any]) -> None:
    """Refuse sorts, totals, pivots and calculations of another shape than Omni's.

    Raises
    ------
    ArgumentError
        Naming the key at fault.
    """
    for name in ("sorts", "calculations"):
        if not _listed(query.get(name), Mapping):
            hint = 'For example [{"column_name": "users.count", "sort_descending": True}].'
            raise ArgumentError(
                f"{name} must be a list of objects.", hint=hint if name == "sorts" else None
            )
    for name in ("pivots", "fill_fields"):
        if not _listed(query.get(name), str):
            raise ArgumentError(f"{name} must be a list of names of fields.")
    for name in ("column_totals", "row_totals"):
        totals = query.get(name)
        if totals is not None and not (
            isinstance(totals, Mapping) and _listed(list(totals.values()), Mapping)
        ):
            raise ArgumentError(
                f"{name} must be an object of objects.",
                hint='For example {"::total::": {"type": "aggregation"}}.',
            )
    for sort in query.get("sorts") or ():
        _check_sort(sort)


def _check_sort(sort: Mapping[str, Any]) -> None:
    column = sort.get("column_name")
    what = f"The sort by {column!r:.60}"
    for key in sort:
        check_word(what, "key", key, _SORT, tell=False)
    if not isinstance(column, str) or not column:
        raise ArgumentError(f"A sort has no column_name: {dict(sort)!r:.80}.")
    downwards = sort.get("sort_descending")
    if downwards is not None and not isinstance(downwards, bool):
        raise ArgumentError(f"{what} has sort_descending: {downwards!r:.40}, not true or false.")


def _listed(value: Any, kind: type) -> bool:
    return value is None or (
        isinstance(value, list) and all(isinstance(one, kind) for one in value)
    )
