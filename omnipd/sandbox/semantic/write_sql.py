"""A drafted query, written as SQL.

Mostly that is one SELECT with a GROUP BY. Where a join repeats the rows of a measure's view, or
where totals are asked for, it is a chain of named steps: the joined rows; per group, what does not
mind repeats; per group, what does, after its rows were made single; the groups; the totals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from omnipd.sandbox.semantic.draft import Draft, Selected
from omnipd.sandbox.semantic.filters import conjunction
from omnipd.sandbox.semantic.measures import Aggregate, with_aggregates
from omnipd.sandbox.semantic.refusal import Refused
from omnipd.sandbox.semantic.tables import table_of
from omnipd.sandbox.semantic.timeframes import GRAINS

TOTALS_MARK = "$omni_column_total_indicator"

AggregateWriter = Callable[[int], exp.Expression]


@dataclass(frozen=True)
class Output:
    """Describe one column of the result."""

    name: str
    selected: Selected
    # The time written out as text, beside the time itself.
    formatted: bool = False

    def write(
        self, keys: Sequence[exp.Expression], aggregate: AggregateWriter
    ) -> exp.Expression:
        """Write the column over the expressions of the keys and the aggregates."""
        if self.selected.key is None:
            return with_aggregates(self.selected.value, aggregate)
        key = keys[self.selected.key].copy()
        if not self.formatted or isinstance(key, exp.Null):
            return key
        pattern = exp.Literal.string(self.selected.formatted or "")
        return exp.Anonymous(this="strftime", expressions=[key, pattern])


def outputs_of(draft: Draft) -> list[Output]:
    """List the columns of the result in order; texts of formatted times come last."""
    outputs, formatted = [], []
    for each in draft.selected:
        if each.formatted:
            outputs.append(Output(f"{each.name}__raw", each))
            formatted.append(Output(each.name, each, formatted=True))
        else:
            outputs.append(Output(each.name, each))
    return outputs + formatted


def write_sql(draft: Draft) -> exp.Select:
    """Write a draft as one statement.

    Raises
    ------
    Refused
        When a measure's rows are repeated and no primary key tells them apart.
    """
    repeated = _repeated(draft)
    if repeated or draft.totals:
        return _Steps(draft, repeated).write()
    return _one_select(draft)


def _repeated(draft: Draft) -> set[int]:
    """List the aggregates whose rows must be made single first."""
    kept = [node.alias for node in draft.joined()]
    found = set()
    for number, aggregate in enumerate(draft.aggregates):
        fanned_out = aggregate.minds_repeats and draft.tree.repeats(aggregate.home, kept)
        if aggregate.key is not None or fanned_out:
            found.add(number)
        if fanned_out and aggregate.key is None:
            for alias in sorted(aggregate.home):
                if not draft.fields.primary_key(alias):
                    raise Refused(
                        "PLAN_PK_REQUIRED_DUE_TO_JOIN_FANOUT",
                        f'A primary key is required on view "{alias}", whose rows a join repeats',
                    )
        elif aggregate.needs_key:
            raise Refused("PLAN", "Counting the rows of a joined view needs its primary key")
    return found


def _from_joins(draft: Draft, select: exp.Select) -> exp.Select:
    for node in draft.joined():
        table = table_of(node.view, node.alias)
        if node.parent is None:
            select = select.from_(table)
        else:
            select = select.join(table, on=draft.on(node), join_type="left")
    return select.where(conjunction(draft.where)) if draft.where else select


def _limited(draft: Draft, select: exp.Select) -> exp.Select:
    request = draft.request
    if request.limit is not None:
        select = select.limit(request.limit)
    return select.offset(request.offset) if request.offset else select


def _ordered(
    draft: Draft, expression: Callable[[Selected], exp.Expression]
) -> list[exp.Ordered]:
    """List the sorts, then every other key, so that the same query gives the same rows."""
    terms: list[tuple[Selected, bool, bool]] = [
        (each, sort.descending, bool(sort.nulls_first)) for each, sort in draft.sorts
    ]
    sorted_by = {each.name for each, _ in draft.sorts}
    terms += [
        (each, False, False)
        for each in draft.selected
        if each.key is not None and each.name not in sorted_by
    ]
    return [
        exp.Ordered(this=expression(each), desc=descending, nulls_first=nulls_first)
        for each, descending, nulls_first in terms
    ]


def _calendar_order(selected: Selected) -> tuple[str, ...]:
    return GRAINS[selected.grain].order if selected.grain in GRAINS else ()


def _in_calendar_order(selected: Selected, value: exp.Expression) -> exp.Expression:
    names = _calendar_order(selected)
    if not names:
        return value
    listed = exp.Array(expressions=[exp.Literal.string(name) for name in names])
    return exp.Anonymous(this="list_position", expressions=[listed, value])


def _one_select(draft: Draft) -> exp.Select:
    outputs, keys = outputs_of(draft), draft.keys

    def aggregate(number: int) -> exp.Expression:
        found = draft.aggregates[number]
        return found.build([each.copy() for each in found.inputs])

    def position(selected: Selected) -> exp.Expression:
        if _calendar_order(selected):
            return _in_calendar_order(selected, selected.value.copy())
        return exp.Literal.number(places[selected.name])

    # A name may be there twice, as a time and as its text; the time sorts.
    places = {
        each.selected.name: place for place, each in enumerate(outputs, 1) if not each.formatted
    }
    select = exp.select(*(_named(each.write(keys, aggregate), each.name) for each in outputs))
    select = _from_joins(draft, select)
    grouped = [places[each.name] for each in draft.selected if each.key is not None]
    if grouped:
        select = select.group_by(*(exp.Literal.number(place) for place in grouped))
    if draft.having:
        tests = [with_aggregates(test, aggregate) for test in draft.having]
        select = select.having(conjunction(tests))
    order = _ordered(draft, position)
    return _limited(draft, select.order_by(*order) if order else select)


def _named(tree: exp.Expression, name: str) -> exp.Expression:
    return exp.alias_(tree, name, quoted=True)


@dataclass
class _Steps:
    draft: Draft
    repeated: set[int]
    steps: list[tuple[str, exp.Query]] = field(default_factory=list)

    def write(self) -> exp.Select:
        self._rows()
        groups = self._groups("grouped", "joined", len(self.draft.keys))
        outputs = outputs_of(self.draft)
        if self.draft.totals:
            last = self._with_totals(outputs, groups)
        else:
            last = self._shown(outputs, groups, len(self.draft.keys))
            last = self._only_kept(last)
            order = _ordered(self.draft, lambda each: self._sortable(each))
            last = _limited(self.draft, last.order_by(*order) if order else last)
        for name, query in self.steps:
            last = last.with_(name, query)
        return last

    def _add(self, name: str, query: exp.Query) -> str:
        self.steps.append((name, query))
        return name

    def _rows(self) -> None:
        """Write the joined rows: keys, what the aggregates read, and what tells rows apart."""
        select = exp.select(
            *(_named(key.copy(), f"key_{n}") for n, key in enumerate(self.draft.keys))
        )
        for number, aggregate in enumerate(self.draft.aggregates):
            for n, value in enumerate(aggregate.inputs):
                select = select.select(_named(value.copy(), f"input_{number}_{n}"))
            if number in self.repeated:
                for n, part in enumerate(self._identity(aggregate)):
                    select = select.select(_named(part.copy(), f"id_{number}_{n}"))
        if not select.expressions:
            select = select.select(_named(exp.Literal.number(1), "present"))
        self._add("joined", _from_joins(self.draft, select))

    def _identity(self, aggregate: Aggregate) -> list[exp.Expression]:
        if aggregate.key is not None:
            return list(aggregate.key)
        return [
            part for alias in sorted(aggregate.home) for part in self.draft.fields.primary_key(alias)
        ]

    def _groups(self, name: str, source: str, kept: int) -> str:
        """Write the groups by the first keys, with the value of every aggregate."""
        keys = [exp.column(f"key_{n}") for n in range(kept)]
        spine = exp.select(*(key.copy() for key in keys))
        for number, aggregate in enumerate(self.draft.aggregates):
            if number not in self.repeated:
                values = [exp.column(f"input_{number}_{n}") for n in range(len(aggregate.inputs))]
                spine = spine.select(_named(aggregate.build(values), f"value_{number}"))
        if not spine.expressions:
            spine = spine.select(_named(exp.Count(this=exp.Star()), "present"))
        spine = _grouped_by(spine.from_(source), keys)
        if not self.repeated:
            return self._add(name, spine)
        first = self._add(f"{name}_spine", spine)
        select = exp.select(*(exp.column(key.name, table=first) for key in keys)).from_(first)
        for number, aggregate in enumerate(self.draft.aggregates):
            if number in self.repeated:
                single = self._single(f"{name}_{number}", source, keys, number, aggregate)
                value: exp.Expression = exp.column(f"value_{number}", table=single)
                if aggregate.zero_when_empty:
                    value = exp.Coalesce(this=value, expressions=[exp.Literal.number(0)])
                select = select.join(
                    single, on=_same([key.name for key in keys], first, single), join_type="left"
                )
            else:
                value = exp.column(f"value_{number}", table=first)
            select = select.select(_named(value, f"value_{number}"))
        return self._add(name, select)

    def _single(
        self, name: str, source: str, keys: list[exp.Column], number: int, aggregate: Aggregate
    ) -> str:
        """Write one aggregate over rows made single by their identity."""
        ids = [exp.column(f"id_{number}_{n}") for n in range(len(self._identity(aggregate)))]
        inputs = [f"input_{number}_{n}" for n in range(len(aggregate.inputs))]
        once = exp.select(*(key.copy() for key in keys))
        for each in inputs:
            once = once.select(_named(exp.AnyValue(this=exp.column(each)), each))
        if not once.expressions:
            once = once.select(_named(exp.Literal.number(1), "present"))
        once = once.from_(source).where(
            # Where a left join found nothing there is no row to count.
            *(exp.Not(this=exp.Is(this=part.copy(), expression=exp.Null())) for part in ids)
        )
        first = self._add(f"{name}_once", _grouped_by(once, [*keys, *ids]))
        built = aggregate.build([exp.column(each) for each in inputs])
        select = exp.select(*(key.copy() for key in keys), _named(built, f"value_{number}"))
        return self._add(name, _grouped_by(select.from_(first), keys))

    def _shown(self, outputs: list[Output], source: str, kept: int) -> exp.Select:
        keys = [
            exp.column(f"key_{n}") if n < kept else exp.Null() for n in range(len(self.draft.keys))
        ]
        written = [_named(each.write(keys, self._value), each.name) for each in outputs]
        return exp.select(*written).from_(source)

    def _only_kept(self, select: exp.Select) -> exp.Select:
        if not self.draft.having:
            return select
        tests = [with_aggregates(test, self._value) for test in self.draft.having]
        return select.where(conjunction(tests))

    def _with_totals(self, outputs: list[Output], groups: str) -> exp.Select:
        """Write the page of groups, and below it the totals of all groups that pass."""
        depth = len(self.draft.keys)
        order = _ordered(self.draft, lambda each: self._sortable(each))
        page = self._numbered(outputs, groups, depth, None, order)
        page = _limited(self.draft, self._only_kept(page).order_by("place"))
        parts = [self._add("page", page)]
        source = self._passing_rows(groups)
        for number, (kept, mark) in enumerate(self.draft.totals):
            level = self._groups(f"total_{number}", source, kept)
            keys = [exp.Ordered(this=exp.column(f"key_{n}"), nulls_first=False) for n in range(kept)]
            rows = self._numbered(outputs, level, kept, mark, keys)
            parts.append(self._add(f"total_{number}_rows", rows))
        together: exp.Query = exp.select("*", "0 AS section").from_(parts[0])
        for section, part in enumerate(parts[1:], 1):
            together = exp.union(
                together, exp.select("*", f"{section} AS section").from_(part), distinct=False
            )
        self._add("together", together)
        shown = [
            _named(exp.column(f"out_{n}"), each.name) for n, each in enumerate(outputs)
        ] + [_named(exp.column("mark"), TOTALS_MARK)]
        return exp.select(*shown).from_("together").order_by("section", "place")

    def _numbered(
        self,
        outputs: list[Output],
        source: str,
        kept: int,
        mark: str | None,
        order: list[exp.Ordered],
    ) -> exp.Select:
        renamed = self._shown(outputs, source, kept)
        columns = [_named(each.this, f"out_{n}") for n, each in enumerate(renamed.expressions)]
        literal = exp.Null() if mark is None else exp.Literal.string(mark)
        place = exp.Window(
            this=exp.RowNumber(), order=exp.Order(expressions=order) if order else None
        )
        return exp.select(
            *columns, _named(exp.cast(literal, "text"), "mark"), _named(place, "place")
        ).from_(source)

    def _passing_rows(self, groups: str) -> str:
        """Leave out the rows of groups that a filter on a measure leaves out."""
        if not self.draft.having:
            return "joined"
        names = [f"key_{n}" for n in range(len(self.draft.keys))]
        passing = exp.select(*(names or ["1 AS present"])).from_(groups)
        self._add("passing", self._only_kept(passing))
        found = exp.select("1").from_("passing").where(_same(names, "joined", "passing"))
        select = exp.select("*").from_("joined").where(exp.Exists(this=found))
        return self._add("passing_rows", select)

    def _sortable(self, selected: Selected) -> exp.Expression:
        if selected.key is None:
            return with_aggregates(selected.value, self._value)
        return _in_calendar_order(selected, exp.column(f"key_{selected.key}"))

    def _value(self, number: int) -> exp.Expression:
        return exp.column(f"value_{number}")


def _grouped_by(select: exp.Select, columns: Sequence[exp.Column]) -> exp.Select:
    return select.group_by(*(each.copy() for each in columns)) if columns else select


def _same(names: Sequence[str], left: str, right: str) -> exp.Expression:
    """Write that two tables agree on columns, nulls included."""
    if not names:
        return exp.true()
    return conjunction(
        [
            exp.NullSafeEQ(this=exp.column(name, table=left), expression=exp.column(name, table=right))
            for name in names
        ]
    )
