"""A query written as a chain of named steps.

It is needed where a join repeats the rows of a measure's view, or where totals are asked for: the
joined rows; per group, what does not mind repeats; per group, what does, after its rows were made
single; the groups put together; the totals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from omnipd_sandbox.engine.model.fields import present
from omnipd_sandbox.engine.model.filters import conjunction
from omnipd_sandbox.engine.model.measures import Aggregate, with_aggregates
from omnipd_sandbox.engine.model.sql_dialect import written
from omnipd_sandbox.engine.model.tables import table_of
from omnipd_sandbox.engine.plan.draft import Draft, Selected
from omnipd_sandbox.engine.plan.result_columns import (
    by_calendar,
    limited,
    named,
    ordered,
    result_columns,
)

TOTALS_MARK = "$omni_column_total_indicator"


# Omni's names of joins, and SQL's.
JOINS = {"always_left": "left", "inner": "inner", "full_outer": "full", "cross": "cross"}


def from_joins(draft: Draft, select: exp.Select) -> exp.Select:
    """Add the joined views and the filters on their rows."""
    for node in draft.joined():
        table = table_of(node.view, node.alias)
        if node.parent is None:
            select = select.from_(table, copy=False)
        else:
            kind = JOINS[node.join_type]
            on = None if kind == "cross" else draft.on(node)
            select = select.join(table, on=on, join_type=kind, copy=False)
    if not draft.where:
        return select
    return select.where(conjunction([test.copy() for test in draft.where]), copy=False)


def after(steps: Sequence[tuple[str, exp.Query]], last: exp.Select) -> exp.Select:
    """Write named steps before the select that reads them."""
    for name, query in steps:
        last = last.with_(name, query, copy=False)
    return last


@dataclass
class _Identity:
    """Hold what tells the rows of some aggregates apart, and those aggregates' numbers."""

    parts: list[exp.Expression]
    # How many of the parts come first that tell whether there is a row: those of a view that may
    # have none here.
    own: int
    numbers: list[int] = field(default_factory=list)


@dataclass
class Steps:
    """Write a query step by step.

    Parameters
    ----------
    draft
        The query.
    repeated
        The numbers of the aggregates whose rows must be made single first.
    """

    draft: Draft
    repeated: set[int]
    _steps: list[tuple[str, exp.Query]] = field(init=False)

    def __post_init__(self) -> None:
        self._steps = list(self.draft.other_queries)
        self._columns = result_columns(self.draft)
        self._identities = self._told_apart()

    def write(self) -> exp.Select:
        """Write the whole statement."""
        self._add("joined", from_joins(self.draft, self._rows()))
        depth = len(self.draft.keys)
        groups = self._groups("grouped", "joined", depth)
        if self.draft.totals:
            last = self._with_totals(groups)
        else:
            values = self._values(depth)
            shown = [
                named(value, each.name) for value, each in zip(values, self._columns, strict=True)
            ]
            last = self._passing(exp.select(*shown).from_(groups))
            order = ordered(self.draft, self._sort_value)
            last = limited(self.draft, last.order_by(*order) if order else last)
        return after(self._steps, last)

    def _add(self, name: str, query: exp.Query) -> str:
        self._steps.append((name, query))
        return name

    def _told_apart(self) -> list[_Identity]:
        identities: dict[tuple[object, ...], _Identity] = {}
        for number in sorted(self.repeated):
            found = self._identity(self.draft.aggregates[number])
            signature = (found.own, *(written(part) for part in found.parts))
            identities.setdefault(signature, found).numbers.append(number)
        return list(identities.values())

    def _identity(self, aggregate: Aggregate) -> _Identity:
        if aggregate.key is not None:
            return _Identity(list(aggregate.key), len(aggregate.key))
        primary_key = self.draft.fields.primary_key
        own = list(primary_key(aggregate.view))
        others = sorted(aggregate.home - {aggregate.view})
        parts = own + [part for alias in others for part in primary_key(alias)]
        always_there = aggregate.view == self.draft.fields.base
        return _Identity(parts, 0 if always_there else len(own))

    def _rows(self) -> exp.Select:
        """Write the joined rows: keys, what the aggregates read, and what tells rows apart."""
        columns = [named(key.copy(), f"key_{n}") for n, key in enumerate(self.draft.keys)]
        for number, aggregate in enumerate(self.draft.aggregates):
            columns += [
                named(value.copy(), f"input_{number}_{n}")
                for n, value in enumerate(aggregate.inputs)
            ]
        for number, identity in enumerate(self._identities):
            columns += [
                named(part.copy(), f"id_{number}_{n}") for n, part in enumerate(identity.parts)
            ]
        return exp.select(*(columns or [_present()]))

    def _groups(self, name: str, source: str, kept: int) -> str:
        """Write the groups by the first keys, with the value of every aggregate."""
        keys = [f"key_{n}" for n in range(kept)]
        direct = [n for n in range(len(self.draft.aggregates)) if n not in self.repeated]
        # Counting keeps the one row that there is when nothing is grouped by.
        columns = [_column(key) for key in keys] + [self._built(n) for n in direct]
        spine = exp.select(*(columns or [named(exp.Count(this=exp.Star()), "present")]))
        spine = _grouped(spine.from_(source), keys)
        if not self._identities:
            return self._add(name, spine)
        first = self._add(f"{name}_at_once", spine)
        select = exp.select(*(_column(key, first) for key in keys)).from_(first)
        select = select.select(*(_column(f"value_{n}", first) for n in direct))
        for number, identity in enumerate(self._identities):
            single = self._single(f"{name}_single_{number}", source, keys, number)
            select = select.join(single, on=_same(keys, first, single), join_type="left")
            for n in identity.numbers:
                value = _column(f"value_{n}", single)
                if self.draft.aggregates[n].zero_when_empty:
                    zero = exp.Literal.number(0)
                    select = select.select(
                        named(exp.Coalesce(this=value, expressions=[zero]), f"value_{n}")
                    )
                else:
                    select = select.select(value)
        return self._add(name, select)

    def _single(self, name: str, source: str, keys: list[str], number: int) -> str:
        """Write aggregates over rows made single by their identity."""
        identity = self._identities[number]
        ids = [f"id_{number}_{n}" for n in range(len(identity.parts))]
        inputs = [
            f"input_{each}_{n}"
            for each in identity.numbers
            for n in range(len(self.draft.aggregates[each].inputs))
        ]
        once = exp.select(
            *(_column(key) for key in keys),
            *(named(exp.AnyValue(this=_column(each)), each) for each in inputs),
            _present(),
        )
        once = once.from_(source)
        if identity.own:
            # Where a join found nothing there is no row of the view.
            once = once.where(present([_column(each) for each in ids[: identity.own]]))
        rows = self._add(f"{name}_rows", _grouped(once, [*keys, *ids]))
        select = exp.select(
            *(_column(key) for key in keys), *(self._built(each) for each in identity.numbers)
        )
        return self._add(name, _grouped(select.from_(rows), keys))

    def _built(self, number: int) -> exp.Expression:
        aggregate = self.draft.aggregates[number]
        inputs = [_column(f"input_{number}_{n}") for n in range(len(aggregate.inputs))]
        return named(aggregate.build(inputs), f"value_{number}")

    def _values(self, kept: int) -> list[exp.Expression]:
        """Write the result's columns over groups that kept only the first keys."""
        depth = len(self.draft.keys)
        keys = [_column(f"key_{n}") if n < kept else exp.Null() for n in range(depth)]
        return [each.write(keys, self._value) for each in self._columns]

    def _value(self, number: int) -> exp.Expression:
        return _column(f"value_{number}")

    def _sort_value(self, selected: Selected) -> exp.Expression:
        if selected.key is None:
            return with_aggregates(selected.value, self._value)
        return by_calendar(selected, _column(f"key_{selected.key}"))

    def _passing(self, select: exp.Select) -> exp.Select:
        """Keep the groups that the filters on measures let through."""
        if not self.draft.having:
            return select
        tests = [with_aggregates(test, self._value) for test in self.draft.having]
        return select.where(conjunction(tests))

    def _with_totals(self, groups: str) -> exp.Select:
        """Write the page of groups, and below it the totals of all groups that pass."""
        order = ordered(self.draft, self._sort_value)
        page = self._passing(self._placed(groups, len(self.draft.keys), None, order))
        parts = [self._add("page", limited(self.draft, page.order_by(_column("place"))))]
        source = self._passing_rows(groups)
        for number, (kept, mark) in enumerate(self.draft.totals):
            level = self._groups(f"total_{number}", source, kept)
            keys: list[exp.Expression] = [
                exp.Ordered(this=_column(f"key_{n}"), nulls_first=False) for n in range(kept)
            ]
            parts.append(self._add(f"total_{number}_placed", self._placed(level, kept, mark, keys)))
        together: exp.Query = _section(parts[0], 0)
        for section, part in enumerate(parts[1:], 1):
            together = exp.union(together, _section(part, section), distinct=False)
        self._add("together", together)
        shown = [named(_column(f"out_{n}"), each.name) for n, each in enumerate(self._columns)]
        mark_column = named(_column("mark"), TOTALS_MARK)
        return (
            exp.select(*shown, mark_column)
            .from_("together")
            .order_by(_column("section"), _column("place"))
        )

    def _placed(
        self, source: str, kept: int, mark: str | None, order: list[exp.Expression]
    ) -> exp.Select:
        """Write groups as rows of the result, each with its mark and its place."""
        columns = [named(value, f"out_{n}") for n, value in enumerate(self._values(kept))]
        marked = exp.cast(exp.Null() if mark is None else exp.Literal.string(mark), "text")
        place = exp.Window(
            this=exp.RowNumber(), order=exp.Order(expressions=order) if order else None
        )
        return exp.select(*columns, named(marked, "mark"), named(place, "place")).from_(source)

    def _passing_rows(self, groups: str) -> str:
        """Leave out the rows of groups that a filter on a measure leaves out."""
        if not self.draft.having:
            return "joined"
        keys = [f"key_{n}" for n in range(len(self.draft.keys))]
        passing = exp.select(*(_column(key) for key in keys), _present()).from_(groups)
        self._add("passing", self._passing(passing))
        found = exp.select(_present()).from_("passing").where(_same(keys, "joined", "passing"))
        rows = exp.select("*").from_("joined").where(exp.Exists(this=found))
        return self._add("passing_rows", rows)


def _column(name: str, table: str | None = None) -> exp.Column:
    return exp.column(name, table=table)


def _present() -> exp.Expression:
    return named(exp.Literal.number(1), "present")


def _section(source: str, number: int) -> exp.Select:
    return exp.select("*", named(exp.Literal.number(number), "section")).from_(source)


def _grouped(select: exp.Select, names: Sequence[str]) -> exp.Select:
    return select.group_by(*(_column(name) for name in names)) if names else select


def _same(names: Sequence[str], left: str, right: str) -> exp.Expression:
    """Write that two tables agree on columns, nulls included."""
    if not names:
        return exp.true()
    return conjunction(
        [
            exp.NullSafeEQ(this=_column(name, left), expression=_column(name, right))
            for name in names
        ]
    )
