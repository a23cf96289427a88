"""The query of a view, drafted as any other: with what holds for it, and what is bound into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omnipd_sandbox.engine.model.circumstances import Circumstances
from omnipd_sandbox.engine.model.filters import conjunction
from omnipd_sandbox.engine.model.model import Measure, Model, View, ViewQuery
from omnipd_sandbox.engine.model.references import FieldName
from omnipd_sandbox.engine.model.yaml_filters import on_the_wire
from omnipd_sandbox.engine.plan.draft import Draft, Finder, begin, refuse_unmodeled_joins
from omnipd_sandbox.engine.plan.request import Request, Sort
from omnipd_sandbox.refused_query import Refused


def draft_of_view(
    model: Model, seen: Model, view: View, around: Circumstances, outer: Draft | None
) -> Draft:
    """Draft the query of a view.

    Parameters
    ----------
    model
        The model.
    seen
        The model as the topic sees it that the view is of.
    outer
        The query that reads the view; None while it is only looked at.

    Raises
    ------
    Refused
        For what does not exist and for what the sandbox does not do.
    """
    query = view.query
    assert query is not None  # noqa: S101 - no other view comes here
    names = [name for name, _ in query.outputs]
    request = Request(
        table=query.base_view or "",
        topic=query.topic,
        fields=tuple(dict.fromkeys(names)),
        filters={},
        sorts=tuple(Sort(name, desc, nulls_first=not desc) for name, desc in query.sorts),
        limit=query.limit,
        offset=0,
        column_totals=(),
        static_queries={},
        echo={},
    )
    found, finder = begin(model if query.topic else seen, request, around)
    found.model = model
    found.above = (*(outer.above if outer else ()), view.name)
    if query.base_view not in {None, found.tree.base}:
        raise Refused(
            "PLAN",
            f'The base_view "{query.base_view}" beside a topic that begins at'
            f' "{found.tree.base}" is not modeled by this sandbox',
        )
    # Grants are for asking; a model may refer to what its user may not ask for.
    finder.grants = None
    for name in request.fields:
        finder.select(name)
    for name, operators in query.filters.items():
        _filter(found, finder, name, operators, kept=name in query.kept)
    _bind(found, finder, query, around, outer)
    if found.missing:
        raise Refused("PLAN", f'No such field "{found.missing[0]}"')
    for sort in request.sorts:
        finder.sort(sort)
    _group(found, query)
    refuse_unmodeled_joins(found)
    return found


def _filter(
    found: Draft, finder: Finder, name: str, operators: Mapping[str, Any], *, kept: bool
) -> None:
    """Add a filter of the query's own, in the notation of models."""
    place = finder.place(name)
    if place is None:
        raise Refused("PLAN", f'No such field "{name}"')
    at, field, timeframe = place
    fields = finder.fields
    of_groups = isinstance(field, Measure)
    tests = fields.model_conditions(at.view or "", {name: operators}, of_groups=of_groups)
    (found.having if of_groups else found.where).append(conjunction(tests))
    if not kept:
        kind = fields.target(at.view or "", field, timeframe).kind
        found.chosen[name] = on_the_wire(operators, kind, fields.around.now)


def _bind(
    found: Draft, finder: Finder, query: ViewQuery, around: Circumstances, outer: Draft | None
) -> None:
    """Add the filters of the query around that are bound to fields of this one."""
    for name in query.bound:
        if finder.place(name) is None:
            raise Refused("PLAN", f'No such field "{name}"')
    if outer is None or not (query.bound or query.binds_all):
        return
    if outer.cannot_be_bound is not None:
        raise Refused(
            "PLAN",
            f"{outer.cannot_be_bound} of a query that a query view binds is not modeled by this"
            " sandbox",
        )
    for name, other in query.bound.items():
        if other in outer.chosen:
            found.chosen[name] = outer.chosen[other]
            finder.filter(name, outer.chosen[other], around)
    for name, filter_ in outer.chosen.items() if query.binds_all else ():
        if name in query.kept or name in query.bound or not _joins(found, finder, name):
            continue
        if isinstance(finder.fields.find(FieldName.parse(name) or FieldName(None, "")), Measure):
            raise Refused(
                "PLAN",
                f'bind_all_filters with the filter on the measure "{name}" is not modeled by this'
                " sandbox",
            )
        found.chosen.setdefault(name, filter_)
        finder.filter(name, filter_, around)


def _joins(found: Draft, finder: Finder, name: str) -> bool:
    """Tell whether the query can join the view of a field, without reading itself."""
    place = finder.place(name)
    return place is not None and found.fields.views[place[0].view or ""].name not in found.above


def _group(found: Draft, query: ViewQuery) -> None:
    measured = any(each.key is None for each in found.selected)
    if measured and query.grouped is False:
        raise Refused(
            "PLAN", '"default_group_by": false with a measure is not modeled by this sandbox'
        )
    # A filter on groups makes some; without measures rows stay as they are (docs/wire.md).
    found.grouped = measured or bool(query.grouped) or bool(found.having)
