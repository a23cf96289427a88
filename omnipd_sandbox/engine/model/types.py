"""The types of a model's fields, asked of the database; a model's files never say them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlglot import exp

from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.model.circumstances import Circumstances
from omnipd_sandbox.engine.model.fields import Fields, tables
from omnipd_sandbox.engine.model.measures import with_aggregates
from omnipd_sandbox.engine.model.model import Dimension, Field, Issue, Measure, Relationship, View
from omnipd_sandbox.engine.model.sql_dialect import written
from omnipd_sandbox.engine.model.tables import table_of
from omnipd_sandbox.refused_query import Refused

# Only fills the literals of relative dates, which have no bearing on types.
_ANY_MOMENT = Circumstances(datetime.fromisoformat("2000-01-01"))


def with_types(
    views: Mapping[str, View], relationships: Iterable[Relationship], warehouse: Warehouse
) -> tuple[dict[str, View], list[Issue]]:
    """Return the views with each field's type filled in, and what does not run."""
    typing = _Typing(views, relationships, warehouse)
    issues = [*typing.type_dimensions(), *typing.type_measures()]
    return typing.views, issues


class _Typing:
    def __init__(
        self,
        views: Mapping[str, View],
        relationships: Iterable[Relationship],
        warehouse: Warehouse,
    ) -> None:
        self.views = dict(views)
        self.warehouse = warehouse
        self.aliases = {name: name for name in views}
        for each in relationships:
            self.aliases |= {each.left: each.left_view, each.right: each.right_view}

    def type_dimensions(self) -> list[Issue]:
        untyped: list[Field] = [
            each
            for view in self.views.values()
            for each in view.dimensions.values()
            if not (each.sql_type or each.unmodeled or view.unmodeled)
        ]
        # A dimension may need the type of another, so go round until nothing more is learnt.
        while untyped:
            issues = {id(each): issue for each in untyped if (issue := self._type(each))}
            still = [each for each in untyped if id(each) in issues]
            if len(still) == len(untyped):
                self._give_up(still, issues)
                return list(issues.values())
            untyped = still
        return []

    def type_measures(self) -> list[Issue]:
        measures: list[Field] = [
            each
            for view in self.views.values()
            for each in view.measures.values()
            if not (each.unmodeled or view.unmodeled)
        ]
        issues = {id(each): issue for each in measures if (issue := self._type(each))}
        self._give_up([each for each in measures if id(each) in issues], issues)
        return list(issues.values())

    def _type(self, found: Field) -> Issue | None:
        """Find out a field's type; return an issue when its SQL does not run."""
        reachable = {a: self.views[name] for a, name in self.aliases.items() if name in self.views}
        fields = Fields(reachable, found.view, _ANY_MOMENT)
        try:
            sql_type = self.warehouse.describe(written(_select(fields, found)))[0]
        except Refused as error:
            return Issue(str(error).strip().splitlines()[0], found.view, found.name)
        self._put(replace(found, sql_type=sql_type))
        return None

    def _give_up(self, fields: list[Field], issues: Mapping[int, Issue]) -> None:
        for each in fields:
            reason = f"SQL that does not run ({issues[id(each)].message})"
            self._put(replace(each, unmodeled=(reason,)))

    def _put(self, found: Field) -> None:
        view = self.views[found.view]
        if isinstance(found, Dimension):
            view = replace(view, dimensions={**view.dimensions, found.name: found})
        elif isinstance(found, Measure):
            view = replace(view, measures={**view.measures, found.name: found})
        self.views[found.view] = view


def _select(fields: Fields, found: Field) -> exp.Select:
    if isinstance(found, Measure):
        aggregates = fields.aggregates.found
        tree = with_aggregates(
            fields.measure(found.view, found),
            lambda number: aggregates[number].build(aggregates[number].inputs),
        )
    elif isinstance(found, Dimension):
        # A duration is nothing until it is asked for in some unit.
        timeframe = found.duration.intervals[0] if found.duration else None
        tree = fields.dimension(found.view, found, timeframe)
    select = exp.select(tree)
    for number, alias in enumerate(sorted(tables(tree) | {found.view})):
        if alias not in fields.views:
            raise Refused("PLAN", f'No such view "{alias}"')
        table = table_of(fields.views[alias], alias)
        # Which rows would join does not matter to a type.
        select = select.join(table, join_type="cross") if number else select.from_(table)
    return select
