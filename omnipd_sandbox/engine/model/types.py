"""The types of a model's fields, asked of the database; a model's files never say them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

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

_Kind = TypeVar("_Kind", bound=Field)

# Only fills the literals of relative dates, which have no bearing on types.
_ANY_MOMENT = datetime.fromisoformat("2000-01-01")


def with_types(
    views: Mapping[str, View],
    relationships: Iterable[Relationship],
    warehouse: Warehouse,
    calendar: Calendar,
    of: Iterable[str] | None = None,
) -> tuple[dict[str, View], list[Issue]]:
    """Return the views with each field's type filled in, and what does not run.

    Parameters
    ----------
    of
        The views whose fields are typed; all of them unless given.
    """
    around = Circumstances(_ANY_MOMENT, calendar=calendar)
    typing = _Typing(views, relationships, warehouse, around, views if of is None else of)
    issues = [*typing.type_dimensions(), *typing.type_measures()]
    return typing.views, issues


def to_be_typed_again(views: Mapping[str, View]) -> dict[str, View]:
    """Give views whose fields that did not run are tried again."""
    return {
        name: replace(
            view,
            dimensions={name: _tried_again(each) for name, each in view.dimensions.items()},
            measures={name: _tried_again(each) for name, each in view.measures.items()},
        )
        if any(each.does_not_run for each in (*view.dimensions.values(), *view.measures.values()))
        else view
        for name, view in views.items()
    }


def _tried_again(found: _Kind) -> _Kind:
    return replace(found, does_not_run="") if found.does_not_run else found


def _untyped(found: Field) -> bool:
    return not (found.sql_type or found.unmodeled)


class _Typing:
    def __init__(
        self,
        views: Mapping[str, View],
        relationships: Iterable[Relationship],
        warehouse: Warehouse,
        around: Circumstances,
        of: Iterable[str],
    ) -> None:
        self.views = dict(views)
        self.of = tuple(of)
        self.around = around
        self.warehouse = warehouse
        self.relationships = tuple(relationships)

    def _asked(self) -> list[View]:
        views = [self.views[name] for name in self.of]
        return [each for each in views if not each.unmodeled]

    def type_dimensions(self) -> list[Issue]:
        untyped: list[Field] = [
            each for view in self._asked() for each in view.dimensions.values() if _untyped(each)
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
            each for view in self._asked() for each in view.measures.values() if _untyped(each)
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
