"""Fields as SQL expressions: references followed, aggregates set apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlglot import exp

from omnipd_sandbox.engine.model import dates
from omnipd_sandbox.engine.model.buckets import Bins, Groups
from omnipd_sandbox.engine.model.calendars import FISCAL, Calendar
from omnipd_sandbox.engine.model.circumstances import Circumstances
from omnipd_sandbox.engine.model.cut_times import cuts_time, is_cut
from omnipd_sandbox.engine.model.durations import Duration, nothing, passed
from omnipd_sandbox.engine.model.filters import Target, condition, conjunction
from omnipd_sandbox.engine.model.measures import (
    Aggregate,
    Aggregates,
    FieldPlace,
    aggregate_of_type,
    as_aggregate,
    is_aggregate_call,
    stands_for,
)
from omnipd_sandbox.engine.model.model import Dimension, Field, Measure, View
from omnipd_sandbox.engine.model.references import FieldName, SqlText, enclosed
from omnipd_sandbox.engine.model.sql_dialect import written
from omnipd_sandbox.engine.model.timeframes import (
    NANOSECONDS,
    TIMEFRAMES,
    at_timeframe,
    is_temporal,
    timeframe_type,
)
from omnipd_sandbox.engine.model.yaml_filters import OFFSET, cancels, on_the_wire, without_query
from omnipd_sandbox.engine.model.zones import at_timeframe_in
from omnipd_sandbox.refused_query import Refused

# How many parts an expression may have, and how deep they may lie in one another, when all that it
# refers to is written out.
_MOST_PARTS = 20_000
_DEEPEST = 250
TOO_DEEP = "The SQL is nested too deeply"


def known_timeframe(dimension: Dimension, timeframe: str, calendar: Calendar) -> str | None:
    """Return a timeframe's own spelling if the dimension can be cut to it, else None."""
    name = timeframe.lower()
    if dimension.duration is not None:
        return name if name in dimension.duration.intervals else None
    if not is_temporal(dimension.sql_type):
        return None
    if name == "raw":
        return name
    if name.startswith(FISCAL) and calendar.fiscal_months is None:
        return None
    if name not in TIMEFRAMES or (dimension.sql_type == "DATE" and not TIMEFRAMES[name].of_dates):
        return None
    return name


class _TooLong(Refused):
    """Say that an expression is too long, or too deep, with all that it refers to written out."""


def _as_it_is(value: exp.Expression) -> exp.Expression:
    return value


@dataclass
class Fields:
    """Write the fields of some joined views as expressions.

    Parameters
    ----------
    views
        The views that can be reached, by the alias under which they are joined.
    base
        The alias whose rows are never missing; None while there is no query yet.
    around
        When and for whom: the model's own filters may look at it.
    """

    views: Mapping[str, View]
    base: str | None
    around: Circumstances
    # The filters of the query, for measures that look at them; None while there is no query yet.
    asked: Mapping[str, Mapping[str, Any]] | None = None
    aggregates: Aggregates = field(default_factory=Aggregates)
    _following: list[tuple[str, str]] = field(default_factory=list)
    # What other fields refer to: written out once, or why it cannot be.
    _referred: dict[tuple[type[Field], str, str, str | None], exp.Expression | _TooLong] = field(
        default_factory=dict
    )

    def find(self, name: FieldName) -> Dimension | Measure | None:
        """Return the field that a full name names, if it can be reached."""
        view = self.views.get(name.view or "")
        return view.field(name.field) if view else None

    def dimension(
        self,
        alias: str,
        dimension: Dimension,
        timeframe: str | None = None,
        *,
        moved: Callable[[exp.Expression], exp.Expression] = _as_it_is,
    ) -> exp.Expression:
        """Write a dimension as an expression over one row, moved before it is cut to a timeframe."""
        with self._follow(alias, dimension):
            if dimension.duration is not None:
                return self._duration(alias, dimension.duration, timeframe)
            if dimension.sql is None:
                tree: exp.Expression = _column(dimension.name, alias)
            else:
                tree = dimension.sql.over(alias, lambda name: self.row_value(name, alias))
            _bounded(tree, alias, dimension)
            if dimension.buckets is not None:
                tree = _bounded(self._in_buckets(dimension, tree), alias, dimension)
        tree = moved(tree)
        if timeframe is None or timeframe == "raw":
            return tree
        zone, calendar = self.around.zone, self.around.calendar
        stays = not dimension.convert_tz or is_cut(self.views, alias, dimension)
        if zone is not None and not stays:
            return at_timeframe_in(zone, timeframe, tree, dimension.sql_type, calendar)
        return at_timeframe(timeframe, tree, dimension.sql_type, calendar)

    def _duration(self, alias: str, duration: Duration, timeframe: str | None) -> exp.Expression:
        if timeframe is None or timeframe == "raw":
            return nothing()
        start, end = (self._instant(alias, each) for each in (duration.start, duration.end))
        return passed(timeframe, start, end, self.around.calendar)

    def _instant(self, alias: str, sql: SqlText) -> exp.Expression:
        """Write the start or the end of a duration."""
        names = [*sql.references, *(FieldName(None, name) for name in sql.columns)]
        for name in names:
            found = self.views[name.view or alias].field(name.field) if self._has(name) else None
            if found is not None and found.sql_type == NANOSECONDS:
                # The cast that counting needs would round it.
                raise Refused(
                    "PLAN",
                    f'A duration from or to "{alias}.{found.name}", of type {NANOSECONDS}, is not'
                    " modeled by this sandbox",
                )
        return sql.over(alias, lambda name: self.row_value(name, alias))

    def _has(self, name: FieldName) -> bool:
        return name.view is None or name.view in self.views

    def _in_buckets(self, dimension: Dimension, tree: exp.Expression) -> exp.Expression:
        match dimension.buckets:
            case Bins() as bins:
                return bins.write(enclosed(tree))
            case Groups() as groups:
                # Groups are of texts only.
                target = Target(enclosed(tree), "VARCHAR")
                return groups.write(lambda filter_: self._test(filter_, target, dimension.name))
        return tree

    def _test(self, operators: Mapping[str, object], target: Target, name: str) -> exp.Expression:
        """Write a filter in the model's notation; it always restricts."""
        try:
            wire = on_the_wire(operators, target.kind, self.around, in_zone=target.convert_tz)
            test = condition(wire, target, self.around)
        except Refused as refused:
            raise Refused(
                refused.error_type, f'The filter on "{name}": {refused.message}'
            ) from None
        if test is None:
            # Never silently: the model's author meant it to hold.
            raise Refused("PLAN", f'The filter on "{name}" does not fit the field')
        return test

    def measure(self, alias: str, measure: Measure) -> exp.Expression:
        """Write a measure as an expression over its aggregates."""
        with self._follow(alias, measure):
            if measure.aggregate_type is None:
                return self._computed(alias, measure)
            return self._aggregated(alias, measure)

    def primary_key(self, alias: str) -> tuple[exp.Expression, ...]:
        """Write the primary key of a view; empty when it has none."""
        return tuple(
            part.over(alias, lambda name: self.row_value(name, alias))
            for part in self.views[alias].primary_key
        )

    def target(
        self, alias: str, found: Dimension | Measure, timeframe: str | None = None
    ) -> Target:
        """Write what a filter on a field applies to."""
        if isinstance(found, Measure):
            cut = is_cut(self.views, alias, found)
            return Target(self.measure(alias, found), found.sql_type, is_cut=cut)
        sql_type = found.sql_type
        if timeframe is not None and timeframe != "raw":
            sql_type = timeframe_type(timeframe, sql_type)
        value = enclosed(self.dimension(alias, found, timeframe))
        cut = cuts_time(timeframe) or is_cut(self.views, alias, found)
        return Target(value, sql_type, found.convert_tz, cut)

    def _aggregated(self, alias: str, measure: Measure) -> exp.Expression:
        kind = measure.aggregate_type or ""
        build, minds_repeats, zero_when_empty = aggregate_of_type(kind, measure.percentile)
        needs_key = False
        if measure.sql is not None:
            value = measure.sql.over(alias, lambda name: self.row_value(name, alias))
            _bounded(value, alias, measure)
        else:
            value, needs_key = self._marker(alias)
        home = frozenset(tables(value) | {alias})
        tests, cancels = self._conditions_of(alias, measure)
        if tests:
            value = exp.Case(ifs=[exp.If(this=conjunction(tests), true=value)])
        key = None
        if measure.distinct_key is not None:
            key = (measure.distinct_key.over(alias, lambda name: self.row_value(name, alias)),)
        return self.aggregates.add(
            Aggregate(
                view=alias,
                home=home,
                inputs=(value,),
                build=build,
                minds_repeats=minds_repeats,
                zero_when_empty=zero_when_empty,
                key=key,
                needs_key=needs_key,
                cancels=cancels,
            )
        )

    def _conditions_of(
        self, alias: str, measure: Measure
    ) -> tuple[list[exp.Expression], dict[FieldPlace, exp.Expression]]:
        """Write a measure's own filters, and tell which stand in place of the query's."""
        tests, canceled = [], {}
        for text, operators in measure.filters.items():
            own = without_query(operators)
            found = []
            if own or OFFSET not in operators:
                found = self.model_conditions(alias, {text: own})
            if OFFSET in operators:
                found.append(self._moved_back(alias, text, dates.interval(operators[OFFSET])))
            tests += found
            if cancels(operators):
                canceled[self._place(alias, text)] = conjunction(found)
        return tests, canceled

    def _moved_back(self, alias: str, text: str, interval: dates.Interval) -> exp.Expression:
        """Write the query's filter on a field, its dates moved back."""
        if self.asked is None:
            return exp.true()
        place = self._place(alias, text)
        for name, filter_ in self.asked.items():
            if self.place_of(name) == place:
                at, field_name, timeframe = place
                found = self.views[at].field(field_name)
                assert found is not None  # noqa: S101 - it was found above
                around = replace(self.around, back=interval)
                test = condition(filter_, self.target(at, found, timeframe), around)
                if test is not None:
                    return test
        raise Refused(
            "PLAN",
            f'A measure moves the query\'s filter on "{text}" back (date_offset_from_query), and'
            " the query has none",
        )

    def place_of(self, text: str) -> FieldPlace | None:
        """Tell apart the fields that a query's filters are on, by whatever names."""
        name = FieldName.parse(text)
        if name is None or name.view is None or self.find(name) is None:
            return None
        return self._place(name.view, text)

    def _place(self, alias: str, text: str) -> FieldPlace:
        name = FieldName.parse(text)
        assert name is not None  # noqa: S101 - it was read before
        at, found = self._resolved(name, alias)
        return at, found.name, None if name.timeframe is None else name.timeframe.lower()

    def _computed(self, alias: str, measure: Measure) -> exp.Expression:
        if measure.sql is None:
            raise Refused("PLAN", f'"{alias}.{measure.name}" has neither aggregate_type nor sql')
        tree = exp.paren(measure.sql.over(alias, lambda name: self._any_value(name, alias)))
        _bounded(tree, alias, measure)
        for node in list(_outermost_aggregates(tree)):
            node.replace(self._raw_aggregate(alias, measure, node))
        loose = [each for each in tree.find_all(exp.Column) if stands_for(each) is None]
        if loose:
            raise Refused(
                "PLAN",
                f'"{alias}.{measure.name}" reads {written(loose[0])} outside an aggregate',
            )
        return tree

    def _raw_aggregate(self, alias: str, measure: Measure, node: exp.Expression) -> exp.Expression:
        if any(stands_for(each) is not None for each in node.find_all(exp.Column)):
            raise Refused("PLAN", f'"{alias}.{measure.name}" aggregates an aggregate')
        if isinstance(node, exp.Count) and isinstance(node.this, exp.Star | exp.Literal | None):
            value, needs_key = self._marker(alias)
            build, _, _ = aggregate_of_type("count", None)
            return self.aggregates.add(
                Aggregate(
                    view=alias,
                    home=frozenset({alias}),
                    inputs=(value,),
                    build=build,
                    zero_when_empty=True,
                    needs_key=needs_key,
                )
            )
        return self.aggregates.add(as_aggregate(node, alias))

    def _marker(self, alias: str) -> tuple[exp.Expression, bool]:
        """Write a value that is null just where a join found no row of the view."""
        key = self.primary_key(alias)
        if alias == self.base or not key:
            return exp.Literal.number(1), alias != self.base
        if len(key) == 1:
            return key[0], False
        return exp.Case(ifs=[exp.If(this=present(key), true=exp.Literal.number(1))]), False

    def model_conditions(
        self,
        alias: str,
        filters: Mapping[str, Mapping[str, object]],
        *,
        of_groups: bool = False,
    ) -> list[exp.Expression]:
        """Write filters in the model's own notation as conditions on rows, or on groups."""
        tests = []
        for text, operators in filters.items():
            name = FieldName.parse(text)
            if name is None:
                raise Refused("PLAN", f'No such field "{text}"')
            at, found = self._resolved(name, alias)
            if isinstance(found, Dimension) == of_groups:
                kind = "dimension" if of_groups else "measure"
                raise Refused("PLAN", f'The {kind} "{text}" cannot be filtered by here')
            timeframe = self._timeframe(found, name)
            target = self.target(at, found, timeframe)
            tests.append(self._test(operators, target, text))
        return tests

    def join_condition(self, on: SqlText, alias: str) -> exp.Expression:
        """Write the condition on which a view is joined; its fields are named in full."""

        def value(name: FieldName) -> exp.Expression:
            found = self.find(name)
            if not isinstance(found, Dimension) or name.view is None:
                raise Refused("PLAN", f'No such field "{name}" in the join of "{alias}"')
            return self.row_value(name, alias)

        return on.over(alias, value)

    def row_value(self, name: FieldName, alias: str) -> exp.Expression:
        """Write the dimension that a reference in a view's SQL names."""
        at, found = self._resolved(name, alias)
        if not isinstance(found, Dimension):
            raise Refused("PLAN", f'"{at}.{found.name}" is a measure where a dimension is needed')
        return self.written_out(at, found, self._timeframe(found, name))

    def written_out(
        self, alias: str, found: Dimension | Measure, timeframe: str | None = None
    ) -> exp.Expression:
        """Write a field that another one may refer to; the second time, as it was the first."""
        # A dimension and a measure may share a name.
        key = (type(found), alias, found.name, timeframe)
        known = self._referred.get(key)
        if known is None:
            try:
                if isinstance(found, Measure):
                    known = self.measure(alias, found)
                else:
                    known = self.dimension(alias, found, timeframe)
            except _TooLong as refused:
                known = refused
            self._referred[key] = known
        if isinstance(known, _TooLong):
            raise known
        return known.copy()

    def _timeframe(self, found: Dimension | Measure, name: FieldName) -> str | None:
        """Give the timeframe that a name asks for, which the field must have."""
        if name.timeframe is None:
            return None
        timeframe = None
        # What is not modeled is refused for itself.
        if isinstance(found, Dimension) and not found.unmodeled:
            timeframe = known_timeframe(found, name.timeframe, self.around.calendar)
        if timeframe is None and not found.unmodeled:
            raise Refused("PLAN", f'No such field "{name}"')
        return timeframe

    def _any_value(self, name: FieldName, alias: str) -> exp.Expression:
        at, found = self._resolved(name, alias)
        if isinstance(found, Measure):
            return self.written_out(at, found)
        return self.row_value(name, alias)

    def _resolved(self, name: FieldName, alias: str) -> tuple[str, Dimension | Measure]:
        own = self.views[alias]
        # A view that names itself means itself under whatever alias it is joined.
        own_names = (None, own.name, *own.stands_for)
        at = name.view if name.view is not None and name.view not in own_names else alias
        if at not in self.views:
            raise Refused("PLAN", f'No such view "{at}"')
        found = self.views[at].field(name.field)
        if found is None:
            raise Refused("PLAN", f'No such field "{at}.{name.field}"')
        if isinstance(found, Dimension) and found.top_values is not None:
            raise Refused(
                "PLAN",
                f'What refers to "{at}.{name.field}", a dimension with dynamic_top_n, is not'
                " modeled by this sandbox",
            )
        return at, found

    @contextmanager
    def _follow(self, alias: str, found: Field) -> Iterator[None]:
        step = (alias, found.name)
        if step in self._following:
            raise Refused("PLAN", f'"{alias}.{found.name}" refers to itself')
        for what in (*self.views[alias].unmodeled, *found.unmodeled):
            raise Refused(
                "PLAN", f'"{alias}.{found.name}" uses {what}, which this sandbox does not model'
            )
        if found.does_not_run:
            raise Refused(
                "PLAN", f'"{alias}.{found.name}" cannot be computed: {found.does_not_run}'
            )
        self._following.append(step)
        try:
            yield
        finally:
            self._following.pop()


def _bounded(tree: exp.Expression, alias: str, found: Field) -> exp.Expression:
    """Give an expression that is not too long."""
    parts, left = 0, [(tree, 0)]
    while left:
        node, depth = left.pop()
        parts += 1
        if parts > _MOST_PARTS:
            raise _TooLong(
                "PLAN",
                f'"{alias}.{found.name}" comes to more than {_MOST_PARTS} parts when all that it'
                " refers to is written out, which this sandbox does not model",
            )
        if depth > _DEEPEST:
            raise _TooLong("PLAN", f'"{alias}.{found.name}": {TOO_DEEP}')
        # A chain of one operator is written without going deeper.
        left += [(each, depth + (type(each) is not type(node))) for each in node.iter_expressions()]
    return tree


def present(key: Sequence[exp.Expression]) -> exp.Expression:
    """Write that a join found a row: of one that it did not find, every part of the key is null."""
    return conjunction(
        [exp.Not(this=exp.Is(this=enclosed(part.copy()), expression=exp.Null())) for part in key],
        "OR",
    )


def tables(tree: exp.Expression) -> set[str]:
    """List the aliases that an expression reads from."""
    return {column.table for column in tree.find_all(exp.Column) if column.table}


def _column(name: str, alias: str) -> exp.Column:
    return exp.column(
        exp.to_identifier(name, quoted=True), table=exp.to_identifier(alias, quoted=True)
    )


def _outermost_aggregates(tree: exp.Expression) -> Iterator[exp.Expression]:
    for node in tree.iter_expressions():
        if is_aggregate_call(node):
            yield node
        else:
            yield from _outermost_aggregates(node)
