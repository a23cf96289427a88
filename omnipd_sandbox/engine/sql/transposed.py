"""Measures as rows: one row per measure and group, the measure's name and value beside each other."""

from __future__ import annotations

from functools import reduce

from sqlglot import exp

from omnipd_sandbox.engine.model.references import named
from omnipd_sandbox.engine.plan.draft import Draft
from omnipd_sandbox.engine.plan.helper_columns import (
    MEASURE_NAME,
    MEASURE_ORDER,
    MEASURE_VALUE,
)
from omnipd_sandbox.engine.sql.rows import Column, Rows, Term


def with_transposed(draft: Draft, rows: Rows) -> Rows:
    """Make rows of the measures that the query transposes; other queries stay as they are."""
    if draft.transposed is None:
        return rows.then("nothing", rows.all().where(exp.false()))
    if not draft.transposed:
        return rows
    parts: list[exp.Query] = [
        rows.all(
            named(exp.Literal.string(name), "measure_name"),
            named(exp.cast(exp.Literal.number(place), "bigint"), "measure_order"),
            named(rows.value(name), "measure_value"),
        )
        for place, name in enumerate(draft.transposed)
    ]
    together = reduce(lambda one, other: exp.union(one, other, distinct=False), parts)
    return rows.then(
        "transposed",
        together,
        columns=_columns(draft.transposed, rows),
        order=(*rows.order, Term("measure_order")),
    )


def _columns(names: list[str], rows: Rows) -> list[Column]:
    """Put the three columns at the place of the first measure that they stand for."""
    columns = [each for each in rows.columns if each.name not in names]
    place = next(n for n, each in enumerate(rows.columns) if each.name in names)
    columns[place:place] = [
        Column(MEASURE_NAME, "measure_name"),
        Column(MEASURE_ORDER, "measure_order"),
        Column(MEASURE_VALUE, "measure_value"),
    ]
    return columns
