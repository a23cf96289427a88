"""The types of a model's fields, asked of the database; a model's files never say them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlglot import exp

from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.model.calendars import Calendar
from omnipd_sandbox.engine.model.circumstances import Circumstances
from omnipd_sandbox.engine.model.fields import TOO_DEEP, Fields
from omnipd_sandbox.engine.model.measures import as_one_select
from omnipd_sandbox.engine.model.model import (
    Dimension,
    Field,
    Issue,
    Measure,
    Relationship,
    View,
    views_by_alias,
)
from omnipd_sandbox.engine.model.sql_dialect import written
from omnipd_sandbox.engine.model.tables import aliases_read, crossed
from omnipd_sandbox.engine.shortened import first_line
from omnipd_sandbox.refused_query import Refused

# Only fills the literals of relative dates, which have no bearing on types.
_ANY_MOMENT = datetime.fromisoformat("2000-01-01")


def with_types(
    views: Mapping[str, View],
    relationships: Iterable[Relationship],
    warehouse: Warehouse,
    calendar: Calendar,
) -> tuple[dict[str, View], list[Issue]]:
    """Return the views with each field's type filled in, and what does not run."""
    around = Circumstances(_ANY_MOMENT, calendar=calendar)
    typing = _Typing(views, relationships, warehouse, around)
    issues = [*typing.type_dimensions(), *typing.type_measures()]
    return typing.views, issues


class _Typing:
    def __init__(
        self,
        views: Mapping[str, View],
        relationships: Iterable[Relationship],
        warehouse: Warehouse,
        around: Circumstances,
    ) -> None:
        self.views = dict(views)
        self.around = around
        self.warehouse = warehouse
        self.relationships = tuple(relationships)

    def type_dimensions(self) -> list[Issue]:
        untyped: list[Field] = [
            each
            for view in self.views.values()
            for each in view.dimensions.values()
            if not (each.sql_type or each.unmodeled or view.unmodeled)
        ]
        # A dimension may need the type of another, so go round until nothing more is learnt.
        while untyped:
            reasons = self._type(untyped)
            still = [each for each in untyped if _key(each) in reasons]
            if len(still) == len(untyped):
                return self._give_up(still, reasons)
            untyped = still
        return []

    def type_measures(self) -> list[Issue]:
        measures: list[Field] = [
            each
            for view in self.views.values()
            for each in view.measures.values()
            if not (each.unmodeled or view.unmodeled)
        ]
        reasons = self._type(measures)
        return self._give_up([each for each in measures if _key(each) in reasons], reasons)

    def _type(self, fields: Sequence[Field]) -> dict[tuple[str, str], str]:
        """Find out the types of fields; give the reasons of those whose SQL does not run."""
        reachable = views_by_alias(self.views, self.relationships)
        fields_of: dict[str, Fields] = {}
        reasons: dict[tuple[str, str], str] = {}
        # Those that read the same tables are asked for together.
        together: dict[tuple[str, ...], list[tuple[Field, exp.Expression]]] = {}
        for each in _referred_first(fields):
            try:
                of_view = fields_of.setdefault(each.view, Fields(reachable, each.view, self.around))
                tree = _expression(of_view, each)
                together.setdefault(aliases_read(tree, each.view, reachable), []).append(
                    (each, tree)
                )
            except Refused as error:
                reasons[_key(each)] = first_line(error)
            except RecursionError:
                reasons[_key(each)] = TOO_DEEP
                # It may have been left in the middle of something.
                del fields_of[each.view]
        typed: list[Field] = []
        for aliases, asked in together.items():
            typed += self._described(asked, reachable, aliases, reasons)
        self._put(typed)
        return reasons

    def _described(
        self,
        asked: Sequence[tuple[Field, exp.Expression]],
        views: Mapping[str, View],
        aliases: Sequence[str],
        reasons: dict[tuple[str, str], str],
    ) -> list[Field]:
        """Ask for all at once; if that does not run, for each half, until it is known which do not."""
        try:
            select = crossed([tree for _, tree in asked], views, aliases)
            types = self.warehouse.describe(written(select))
        except (Refused, RecursionError) as error:
            if len(asked) == 1:
                too_deep = isinstance(error, RecursionError)
                reasons[_key(asked[0][0])] = TOO_DEEP if too_deep else first_line(error)
                return []
            middle = len(asked) // 2
            return [
                *self._described(asked[:middle], views, aliases, reasons),
                *self._described(asked[middle:], views, aliases, reasons),
            ]
        return [replace(each, sql_type=kind) for (each, _), kind in zip(asked, types, strict=True)]

    def _give_up(self, fields: list[Field], reasons: Mapping[tuple[str, str], str]) -> list[Issue]:
        self._put([replace(each, does_not_run=reasons[_key(each)]) for each in fields])
        return [Issue(reasons[_key(each)], each.view, each.name) for each in fields]

    def _put(self, fields: Iterable[Field]) -> None:
        by_view: dict[str, list[Field]] = {}
        for each in fields:
            by_view.setdefault(each.view, []).append(each)
        for name, found in by_view.items():
            view = self.views[name]
            dimensions = {each.name: each for each in found if isinstance(each, Dimension)}
            measures = {each.name: each for each in found if isinstance(each, Measure)}
            self.views[name] = replace(
                view,
                dimensions={**view.dimensions, **dimensions},
                measures={**view.measures, **measures},
            )


def _key(field: Field) -> tuple[str, str]:
    # Dimensions are typed apart from measures, so that two of one name do not meet.
    return (field.view, field.name)


def _referred_first(fields: Iterable[Field]) -> list[Field]:
    """Put what others refer to before them, so that no chain is followed from its end."""
    left_out = {_key(each): each for each in fields}
    ordered: list[Field] = []
    for start in list(left_out):
        path = [left_out.pop(start)] if start in left_out else []
        while path:
            below = (left_out.pop(key, None) for key in _referred(path[-1]))
            found = next((each for each in below if each is not None), None)
            if found is None:
                ordered.append(path.pop())
            else:
                path.append(found)
    return ordered


def _referred(found: Field) -> list[tuple[str, str]]:
    names = found.sql.references if found.sql is not None else ()
    return [(name.view or found.view, name.field) for name in names]


def _expression(fields: Fields, found: Field) -> exp.Expression:
    if isinstance(found, Measure):
        return as_one_select(fields.written_out(found.view, found), fields.aggregates)
    assert isinstance(found, Dimension)  # noqa: S101 - there is nothing else
    # A duration is nothing until it is asked for in some unit; weeks cannot be everywhere.
    intervals = found.duration.intervals if found.duration else ()
    timeframe = min(intervals, key=lambda interval: interval == "weeks", default=None)
    return fields.written_out(found.view, found, timeframe)
