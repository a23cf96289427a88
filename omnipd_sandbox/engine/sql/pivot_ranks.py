"""The places of rows and columns in a pivot.

The result stays long: one row per combination that exists. The row dimensions are ranked in the query's
order, and so are the pivoted ones; by the two ranks the rows are sorted.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from omnipd_sandbox.engine.model.references import named
from omnipd_sandbox.engine.plan.draft import Draft
from omnipd_sandbox.engine.plan.helper_columns import PIVOT_COLUMN, PIVOT_ROW
from omnipd_sandbox.engine.plan.result_columns import result_columns
from omnipd_sandbox.engine.sql.rows import Column, Rows, Term, window


def with_pivot_ranks(draft: Draft, rows: Rows) -> Rows:
    """Give the rows and the columns of a pivot numbers from 1; other queries stay as they are."""
    if not draft.pivots:
        return rows
    down = [each for each in rows.order if each.field not in draft.pivots]
    # What is not sorted by follows in the order of the pivots.
    sorted_by = {each.name: place for place, (each, _) in enumerate(draft.sorts)}
    places = {name: len(sorted_by) + place for place, name in enumerate(draft.pivots)} | sorted_by
    across = [each for each in rows.order if each.field in draft.pivots]
    across.sort(key=lambda each: places[each.field or ""])
    ranked = rows.all(named(_rank(down), "pivot_row"), named(_rank(across), "pivot_col"))
    return rows.then(
        "ranked",
        ranked,
        columns=_columns(draft, rows),
        order=(Term("pivot_row"), Term("pivot_col")),
    )


def _rank(terms: Sequence[Term]) -> exp.Expression:
    # Without row dimensions there is one row.
    return window(exp.DenseRank(), terms) if terms else exp.cast(exp.Literal.number(1), "bigint")


def _columns(draft: Draft, rows: Rows) -> list[Column]:
    """Put dimensions first, then pivots, then the helpers, then measures; texts of times stay last."""
    down: list[Column] = []
    across: list[Column] = []
    measures: list[Column] = []
    texts: list[Column] = []
    for each, column in zip(result_columns(draft), rows.columns, strict=True):
        if each.formatted:
            texts.append(column)
        elif each.selected.key is None:
            measures.append(column)
        else:
            (across if each.selected.name in draft.pivots else down).append(column)
    helpers = [Column(PIVOT_ROW, "pivot_row"), Column(PIVOT_COLUMN, "pivot_col")]
    return [*down, *across, *helpers, *measures, *texts]
