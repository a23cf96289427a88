"""The rows that the limits and the offset of a query keep."""

from __future__ import annotations

from sqlglot import exp

from omnipd_sandbox.engine.plan.draft import Draft
from omnipd_sandbox.engine.plan.result_columns import limited
from omnipd_sandbox.engine.sql.rows import Rows, column, sorted_select, window


def within_limit(draft: Draft, rows: Rows) -> Rows:
    """Keep as many rows as the query asks for; of a pivot, as many rows and columns."""
    if draft.pivots:
        return _of_pivot(draft, rows)
    if draft.request.limit is None and not draft.request.offset:
        return rows
    return rows.then("page", limited(draft, sorted_select(rows.all(), rows.order)))


def _of_pivot(draft: Draft, rows: Rows) -> Rows:
    """Keep the first columns, and the first rows; every row keeps the first column that it has."""
    place = column("pivot_col")
    least = window(exp.Min(this=place.copy()), (), ["pivot_row"])
    page = rows.all().qualify(
        exp.Or(
            this=exp.LTE(this=place, expression=exp.Literal.number(draft.request.column_limit)),
            expression=exp.EQ(this=place.copy(), expression=least),
        )
    )
    if draft.request.limit is not None:
        limit = exp.Literal.number(draft.request.limit)
        page = page.where(exp.LTE(this=column("pivot_row"), expression=limit))
    return rows.then("page", page)
