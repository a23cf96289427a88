"""A query with its fields found: what to group by, aggregate, filter, sort and show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from omnipd_sandbox.engine.model.circumstances import Circumstances
from omnipd_sandbox.engine.model.fields import Fields, known_timeframe, tables
from omnipd_sandbox.engine.model.filters import condition, conjunction, flag
from omnipd_sandbox.engine.model.grants import Grant, holds
from omnipd_sandbox.engine.model.joins import Joined, JoinTree, tree_of_topic, tree_of_view
from omnipd_sandbox.engine.model.measures import Aggregate, FieldPlace
from omnipd_sandbox.engine.model.model import Dimension, Measure, Model, Topic
from omnipd_sandbox.engine.model.references import FieldName
from omnipd_sandbox.engine.model.timeframes import TIMEFRAMES
from omnipd_sandbox.engine.model.top_values import TopValues
from omnipd_sandbox.engine.plan.canceled_filters import put_in_place
from omnipd_sandbox.engine.plan.comparisons import PERIOD
from omnipd_sandbox.engine.plan.filling import Filling, filling
from omnipd_sandbox.engine.plan.grouping import is_grouped
from omnipd_sandbox.engine.plan.layout import lay_out
from omnipd_sandbox.engine.plan.periods import (
    compare_periods,
    period_field,
    period_texts,
    place_of_period,
)
from omnipd_sandbox.engine.plan.rankings import ranked, ranking
from omnipd_sandbox.engine.plan.request import AnyOf, Request, Sort
from omnipd_sandbox.engine.plan.topic_filters import topic_filters
from omnipd_sandbox.refused_query import Refused


@dataclass(frozen=True)
class Selected:
    """Hold a selected field that was found."""

    name: str
    at: FieldName
    field: Dimension | Measure
    # The timeframe in its own spelling.
    timeframe: str | None
    # Its place among the keys, for a dimension.
    key: int | None
    # The measure over its aggregates; for a dimension, the expression over a row.
    value: exp.Expression
    # The texts that a number stands for, where it is a place among them.
    texts: tuple[str, ...] = ()

    @property
    def formatted(self) -> str | None:
        """Return the pattern by which this timeframe is also written out, if there is one."""
        formats = self.field.formats if isinstance(self.field, Dimension) else {}
        return formats.get(self.timeframe or "")

    @property
    def format(self) -> str | None:
        """Return how it is shown: a field's own format says nothing about its timeframes."""
        return self.formatted if self.timeframe in TIMEFRAMES else self.field.format


@dataclass
class Draft:
    """Hold a query that is understood but not yet written as SQL."""

    request: Request
    tree: JoinTree
    fields: Fields
    model: Model
    # The model as the query's topic sees it.
    seen: Model
    selected: list[Selected] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    where: list[exp.Expression] = field(default_factory=list)
    # The query's own filters on dimensions, which measures may cancel.
    filtered: dict[FieldPlace, exp.Expression] = field(default_factory=dict)
    in_controls: set[FieldPlace | None] = field(default_factory=set)
    having: list[exp.Expression] = field(default_factory=list)
    sorts: list[tuple[Selected, Sort]] = field(default_factory=list)
    # How many of the keys each row of totals keeps, and the mark it carries.
    totals: list[tuple[int, str]] = field(default_factory=list)
    # The dimensions whose values are columns.
    pivots: list[str] = field(default_factory=list)
    # The measures that become rows; None gives no rows at all.
    transposed: list[str] | None = field(default_factory=list)
    # The conditions on rows of each period that is compared; a row may be in several.
    periods: list[exp.Expression] = field(default_factory=list)
    # The values of a time that have rows in any case.
    filling: Filling | None = None
    # Dimensions of which the first values by a measure are kept, by the name of their ranking; the
    # rankings as drafts, and as they are written.
    rankings: dict[str, tuple[FieldName, Dimension, TopValues]] = field(default_factory=dict)
    ranked: list[tuple[str, Draft]] = field(default_factory=list)
    written_rankings: list[tuple[str, exp.Query]] = field(default_factory=list)
    # Rows that are alike in every key become one; SQL can ask for rows as they are.
    grouped: bool = True
    # The filters that queries of views are not told of, and what it has that they cannot be told of.
    kept: frozenset[str] = frozenset()
    cannot_be_bound: str | None = None
    # The views whose queries it is written in, outermost first, and those of the views it reads.
    above: tuple[str, ...] = ()
    view_steps: list[tuple[str, exp.Query]] = field(default_factory=list)

    @property
    def keys(self) -> list[exp.Expression]:
        """List the expressions that the query groups by."""
        return [each.value for each in self.selected if each.key is not None]

    @property
    def aggregates(self) -> list[Aggregate]:
        """List the aggregates that any measure or filter needs."""
        return self.fields.aggregates.found

    @property
    def other_queries(self) -> list[tuple[str, exp.Query]]:
        """List the queries that views, filters and dimensions refer to, by their names here."""
        queries = self.fields.around.queries
        others = [] if queries is None else queries.steps
        return [*others, *self.view_steps, *self.written_rankings]

    def joined(self) -> list[Joined]:
        """List the views to join: the base view, those that are read, those in between."""
        read = [*self.where, *self.periods, *self.keys]
        for aggregate in self.aggregates:
            read += [*aggregate.inputs, *(aggregate.key or ())]
        needed = {alias for tree in read for alias in tables(tree)}
        for aggregate in self.aggregates:
            needed |= aggregate.home
        nodes = self.tree.pruned(self._reachable(needed))
        # A join condition may name views that nothing else needs.
        while True:
            more = needed | {alias for node in nodes for alias in self.on_views(node)}
            if more == needed:
                return nodes
            needed, nodes = more, self.tree.pruned(self._reachable(more))

    def on(self, node: Joined) -> exp.Expression:
        """Write the condition of a join."""
        assert node.on is not None  # noqa: S101 - only the base view has none
        return self.fields.join_condition(node.on, node.alias)

    def on_views(self, node: Joined) -> set[str]:
        """List the views that the condition of a join reads."""
        return set() if node.on is None else tables(self.on(node))

    def _reachable(self, aliases: set[str]) -> set[str]:
        for alias in sorted(aliases - set(self.tree.nodes)):
            raise Refused("PLAN", f'No such view "{alias}"')
        return aliases


def draft(model: Model, request: Request, around: Circumstances) -> Draft:
    """Find everything that a query names.

    Raises
    ------
    Refused
        For what does not exist and for what the sandbox does not do.
    """
    found, finder = begin(model, request, around)
    complete(found, finder)
    return found


def complete(found: Draft, finder: Finder) -> None:
    """Find what a query names that was begun.

    Raises
    ------
    Refused
        For what does not exist and for what the sandbox does not do.
    """
    request, around = found.request, found.fields.around
    for name in request.model_fields:
        if request.periods and name == PERIOD:
            _select_period(found)
        else:
            finder.select(name)
    if not request.model_fields:
        raise Refused("PLAN", "The query selects no fields")
    compared = compare_periods(found, finder, around)
    if compared is not None:
        found.cannot_be_bound = "A comparison of periods"
    for name, filter_ in request.filters.items():
        if name != compared:
            finder.filter(name, filter_, around)
    for control in request.controls:
        found.cannot_be_bound = "A control"
        finder.any_of(control, around)
    for sort in request.sorts:
        finder.sort(sort)
    _rank(found)
    found.where += put_in_place(found.filtered, found.aggregates, found.in_controls)
    lay_out(found)
    found.grouped = is_grouped(found, found.model.default_group_by)
    found.filling = filling(found, around)
    refuse_unmodeled_joins(found)


def begin(model: Model, request: Request, around: Circumstances) -> tuple[Draft, Finder]:
    """Begin a draft with what a query can reach and what always holds there.

    Raises
    ------
    Refused
        For what does not exist and for what the sandbox does not do.
    """
    for setting in model.unmodeled:
        raise Refused("PLAN", f'The model sets "{setting}", which this sandbox does not model')
    topic = _topic(model, request, around)
    if topic is not None:
        tree = tree_of_topic(model, topic)
    elif request.table:
        tree = tree_of_view(model, request.table)
    else:
        raise Refused("PLAN", "The query names neither a topic nor a table")
    # A full join may have no row of the base view either.
    full = any(node.join_type == "full_outer" for node in tree.nodes.values())
    views = {alias: node.view for alias, node in tree.nodes.items()}
    fields = Fields(views, None if full else tree.base, around, request.filters)
    found = Draft(request, tree, fields, model, model.within(topic))
    for each in topic_filters(topic, tree.base) if topic else ():
        test = each.write(fields)
        if test is not None:
            (found.having if each.of_groups else found.where).append(test)
    return found, Finder(fields, topic, found, model.grants)


def _rank(found: Draft) -> None:
    if found.rankings and found.request.periods:
        raise Refused("PLAN", "dynamic_top_n in periods that are compared is not modeled")
    for name, (at, dimension, top) in found.rankings.items():
        draft = ranking(found, at, dimension, top, Selected)
        draft.where += put_in_place(draft.filtered, draft.aggregates, draft.in_controls)
        found.ranked.append((name, draft))


def _topic(model: Model, request: Request, around: Circumstances) -> Topic | None:
    if request.topic is None:
        return None
    topic = model.topics.get(request.topic)
    if topic is None or not holds(model.grants, topic.grants, around):
        raise Refused("PLAN", f"Topic {request.topic} not found")
    for what in topic.unmodeled:
        raise Refused(
            "PLAN", f'The topic "{topic.name}" uses {what}, which this sandbox does not model'
        )
    return topic


def _select_period(found: Draft) -> None:
    at = FieldName(None, PERIOD)
    texts = period_texts(found)
    found.selected.append(
        Selected(PERIOD, at, period_field(), None, len(found.keys), place_of_period(), texts)
    )


def refuse_unmodeled_joins(found: Draft) -> None:
    """Refuse a draft that needs a join the sandbox does not do."""
    for node in found.joined():
        for what in (*node.unmodeled, *node.view.unmodeled):
            raise Refused(
                "PLAN", f'"{node.alias}" is joined by {what}, which this sandbox does not model'
            )


@dataclass
class Finder:
    """Find the fields that a query names, and put them into its draft."""

    fields: Fields
    topic: Topic | None
    found: Draft
    # None where nothing that it finds is asked for by a user.
    grants: Mapping[str, Grant] | None

    def select(self, text: str) -> None:
        """Add a selected field, or note that it is missing."""
        place = self.place(text)
        if place is None:
            # Not an error: the summary lists it (docs/wire.md).
            self.found.missing.append(text)
            return
        at, found, timeframe = place
        alias = at.view or ""
        key = None
        if isinstance(found, Dimension):
            key = len(self.found.keys)
            if found.top_values is not None:
                value = ranked(self.found, at, found, found.top_values)
            else:
                value = self.fields.dimension(alias, found, timeframe)
        else:
            value = self.fields.measure(alias, found)
        self.found.selected.append(Selected(text, at, found, timeframe, key, value))

    def filter(self, text: str, filter_: Mapping[str, Any], around: Circumstances) -> None:
        """Add a filter."""
        test, of_groups = self._test(text, filter_, around)
        if test is None:
            return
        place = self.fields.place_of(text)
        if of_groups or place is None:
            self.found.having.append(test)
        elif place in self.found.filtered:
            # By a name that the field had before, too.
            both = [self.found.filtered[place], test]
            self.found.filtered[place] = conjunction(both)
        else:
            self.found.filtered[place] = test

    def any_of(self, control: AnyOf, around: Circumstances) -> None:
        """Add filters on several fields, one of which must hold; one that restricts nothing is out."""
        tests = [self._test(name, filter_, around) for name, filter_ in control.filters]
        written = [(test, of_groups) for test, of_groups in tests if test is not None]
        if len({of_groups for _, of_groups in written}) > 1:
            raise Refused(
                "PLAN", "Measures and dimensions in one control are not modeled by this sandbox"
            )
        for _, of_groups in written[:1]:
            self.found.in_controls |= {self.fields.place_of(name) for name, _ in control.filters}
            test = conjunction([each for each, _ in written], "OR")
            (self.found.having if of_groups else self.found.where).append(test)

    def _test(
        self, text: str, filter_: Mapping[str, Any], around: Circumstances
    ) -> tuple[exp.Expression | None, bool]:
        """Write a filter, or None when it restricts nothing, and tell whether it is on groups."""
        place = self.place(text)
        if place is None:
            if self._is_filter_only(text):
                # It holds in the query of its view alone.
                return None, False
            if not flag(filter_, "ignore_if_unjoinable"):
                raise Refused("PLAN", f'No such field "{text}"')
            return None, False
        at, found, timeframe = place
        if isinstance(found, Dimension) and found.top_values is not None:
            raise Refused(
                "PLAN", f'A filter on "{text}", a dimension with dynamic_top_n, is not modeled'
            )
        if timeframe in TIMEFRAMES and _wants_a_date(filter_):
            # A date filter belongs under the name without a timeframe; under a timeframe the field is
            # missing (docs/wire.md).
            self.found.missing.append(text)
            return None, False
        test = condition(filter_, self.fields.target(at.view or "", found, timeframe), around)
        return test, isinstance(found, Measure)

    def _is_filter_only(self, text: str) -> bool:
        name = FieldName.parse(text)
        view = self.fields.views.get(name.view or "") if name else None
        return name is not None and view is not None and name.field in view.filter_only

    def sort(self, sort: Sort) -> None:
        """Add a sort by something selected."""
        for each in self.found.selected:
            if each.name == sort.column:
                if each.timeframe == "day_of_week_name":
                    # By its number (docs/wire.md), which depends on where weeks begin.
                    self.fields.around.calendar.refuse_other_weeks(f'The order of "{each.name}"')
                self.found.sorts.append((each, sort))
                return
        if any(sort.column == each.name for each in self.found.request.calculations):
            raise Refused("PLAN", '"sorts" by a calculation is not modeled by this sandbox')
        if sort.column not in self.found.missing:
            raise Refused("PLAN", f'Sorted by "{sort.column}", which is not selected')

    def place(self, text: object) -> tuple[FieldName, Dimension | Measure, str | None] | None:
        """Find a field by its full name, and the timeframe in its own spelling."""
        name = FieldName.parse(text) if isinstance(text, str) else None
        found = self.fields.find(name) if name else None
        if name is None or found is None:
            return None
        if not (self._offered(name, found) and self._granted(name, found)):
            return None
        if name.timeframe is None or found.unmodeled:
            # What is not modeled is refused by name when it is written, in any timeframe.
            return name, found, None
        if not isinstance(found, Dimension):
            return None
        if found.top_values is not None:
            return name, found, name.timeframe
        timeframe = known_timeframe(found, name.timeframe, self.fields.around.calendar)
        if timeframe is None or timeframe not in (*found.timeframes, "raw"):
            return None
        return name, found, timeframe

    def _granted(self, name: FieldName, found: Dimension | Measure) -> bool:
        needed = (*self.fields.views[name.view or ""].grants, *found.grants)
        return self.grants is None or holds(self.grants, needed, self.fields.around)

    def _offered(self, name: FieldName, found: Dimension | Measure) -> bool:
        # By the name that it has today.
        return self.topic is None or self.topic.offers(f"{name.view}.{found.name}")


def _wants_a_date(filter_: Mapping[str, Any]) -> bool:
    if filter_.get("type") == "composite":
        children = filter_.get("filters")
        return isinstance(children, list) and any(_wants_a_date(child) for child in children)
    return filter_.get("type") == "date"
