"""A pivoted result: long as Omni sends it, or with the values of the pivot side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from omnipd.arguments import argument
from omnipd.errors import ArgumentError, QueryError, warn
from omnipd.frames.to_pandas import storable_columns
from omnipd.frames.wide import Wide, widen
from omnipd.queries.job.any_case import finder
from omnipd.queries.job.result import (
    PIVOT_COLUMN,
    PIVOT_ROW,
    TOTAL_COLUMN,
    labels_of,
    without_places,
)
from omnipd.queries.language.clauses import COLUMN_LIMIT, TRANSPOSED


def facts_of(
    query: Mapping[str, Any], names: Sequence[str], described: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any] | None:
    """Return what a result is pivoted by; None where it is not pivoted.

    Parameters
    ----------
    query : mapping
        As it was sent.
    names : sequence of str
        The columns of the result.
    described : mapping
        What Omni says of them.
    """
    by = _among(query.get("pivots") or (), names)
    if not by or None in by:
        return None
    limit = query.get("column_limit")
    return {
        "by": by,
        "measures": _measures(query, [name for name in names if name not in by], described),
        "column_limit": COLUMN_LIMIT if limit is None else limit,
    }


def _among(wanted: Sequence[Any], names: Sequence[str]) -> list[str | None]:
    """Return columns by their names, None for what is none of them."""
    find = finder({name: name for name in names})
    return [find(str(name)) for name in wanted]


def _measures(
    query: Mapping[str, Any], names: Sequence[str], described: Mapping[str, Mapping[str, Any]]
) -> list[str] | None:
    """Return the columns that are computed for each cell; None where Omni does not tell all of them.

    A calculation outside of the pivot has one value for each of its rows.
    """
    lower = {name.lower(): field for name, field in described.items()}
    outside = {
        str(one.get("calc_name")).lower(): bool(one.get("outside_pivot"))
        for one in query.get("calculations") or ()
    }
    made = TRANSPOSED if query.get("transposed_measures") else ()
    known = {name: name == TRANSPOSED[-1] for name in made}
    found: list[str] = []
    for name in names:
        field = lower.get(name.lower(), {})
        is_dimension = field.get("is_dimension")
        if name in known:
            is_measure: bool | None = known[name]
        elif name == TOTAL_COLUMN or name in (PIVOT_ROW, PIVOT_COLUMN):
            is_measure = False
        elif name.lower() in outside:
            is_measure = not outside[name.lower()]
        elif isinstance(is_dimension, bool):
            is_measure = not is_dimension
        else:
            is_measure = bool(field.get("aggregate_type")) or None
        if is_measure is None:
            return None
        if is_measure:
            found.append(name)
    return found


def has_columns(facts: Mapping[str, Any]) -> bool:
    """Tell whether a result is pivoted; without measures its rows stay below each other."""
    pivot = facts.get("pivot")
    if pivot is None:
        return False
    if pivot["measures"] == []:
        warn(
            "The query has no measures to put into the columns of its pivot: the rows are as Omni "
            "sent them, as with " + argument("pivot", "long") + "."
        )
        return False
    return True


def refuse_totals_of_rows(query: Mapping[str, Any]) -> None:
    """Refuse totals of the rows of a pivot where it is to be wide: how they come is not known."""
    if query.get("pivots") and query.get("row_totals"):
        raise ArgumentError(
            "How Omni lays out the totals of the rows of a pivot is not known, so that they cannot be "
            "made a part of a wide frame.",
            hint=_AS_IT_CAME,
        )


def in_display_order(table: pa.Table) -> pa.Table:
    """Return the rows as a pivot shows them; totals stay behind the rows that they came behind."""
    if PIVOT_ROW not in table.column_names or PIVOT_COLUMN not in table.column_names:
        return table
    total = np.zeros(len(table), np.bool_)
    if TOTAL_COLUMN in table.column_names:
        total = pc.is_valid(table.column(TOTAL_COLUMN)).to_numpy()
    row = pc.fill_null(pc.fill_null_forward(table.column(PIVOT_ROW)), 0).to_numpy()
    column = pc.fill_null(table.column(PIVOT_COLUMN), 0).to_numpy()
    order = np.lexsort((np.where(total, 0, column), total, row))
    if np.array_equal(order, np.arange(len(order))):
        return table
    return table.take(pa.array(order))


def named(table: pa.Table, facts: Mapping[str, Any], names: str) -> pa.Table:
    """Return a result without what says where its rows stand, called by field or by label."""
    table = without_places(table)
    if names != "label":
        return table
    return table.rename_columns(labels_of(table.column_names, facts["labels"]))


def widened(
    table: pa.Table, shown: pa.Table, facts: dict[str, Any], query: Mapping[str, Any]
) -> tuple[Wide, dict[str, Any]]:
    """Return a result with the values of its pivot side by side, and the facts of it.

    Parameters
    ----------
    table : pyarrow.Table
        As :meth:`Run.table` returns it.
    shown : pyarrow.Table
        The same as :func:`named` returns it.
    facts : dict
        As :meth:`Run.facts` returns them.
    query : mapping
        As it was sent.

    Raises
    ------
    QueryError
        If Omni does not say which columns are measures.
    ResponseError
        If two rows are of one cell.
    """
    pivot = facts["pivot"]
    if pivot["measures"] is None:
        raise QueryError(
            "Omni does not say which columns of the result are measures, so that it cannot be made wide.",
            hint=_AS_IT_CAME,
        )
    called = dict(zip(table.column_names, shown.column_names, strict=False))
    by, measures = ([called[name] for name in pivot[which]] for which in ("by", "measures"))
    heads = storable_columns(shown.drop_columns(measures))
    for name in measures:
        heads = heads.append_column(shown.schema.field(name), shown.column(name))
    numbered = PIVOT_COLUMN in table.column_names
    wide = widen(
        heads,
        by=by,
        measures=measures,
        column_numbers=table.column(PIVOT_COLUMN) if numbered else None,
        descending=[called[name] for name in _descending(query, pivot["by"])],
        limit=pivot["column_limit"],
    )
    came = max(wide.columns.num_rows + wide.dropped, pivot["columns"] or 0)
    # Of the columns behind the limit Omni sends those only that are the first of a row.
    dropped = max(wide.dropped, came - pivot["column_limit"])
    pivot = pivot | {"columns": came, "columns_dropped": dropped}
    warn_of_columns(pivot)
    return wide, facts | {"pivot": pivot}


def flat(wide: Wide, facts: dict[str, Any]) -> tuple[pa.Table, dict[str, Any]]:
    """Return a wide result with plain columns, and its facts with the measure that each is of."""
    table = wide.flat()
    names = table.column_names[len(wide.rows.column_names) :]
    measures = facts["pivot"]["measures"] * wide.columns.num_rows
    fields = dict(zip(names, measures, strict=True))
    return table, facts | {"pivot": facts["pivot"] | {"fields": fields}}


_AS_IT_CAME = "With " + argument("pivot", "long") + " the rows are as Omni sent them."


def _descending(query: Mapping[str, Any], by: Sequence[str]) -> list[str]:
    """Return the columns that a query sorts downwards."""
    downwards = [
        one["column_name"] for one in query.get("sorts") or () if one.get("sort_descending")
    ]
    return [name for name in _among(downwards, by) if name is not None]


def warn_of_columns(pivot: Mapping[str, Any]) -> None:
    """Warn when a pivot may have more columns than came, or has more than it shows."""
    columns, limit = pivot["columns"], pivot["column_limit"]
    dropped = pivot.get("columns_dropped", 0)
    if dropped:
        # Of those that Omni left out itself it names none but the last that it came to.
        some = "1 column is" if dropped == 1 else f"{dropped:,} columns are"
        text = f"The pivot has more columns than its column_limit of {limit:,}: at least {some} dropped. "
        warn(text + "Give the query a larger column_limit. " + _AS_IT_CAME)
    elif columns is not None and columns >= limit:
        warn(
            f"The pivot has {columns:,} {'column' if columns == 1 else 'columns'}, and its column_limit "
            f"is {limit:,}: there may be more. Give the query a larger column_limit."
        )
