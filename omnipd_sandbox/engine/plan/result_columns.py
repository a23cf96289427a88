"""The columns of a result, and the order of its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from omnipd_sandbox.engine.model.measures import with_aggregates
from omnipd_sandbox.engine.model.timeframes import TIMEFRAMES
from omnipd_sandbox.engine.plan.draft import Draft, Selected

AggregateWriter = Callable[[int], exp.Expression]


@dataclass(frozen=True)
class ResultColumn:
    """Describe one column of the result."""

    name: str
    selected: Selected
    # The time written out as text, beside the time itself.
    formatted: bool = False

    def write(self, keys: Sequence[exp.Expression], aggregate: AggregateWriter) -> exp.Expression:
        """Write the column over the expressions of the keys and the aggregates."""
        if self.selected.key is None:
            return with_aggregates(self.selected.value, aggregate)
        key = keys[self.selected.key].copy()
        if self.selected.texts:
            cases = [
                exp.If(this=exp.Literal.number(place), true=exp.Literal.string(each))
                for place, each in enumerate(self.selected.texts)
            ]
            return exp.Case(this=key, ifs=cases)
        if not self.formatted or isinstance(key, exp.Null):
            return key
        pattern = exp.Literal.string(self.selected.formatted or "")
        return exp.Anonymous(this="strftime", expressions=[key, pattern])


def result_columns(draft: Draft) -> list[ResultColumn]:
    """List the columns of the result in order; texts of formatted times come last."""
    columns, formatted = [], []
    for each in draft.selected:
        if each.formatted:
            columns.append(ResultColumn(f"{each.name}__raw", each))
            formatted.append(ResultColumn(each.name, each, formatted=True))
        else:
            columns.append(ResultColumn(each.name, each))
    return columns + formatted


@dataclass(frozen=True)
class SortedBy:
    """Hold one field by which rows are sorted."""

    selected: Selected
    descending: bool = False
    nulls_first: bool = False


def order_of(draft: Draft) -> list[SortedBy]:
    """List the sorts, then every other key, so that the same query gives the same rows."""
    # The database's own default is nulls last, so DIALECT_DEFAULT needs no case of its own.
    terms = [SortedBy(each, sort.descending, bool(sort.nulls_first)) for each, sort in draft.sorts]
    sorted_by = {each.name for each, _ in draft.sorts}
    return terms + [
        SortedBy(each)
        for each in draft.selected
        if each.key is not None and each.name not in sorted_by
    ]


def sorts_by_calendar(selected: Selected) -> bool:
    """Tell whether a field holds names of months or days, which do not sort as text."""
    return selected.timeframe in TIMEFRAMES and bool(TIMEFRAMES[selected.timeframe].order)


def by_calendar(selected: Selected, value: exp.Expression) -> exp.Expression:
    """Write what a field sorts by: itself, or the place of its name in the calendar."""
    if not sorts_by_calendar(selected):
        return value
    names = [exp.Literal.string(name) for name in TIMEFRAMES[selected.timeframe or ""].order]
    return exp.Anonymous(this="list_position", expressions=[exp.Array(expressions=names), value])


def limited(draft: Draft, select: exp.Select) -> exp.Select:
    """Apply the query's limit and offset."""
    request = draft.request
    if request.limit is not None:
        # Not the bare number, which would be parsed as if it could be any SQL.
        select = select.limit(exp.Literal.number(request.limit), copy=False)
    return select.offset(request.offset, copy=False) if request.offset else select
