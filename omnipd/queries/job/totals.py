"""Which totals a query asks for, and which of them did not come: Omni counts them against a limit, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from omnipd.errors import warn
from omnipd.frames.row_keys import row_numbers
from omnipd.frames.to_pandas import storable_columns
from omnipd.queries.job.result import TOTAL_COLUMN
from omnipd.queries.job.seen import Seen
from omnipd.queries.language.clauses import GRAND_TOTAL

GRAND, OF_ROWS, _SUBTOTAL = "column_total", "row_total", "column_subtotal::"

#: By kind, of how many groups a total is missing; None where it is not known how many there are.
Missing = dict[str, int | None]


def asked_for(query: Mapping[str, Any]) -> list[str]:
    """Return the kinds of totals that a query asks for, as the column ``omni_total`` calls them."""
    of_columns = query.get("column_totals") or {}
    return [
        *(GRAND if name == GRAND_TOTAL else _SUBTOTAL + name for name in of_columns),
        *([OF_ROWS] if query.get("row_totals") else []),
    ]


def absent(query: Mapping[str, Any], seen: Seen) -> Missing:
    """Return the kinds of totals of which none came; there are none of no rows."""
    came = {kind.lower() for kind in seen.totals}
    if GRAND_TOTAL in came:
        came.add(GRAND)
    return {kind: None for kind in asked_for(query) if seen.rows and kind.lower() not in came}


def groups_without(
    table: pa.Table, query: Mapping[str, Any], described: Mapping[str, Mapping[str, Any]]
) -> Missing:
    """Return the kinds of subtotals that not every group has.

    A subtotal by a dimension is one for each group of the dimensions up to it. Where Omni does not
    say which fields are dimensions, and in a pivot, nothing is known of groups.

    Parameters
    ----------
    table : pyarrow.Table
        All rows, totals among them, its columns called by their fields.
    query : mapping
        As it was sent.
    described : mapping
        What Omni says of the columns.
    """
    if TOTAL_COLUMN not in table.column_names or query.get("pivots"):
        return {}
    marks = table.column(TOTAL_COLUMN)
    rows = table.filter(pc.is_null(marks))
    came = pc.utf8_lower(marks)
    found: Missing = {}
    # A database may give names back in another case.
    names = [name.lower() for name in table.column_names]
    known = {name.lower(): field.get("is_dimension") for name, field in described.items()}
    for kind in asked_for(query):
        name = kind.removeprefix(_SUBTOTAL).lower()
        if not kind.startswith(_SUBTOTAL) or name not in names:
            continue
        told = [known.get(one) for one in names[: names.index(name) + 1]]
        if None in told or not told[-1]:
            continue
        dimensions = [place for place, is_dimension in enumerate(told) if is_dimension]
        groups = len(row_numbers(storable_columns(rows.select(dimensions)))[1])
        missing = groups - (pc.sum(pc.equal(came, kind.lower())).as_py() or 0)
        if missing > 0:
            found[kind] = missing
    return found


def warn_of_missing(missing: Missing) -> None:
    """Warn of totals that were asked for and did not come."""
    if missing:
        warn(
            f"Omni left out totals that the query asks for: {'; '.join(map(_said, missing.items()))}. "
            "They have a limit of their own, as large as that of the rows; a larger one may bring them."
        )


def _said(one: tuple[str, int | None]) -> str:
    kind, groups = one
    if kind == GRAND:
        return "the grand total"
    if kind == OF_ROWS:
        return "the totals of the rows"
    which = "the subtotals" if groups is None else f"the subtotals of {groups:,} groups"
    return (
        f"{'the subtotal of 1 group' if groups == 1 else which} by {kind.removeprefix(_SUBTOTAL)}"
    )
