"""A drafted query, written as SQL."""

from __future__ import annotations

from sqlglot import exp

from omnipd_sandbox.engine.model.filters import conjunction
from omnipd_sandbox.engine.model.measures import with_aggregates
from omnipd_sandbox.engine.plan.draft import Draft, Selected
from omnipd_sandbox.engine.plan.result_columns import (
    by_calendar,
    limited,
    named,
    ordered,
    result_columns,
    sorts_by_calendar,
)
from omnipd_sandbox.engine.sql.query_views import with_query_views
from omnipd_sandbox.engine.sql.steps import Steps, after, from_joins
from omnipd_sandbox.refused_query import Refused


def write_sql(draft: Draft) -> exp.Select:
    """Write a draft as one statement: mostly one SELECT, else a chain of steps.

    Raises
    ------
    Refused
        When a measure's rows are repeated and no primary key tells them apart.
    """
    draft = with_query_views(draft, write_sql)
    repeated = _repeated(draft)
    if repeated or draft.totals:
        return Steps(draft, repeated).write()
    return _one_select(draft)


def _repeated(draft: Draft) -> set[int]:
    """List the aggregates whose rows must be made single first."""
    kept = [node.alias for node in draft.joined()]
    found = set()
    for number, aggregate in enumerate(draft.aggregates):
        if aggregate.key is not None:
            found.add(number)
        elif aggregate.minds_repeats and draft.tree.repeats(aggregate.home, kept):
            for alias in sorted(aggregate.home):
                if not draft.fields.primary_key(alias):
                    raise Refused(
                        "PLAN_PK_REQUIRED_DUE_TO_JOIN_FANOUT",
                        f'View "{alias}" needs a primary key, because a join repeats its rows',
                    )
            found.add(number)
        elif aggregate.needs_key:
            raise Refused("PLAN", "Counting the rows of a joined view needs its primary key")
    return found


def _one_select(draft: Draft) -> exp.Select:
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
    order = ordered(draft, sort_value)
    select = limited(draft, select.order_by(*order, copy=False) if order else select)
    return after(draft.other_queries, select)
