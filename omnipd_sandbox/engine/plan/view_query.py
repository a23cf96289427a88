"""The query of a view, drafted as any other: with what holds for it, and what is bound into it."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from typing import Any

from omnipd_sandbox.engine.model.circumstances import Circumstances
from omnipd_sandbox.engine.model.model import Measure, Model, View, ViewQuery
from omnipd_sandbox.engine.model.references import FieldName
from omnipd_sandbox.engine.model.timeframes import TIMEFRAMES
from omnipd_sandbox.engine.model.yaml_filters import on_the_wire
from omnipd_sandbox.engine.plan.draft import Draft
from omnipd_sandbox.engine.plan.drafting import begin, complete
from omnipd_sandbox.engine.plan.finder import Finder
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
        echo={"pivots": []},
        fill_fields=query.fill_fields,
    )
    found, finder = begin(model if query.topic else seen, request, around)
    found.model = model
    found.above = (*(outer.above if outer else ()), view.name)
    found.kept = query.kept
    if query.base_view not in {None, found.tree.base}:
        raise Refused(
            "PLAN",
            f'The base_view "{query.base_view}" beside a topic that begins at'
            f' "{found.tree.base}" is not modeled by this sandbox',
        )
    # Grants are for asking; a model may refer to what its user may not ask for.
    finder.grants = None
    filters = {name: _on_the_wire(finder, name, each) for name, each in query.filters.items()}
    filters |= _bound(found, finder, query, outer)
    found.request = replace(request, filters=filters, grouped=_grouped(finder, query))
    found.fields.asked = finder.heard(filters)
    complete(found, finder)
    if found.missing:
        raise Refused("PLAN", f'No such field "{found.missing[0]}"')
    return found


def _on_the_wire(finder: Finder, name: str, operators: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a filter of the query's own, in the notation of models, as queries have it."""
    place = finder.place(name)
    if place is None:
        raise Refused("PLAN", f'No such field "{name}"')
    at, field, timeframe = place
    target = finder.fields.target(at.view or "", field, timeframe)
    if target.kind == "date" and timeframe in TIMEFRAMES:
        raise Refused("PLAN", f'A filter on dates under "{name}" is not modeled by this sandbox')
    around = finder.fields.around
    return on_the_wire(operators, target.kind, around, in_zone=target.convert_tz)


def _bound(
    found: Draft, finder: Finder, query: ViewQuery, outer: Draft | None
) -> dict[str, Mapping[str, Any]]:
    """Give the filters of the query around that hold for fields of this one."""
    for name in query.bound:
        if finder.place(name) is None:
            raise Refused("PLAN", f'No such field "{name}"')
    if outer is None or not (query.bound or query.binds_all):
        return {}
    if outer.cannot_be_bound is not None:
        raise Refused(
            "PLAN",
            f"{outer.cannot_be_bound} of a query that a query view binds is not modeled by this"
            " sandbox",
        )
    asked = outer.fields.asked or {}
    ignored = outer.request.filters.keys() - asked.keys() - outer.kept - set(outer.missing)
    _refuse_ignored(found, finder, query, ignored)
    told = {name: each for name, each in asked.items() if name not in outer.kept}
    bound = {name: told[other] for name, other in query.bound.items() if other in told}
    for name, filter_ in told.items() if query.binds_all else ():
        if name in query.kept or name in query.bound or not _joins(found, finder, name):
            continue
        if isinstance(finder.fields.find(FieldName.parse(name) or FieldName(None, "")), Measure):
            raise Refused(
                "PLAN",
                f'bind_all_filters with the filter on the measure "{name}" is not modeled by this'
                " sandbox",
            )
        own = query.filters.get(name)
        bound[name] = filter_ if own is None else _both(_on_the_wire(finder, name, own), filter_)
    return bound


def _refuse_ignored(found: Draft, finder: Finder, query: ViewQuery, ignored: Set[str]) -> None:
    """Refuse a filter that the query around ignores and this one could take.

    Of a field that the user may not ask for, nothing is to be learned here either.
    """
    user = replace(finder, grants=found.model.grants)
    own = {name for name, other in query.bound.items() if other in ignored}
    for name in sorted(own | ((ignored - query.kept) if query.binds_all else set())):
        if user.place(name) is not None:
            raise Refused(
                "PLAN",
                f'The filter on "{name}", which the query around a query view ignores, is not'
                " modeled by this sandbox",
            )


def _both(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "composite", "conjunction": "AND", "filters": [one, other]}


def _joins(found: Draft, finder: Finder, name: str) -> bool:
    """Tell whether the query can join the view of a field, without reading itself."""
    place = finder.place(name)
    return place is not None and found.fields.views[place[0].view or ""].name not in found.above


def _grouped(finder: Finder, query: ViewQuery) -> bool | None:
    """Tell whether the query is to have groups: without a measure, and a word, it has none."""
    places = [finder.place(name) for name, _ in query.outputs]
    measured = any(place is not None and isinstance(place[1], Measure) for place in places)
    return query.grouped if query.grouped is not None or measured else False
