"""The groups of a query, as named steps: joined rows, groups with their aggregates, those that pass.

A join may repeat the rows of a measure's view: what minds repeats is computed apart, per group, after
its rows were made single.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from omnipd_sandbox.engine.model import fields
from omnipd_sandbox.engine.model.filters import conjunction
from omnipd_sandbox.engine.model.measures import Aggregate, with_aggregates
from omnipd_sandbox.engine.model.references import named
from omnipd_sandbox.engine.model.sql_dialect import written
from omnipd_sandbox.engine.plan.draft import Draft, Selected
from omnipd_sandbox.engine.plan.result_columns import by_calendar
from omnipd_sandbox.engine.sql.from_joins import from_joins
from omnipd_sandbox.engine.sql.rows import Step, column, present


@dataclass
class _Identity:
    """Hold what tells the rows of some aggregates apart, and those aggregates' numbers."""

    parts: list[exp.Expression]
    # How many of the parts come first that tell whether there is a row: those of a view that may
    # have none here.
    own: int
    numbers: list[int] = field(default_factory=list)


@dataclass
class Groups:
    """Write the groups of a query step by step; each has ``key_n`` and ``value_n`` by number.

    Parameters
    ----------
    draft
        The query.
    repeated
        The numbers of the aggregates whose rows must be made single first.

    Attributes
    ----------
    steps
        The steps so far.
    source
        The step that has the groups that pass the filters on measures.
    """

    draft: Draft
    repeated: set[int]
    steps: list[Step] = field(init=False)
    source: str = field(init=False)

    def __post_init__(self) -> None:
        self.steps = list(self.draft.other_queries)
        self._identities = self._told_apart()
        self.add("joined", from_joins(self.draft, self._rows()))
        self.source = self.level("grouped", "joined", len(self.draft.keys))
        if self.draft.having:
            self.source = self.add("passing", self._passing())

    def add(self, name: str, query: exp.Query) -> str:
        """Add a step, and give its name."""
        self.steps.append((name, query))
        return name

    def level(self, name: str, source: str, kept: int) -> str:
        """Add the groups by the first keys, with the value of every aggregate."""
        keys = _keys(kept)
        direct = [n for n in range(len(self.draft.aggregates)) if n not in self.repeated]
        # Counting keeps the one row that there is when nothing is grouped by.
        columns = [column(key) for key in keys] + [self._built(n) for n in direct]
        spine = exp.select(*(columns or [named(exp.Count(this=exp.Star()), "present")]))
        spine = _grouped(spine.from_(source), keys)
        if not self._identities:
            return self.add(name, spine)
        first = self.add(f"{name}_at_once", spine)
        select = exp.select(*(column(key, first) for key in keys)).from_(first)
        select = select.select(*(column(f"value_{n}", first) for n in direct))
        for number, identity in enumerate(self._identities):
            single = self._single(f"{name}_single_{number}", source, keys, number)
            select = select.join(single, on=_same(keys, first, single), join_type="left")
            for n in identity.numbers:
                value = column(f"value_{n}", single)
                if self.draft.aggregates[n].zero_when_empty:
                    zero = exp.Literal.number(0)
                    select = select.select(
                        named(exp.Coalesce(this=value, expressions=[zero]), f"value_{n}")
                    )
                else:
                    select = select.select(value)
        return self.add(name, select)

    def passing_rows(self) -> str:
        """Give the joined rows without those of groups that a filter on a measure leaves out."""
        if not self.draft.having:
            return "joined"
        found = exp.select(present()).from_("passing")
        found = found.where(_same(_keys(len(self.draft.keys)), "joined", "passing"))
        rows = exp.select("*").from_("joined").where(exp.Exists(this=found))
        return self.add("passing_rows", rows)

    def keys(self, kept: int) -> list[exp.Expression]:
        """Write the keys over groups that kept only the first ones."""
        depth = len(self.draft.keys)
        return [column(key) for key in _keys(kept)] + [exp.Null() for _ in range(depth - kept)]

    def value(self, number: int) -> exp.Expression:
        """Write an aggregate over the groups."""
        return column(f"value_{number}")

    def sort_value(self, selected: Selected, kept: int) -> exp.Expression:
        """Write what a field sorts by over groups that kept only the first keys."""
        if selected.key is None:
            return with_aggregates(selected.value, self.value)
        return by_calendar(selected, self.keys(kept)[selected.key])

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
        return exp.select(*(columns or [present()]))

    def _single(self, name: str, source: str, keys: list[str], number: int) -> str:
        """Add aggregates over rows made single by their identity."""
        identity = self._identities[number]
        ids = [f"id_{number}_{n}" for n in range(len(identity.parts))]
        inputs = [
            f"input_{each}_{n}"
            for each in identity.numbers
            for n in range(len(self.draft.aggregates[each].inputs))
        ]
        once = exp.select(
            *(column(key) for key in keys),
            *(named(exp.AnyValue(this=column(each)), each) for each in inputs),
            present(),
        )
        once = once.from_(source)
        if identity.own:
            # Where a join found nothing there is no row of the view.
            once = once.where(fields.present([column(each) for each in ids[: identity.own]]))
        rows = self.add(f"{name}_rows", _grouped(once, [*keys, *ids]))
        select = exp.select(
            *(column(key) for key in keys), *(self._built(each) for each in identity.numbers)
        )
        return self.add(name, _grouped(select.from_(rows), keys))

    def _built(self, number: int) -> exp.Expression:
        aggregate = self.draft.aggregates[number]
        inputs = [column(f"input_{number}_{n}") for n in range(len(aggregate.inputs))]
        return named(aggregate.build(inputs), f"value_{number}")

    def _passing(self) -> exp.Select:
        """Keep the groups that the filters on measures let through."""
        tests = [with_aggregates(test, self.value) for test in self.draft.having]
        return exp.select("*").from_(self.source).where(conjunction(tests))


def _keys(kept: int) -> list[str]:
    return [f"key_{n}" for n in range(kept)]


def _grouped(select: exp.Select, names: Sequence[str]) -> exp.Select:
    return select.group_by(*(column(name) for name in names)) if names else select


def _same(names: Sequence[str], left: str, right: str) -> exp.Expression:
    """Write that two tables agree on columns, nulls included."""
    if not names:
        return exp.true()
    return conjunction(
        [exp.NullSafeEQ(this=column(name, left), expression=column(name, right)) for name in names]
    )
