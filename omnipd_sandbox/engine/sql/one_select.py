"""A query that a single SELECT says."""

from __future__ import annotations

from sqlglot import exp

from omnipd_sandbox.engine.model.filters import conjunction
from omnipd_sandbox.engine.model.measures import with_aggregates
from omnipd_sandbox.engine.model.references import named
from omnipd_sandbox.engine.plan.draft import Draft, Selected
from omnipd_sandbox.engine.plan.result_columns import (
    by_calendar,
    limited,
    order_of,
    result_columns,
    sorts_by_calendar,
)
from omnipd_sandbox.engine.sql.from_joins import from_joins
from omnipd_sandbox.engine.sql.rows import after


def one_select(draft: Draft) -> exp.Select:
    """Write a draft as one SELECT, behind the queries that its filters refer to."""
    columns, keys = result_columns(draft), draft.keys
    # A name may be there twice, as a time and as its text; the time sorts and groups.
    places = {
        each.selected.name: exp.Literal.number(place)
        for place, each in enumerate(columns, 1)
        if not each.formatted
    }

    def aggregate(number: int) -> exp.Expression:
        found = draft.aggregates[number]
        return found.build([each.copy() for each in found.inputs])

    def sort_value(selected: Selected) -> exp.Expression:
        if sorts_by_calendar(selected):
            return by_calendar(selected, selected.value.copy())
        if selected.name not in places:
            # It is sorted by and not selected.
            return with_aggregates(selected.value.copy(), aggregate)
        return places[selected.name].copy()

    select = exp.select(*(named(each.write(keys, aggregate), each.name) for each in columns))
    select = from_joins(draft, select)
    grouped = [places[each.name].copy() for each in draft.selected if each.key is not None]
    if grouped and draft.grouped:
        select = select.group_by(*grouped, copy=False)
    if draft.having:
        select = select.having(
            conjunction([with_aggregates(test, aggregate) for test in draft.having]), copy=False
        )
    order = [
        exp.Ordered(
            this=sort_value(each.selected), desc=each.descending, nulls_first=each.nulls_first
        )
        for each in order_of(draft)
    ]
    select = limited(draft, select.order_by(*order, copy=False) if order else select)
    return after(draft.other_queries, select)
