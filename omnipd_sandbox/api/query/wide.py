"""A pivoted result as a document has it: wide, its first record a second row of headers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from omnipd_sandbox.api.query.display import Cell, Shown, distinct, shown
from omnipd_sandbox.engine.plan.helper_columns import PIVOT_COLUMN, PIVOT_ROW
from omnipd_sandbox.http.refusals import BadRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

Fields = Mapping[str, Mapping[str, Any]]


def wide(table: pa.Table, fields: Fields, query: Mapping[str, Any], *, formatted: bool) -> Shown:
    """Put the values of a pivot side by side, with the field's label above what is beside them.

    Raises
    ------
    BadRequest
        For more than one pivot, other dimension or measure: their layout is not known.
    """
    row, pivot, measure = _parts(fields, query)
    places = [place - 1 for place in table.column(PIVOT_ROW).to_pylist()]
    across = [place - 1 for place in table.column(PIVOT_COLUMN).to_pylist()]
    values = shown(table, {pivot: fields[pivot]}, formatted=formatted)
    # The columns that the limit leaves out are out, though rows that have no other keep one.
    heads: dict[int, str] = {
        place: _head(value)
        for place, [value] in zip(across, values.rows(), strict=True)
        if place < query["column_limit"]
    }
    columns = [_first_of(table.column(row), places)]
    columns += [
        _spread(table.column(measure), places, [each == place for each in across])
        for place in sorted(heads)
    ]
    one = shown(table, {measure: fields[measure]}, formatted=formatted)
    labels = [_label(pivot, fields), *(heads[place] for place in sorted(heads))]
    return Shown(
        labels=tuple(distinct(labels)),
        columns=tuple(columns),
        formats=(None, *(one.formats * len(heads))),
        header=(_label(row, fields), *([_label(measure, fields)] * len(heads))),
    )


def _parts(fields: Fields, query: Mapping[str, Any]) -> tuple[str, str, str]:
    """Name the one row dimension, the one pivot and the one measure."""
    pivots = [each for each in fields if each in query["pivots"]]
    measures = [name for name, each in fields.items() if not each["is_dimension"]]
    down = [name for name in fields if name not in {*pivots, *measures}]
    if (len(down), len(pivots), len(measures)) != (1, 1, 1):
        raise BadRequest(
            "the sandbox writes a pivot into a document with one pivot, one other dimension and one"
            " measure; leave resultType out",
            at="query.pivots",
        )
    return down[0], pivots[0], measures[0]


def _label(name: str, fields: Fields) -> str:
    return str(fields[name].get("label") or name)


def _head(value: Cell) -> str:
    """Write a value of the pivot as the name of a column; null has an empty one."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _first_of(values: pa.ChunkedArray, places: Sequence[int]) -> pa.ChunkedArray:
    """Take one value for each row of the pivot."""
    first = {place: number for number, place in reversed(list(enumerate(places)))}
    return values.take(pa.array([first[place] for place in sorted(first)], pa.int64()))


def _spread(
    values: pa.ChunkedArray, places: Sequence[int], here: Sequence[bool]
) -> pa.ChunkedArray:
    """Take the values of one column of the pivot, null where a row has none."""
    found = {
        place: n for n, (place, is_here) in enumerate(zip(places, here, strict=True)) if is_here
    }
    return values.take(pa.array([found.get(place) for place in sorted(set(places))], pa.int64()))
