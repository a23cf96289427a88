"""A measure, taken apart into aggregates and what is computed from them.

An aggregate is written apart from the rows it reads, because rows that a join repeats must be
made single before it sees them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from sqlglot import exp

from omnipd_sandbox.engine.model.filters import conjunction
from omnipd_sandbox.engine.model.references import AGGREGATE
from omnipd_sandbox.engine.model.sql_dialect import written

AGGREGATE_TYPES = {
    "count", "count_distinct", "sum", "average", "min", "max", "median", "percentile",
    "sum_distinct_on", "average_distinct_on", "median_distinct_on", "percentile_distinct_on",
}  # fmt: skip

# Whatever is counted, summed or averaged twice comes out wrong; these do not mind.
_BLIND_TO_REPEATS = {"ANY_VALUE", "BIT_AND", "BIT_OR", "BOOL_AND", "BOOL_OR", "MAX", "MIN"}
# What gives zero, not null, for no rows.
_ZERO_WHEN_EMPTY = {
    "APPROX_COUNT_DISTINCT", "COUNT", "COUNTIF", "COUNT_IF", "COUNT_STAR", "ENTROPY", "REGR_COUNT",
}  # fmt: skip
# What makes a node one aggregate, with all that is wrapped around it.
_AROUND_CALLS = (exp.Filter, exp.IgnoreNulls, exp.RespectNulls, exp.WithinGroup)
_CALLS = (exp.AggFunc, *_AROUND_CALLS)

# An alias, a field and its timeframe.
FieldPlace = tuple[str, str, str | None]
Build = Callable[[Sequence[exp.Expression]], exp.Expression]


@dataclass(frozen=True)
class Aggregate:
    """Describe one aggregate: the values it reads from each row, and how it combines them."""

    # The view it belongs to, and the views that one of its rows is read from, itself among them.
    view: str
    home: frozenset[str]
    inputs: tuple[exp.Expression, ...]
    build: Build
    minds_repeats: bool = True
    zero_when_empty: bool = False
    # A key of its own (the *_distinct_on types): rows alike in it count once, join or no join.
    key: tuple[exp.Expression, ...] | None = None
    # It counts the rows of a joined view that has no primary key to tell them by.
    needs_key: bool = False
    # Fields by which it is not filtered as the query says, and how it is instead.
    cancels: Mapping[FieldPlace, exp.Expression] = field(default_factory=dict)

    @cached_property
    def signature(self) -> tuple[object, ...]:
        """Tell aggregates apart that would come out differently."""
        key = None if self.key is None else tuple(written(part) for part in self.key)
        inputs = [each.copy() for each in self.inputs]
        canceled = tuple((place, written(test)) for place, test in self.cancels.items())
        return (self.view, self.home, written(self.build(inputs)), key, canceled)

    def where(self, test: exp.Expression) -> Aggregate:
        """Give the same over those rows alone for which a condition holds."""
        # Never false: of rows that are made single, one that passes is enough.
        passes = exp.Case(ifs=[exp.If(this=test.copy(), true=exp.true())])
        return replace(
            self,
            inputs=(*self.inputs, passes),
            build=lambda values: _only_where(self.build(values[:-1]), values[-1]),
        )


@dataclass
class Aggregates:
    """Collect the aggregates of a query; each stands in an expression by number."""

    found: list[Aggregate] = field(default_factory=list)

    def add(self, aggregate: Aggregate) -> exp.Column:
        """Keep an aggregate, once, and return the column that stands for it."""
        for number, known in enumerate(self.found):
            if known.signature == aggregate.signature:
                return exp.column(f"{AGGREGATE}{number}")
        self.found.append(aggregate)
        return exp.column(f"{AGGREGATE}{len(self.found) - 1}")


def is_aggregate_call(node: exp.Expression) -> bool:
    """Tell whether a node of an expression is one aggregate."""
    return isinstance(node, _CALLS)


def stands_for(column: exp.Expression) -> int | None:
    """Tell which aggregate a column stands for, if any."""
    # A column of a table may have any name.
    if isinstance(column, exp.Column) and not column.table and column.name.startswith(AGGREGATE):
        return int(column.name.removeprefix(AGGREGATE))
    return None


def with_aggregates(tree: exp.Expression, write: Callable[[int], exp.Expression]) -> exp.Expression:
    """Replace the columns that stand for aggregates."""
    number = stands_for(tree)
    if number is not None:
        return write(number)
    copied = tree.copy()
    for column in list(copied.find_all(exp.Column)):
        number = stands_for(column)
        if number is not None:
            column.replace(write(number))
    return copied


def is_percentile(value: object) -> bool:
    """Tell whether a value is a number from 0 to 100."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100


def as_one_select(tree: exp.Expression, aggregates: Aggregates) -> exp.Expression:
    """Put aggregates in place of what stands for them, as if no join repeated their rows."""
    found = aggregates.found
    return with_aggregates(tree, lambda number: found[number].build(found[number].inputs))


def aggregate_of_type(kind: str, percentile: float | None) -> tuple[Build, bool, bool]:
    """Return how to build an aggregate, whether it minds repeats, whether empty means zero."""
    match kind.removesuffix("_distinct_on"):
        case "count":
            return (_count, True, True)
        case "count_distinct":
            return (
                lambda values: exp.Count(this=exp.Distinct(expressions=[values[0]])),
                False,
                True,
            )
        case "sum":
            # Omni's sum of nothing is zero, not null.
            return (_sum, True, True)
        case "average":
            return (lambda values: exp.Avg(this=values[0]), True, False)
        case "min":
            return (lambda values: exp.Min(this=values[0]), False, False)
        case "max":
            return (lambda values: exp.Max(this=values[0]), False, False)
        case "median":
            return (lambda values: exp.Median(this=values[0]), True, False)
        case _:
            fraction = exp.Literal.number(format(Decimal(str(percentile or 0)) / 100, "f"))
            return (
                lambda values: exp.Anonymous(
                    this="quantile_cont", expressions=[values[0], fraction.copy()]
                ),
                True,
                False,
            )


def _only_where(tree: exp.Expression, test: exp.Expression) -> exp.Expression:
    """Let the aggregate in an expression see some rows alone."""
    call = next(tree.find_all(exp.Anonymous, *_CALLS))
    if isinstance(call, exp.Filter):
        call.expression.set("this", conjunction([call.expression.this, test]))
        return tree
    filtered = exp.Filter(this=call.copy(), expression=exp.Where(this=test))
    if call is tree:
        return filtered
    call.replace(filtered)
    return tree


def _count(values: Sequence[exp.Expression]) -> exp.Expression:
    every_row = isinstance(values[0], exp.Literal)
    return exp.Count(this=exp.Star() if every_row else values[0])


def _sum(values: Sequence[exp.Expression]) -> exp.Expression:
    return exp.Coalesce(this=exp.Sum(this=values[0]), expressions=[exp.Literal.number(0)])


def as_aggregate(node: exp.Expression, view: str) -> Aggregate:
    """Take an aggregate call of a model's own SQL apart."""
    columns = list(node.find_all(exp.Column))
    read = {column.table for column in columns}
    call = node
    while isinstance(call, _AROUND_CALLS):
        call = call.this
    name = call.name.upper() if isinstance(call, exp.AnonymousAggFunc) else call.key.upper()
    if isinstance(call, exp.Count):
        blind = isinstance(call.this, exp.Distinct)
    else:
        # With a second argument, MAX and MIN list several values.
        blind = name in _BLIND_TO_REPEATS and len(call.expressions) == 1

    def build(values: Sequence[exp.Expression]) -> exp.Expression:
        copied = node.copy()
        for column, value in zip(list(copied.find_all(exp.Column)), values, strict=True):
            column.replace(value)
        return copied

    return Aggregate(
        view=view,
        home=frozenset(read | {view}),
        inputs=tuple(column.copy() for column in columns),
        build=build,
        minds_repeats=not blind,
        zero_when_empty=name in _ZERO_WHEN_EMPTY,
    )
