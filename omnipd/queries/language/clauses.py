"""The parts of a query beside its filters: each of the shape that Omni reads.

What it cannot read it silently leaves out: the rows then come in another order, or the
lowest where the highest were asked for.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

from omnipd.arguments import whole_number
from omnipd.errors import ArgumentError
from omnipd.queries.language import periods
from omnipd.queries.language.filters import check_word

#: What stands in a result in place of measures that are transposed (docs/wire.md).
TRANSPOSED = ("measure_name", "measure_order", "measure_value")
#: What Omni calls the total over all rows, among the fields that subtotals are by.
GRAND_TOTAL = "::total::"
#: How many columns of a pivot Omni gives where a query names no limit (docs/wire.md).
COLUMN_LIMIT = 50
_SORT = ("column_name", "sort_descending", "null_sort")
#: What other programs call the direction. Omni drops each, and sorts upwards.
_DIRECTIONS = {"asc", "ascending", "desc", "descending", "direction", "order", "reverse"}


def check(query: Mapping[str, Any]) -> None:
    """Refuse sorts, totals, pivots, periods and calculations of another shape than Omni's.

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
    for name in ("pivots", "fill_fields", "transposed_measures"):
        if not _listed(query.get(name), str):
            raise ArgumentError(f"{name} must be a list of names of fields.")
    for name in ("column_totals", "row_totals"):
        totals = query.get(name)
        if totals is not None and not (
            isinstance(totals, Mapping) and _listed(list(totals.values()), Mapping)
        ):
            raise ArgumentError(
                f"{name} must be an object of objects.",
                hint=f'For example {{"{GRAND_TOTAL}": {{"type": "aggregation"}}}}.',
            )
    if (limit := query.get("column_limit")) is not None:
        whole_number("column_limit", limit, unit="columns")
    periods.check(query)
    for sort in query.get("sorts") or ():
        _check_sort(sort)
    _check_sorted(query)


def _check_sort(sort: Mapping[str, Any]) -> None:
    column = sort.get("column_name")
    what = f"The sort by {column!r:.60}"
    for key, value in sort.items():
        words = set(re.split("[^a-z]+", re.sub("([A-Z])", r"_\1", str(key)).lower()))
        if key not in _SORT and words & _DIRECTIONS:
            raise ArgumentError(
                f"{what} has the key {key!r:.60}, which Omni would ignore.",
                hint="Did you mean 'sort_descending', which is true or false?",
            )
        check_word(what, "key", key, _SORT, tell=bool(value))
    if not isinstance(column, str) or not column:
        raise ArgumentError(f"A sort has no column_name: {dict(sort)!r:.80}.")
    downwards = sort.get("sort_descending")
    if downwards is not None and not isinstance(downwards, bool):
        raise ArgumentError(f"{what} has sort_descending: {downwards!r:.40}, not true or false.")


def _check_sorted(query: Mapping[str, Any]) -> None:
    """Refuse a sort by a column that the result does not have; Omni fails such a query."""
    fields = query.get("fields") or []
    if not fields or query.get("userEditedSQL") or any("*" in field for field in fields):
        return  # SQL and wildcards do not say what their columns are called
    computed = [str(one.get("calc_name")) for one in query.get("calculations") or ()]
    known = [*fields, *computed, *(TRANSPOSED if query.get("transposed_measures") else ())]
    lower = {name.lower() for name in known}
    for sort in query.get("sorts") or ():
        column = sort["column_name"]
        if column.lower() in lower:
            continue
        near = [name for name in fields if name.lower().startswith(f"{column.lower()}[")]
        near = near or difflib.get_close_matches(column, fields, n=1, cutoff=0.85)
        raise ArgumentError(
            f"The query is sorted by {column:.60}, which it does not select; Omni refuses that.",
            hint=f"Did you mean {near[0]}?"
            if near
            else "Put it into the fields, brackets and all.",
        )


def _listed(value: Any, kind: type) -> bool:
    return value is None or (
        isinstance(value, list) and all(isinstance(one, kind) for one in value)
    )
