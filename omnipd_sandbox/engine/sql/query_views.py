"""The queries of views, each written once as a named step before the query that reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from omnipd_sandbox.engine.model.circumstances import Circumstances, for_anybody
from omnipd_sandbox.engine.model.joins import JoinTree
from omnipd_sandbox.engine.model.model import Model, View
from omnipd_sandbox.engine.model.references import named
from omnipd_sandbox.engine.plan.draft import Draft
from omnipd_sandbox.engine.plan.result_columns import result_columns
from omnipd_sandbox.engine.plan.view_query import draft_of_view
from omnipd_sandbox.refused_query import Refused

Write = Callable[[Draft], exp.Select]


def with_query_views(draft: Draft, write: Write) -> Draft:
    """Give a draft that reads the queries of its views as steps.

    Parameters
    ----------
    write
        How to write a draft.

    Raises
    ------
    Refused
        For a query that reads itself, and for one that the acting user may not run.
    """
    steps: dict[str, exp.Query] = {}
    nodes = dict(draft.tree.nodes)
    if not any(node.view.query for node in nodes.values()):
        return draft
    for node in draft.joined():
        view = node.view
        if view.query is None:
            continue
        if view.name in draft.above:
            raise Refused("PLAN", f'The query of the view "{view.name}" reads itself')
        name = _name_of_step(view, draft.seen)
        if name not in steps:
            steps[name] = _written(draft.model, draft.seen, view, draft.fields.around, draft, write)
        step = replace(view, table=name, schema=None, select=None, query=None)
        nodes[node.alias] = replace(node, view=step)
    if not steps:
        return draft
    return replace(draft, tree=JoinTree(draft.tree.base, nodes), view_steps=list(steps.items()))


def written_for_anybody(model: Model, seen: Model, view: View, write: Write) -> exp.Query:
    """Write what the query of a view selects, to look at it.

    Raises
    ------
    Refused
        For what cannot be planned.
    """
    return _written(model, seen, view, for_anybody(model.calendar), None, write)


def _written(
    model: Model,
    seen: Model,
    view: View,
    around: Circumstances,
    outer: Draft | None,
    write: Write,
) -> exp.Select:
    found = draft_of_view(model, seen, view, around, outer)
    names = {each.name for each in result_columns(found)}
    columns = [
        # Of a time that is also written out as text, the time is meant.
        named(_column(f"{name}__raw" if f"{name}__raw" in names else name), column)
        for name, column in (view.query.outputs if view.query else ())
    ]
    asked = exp.Subquery(
        this=write(found), alias=exp.TableAlias(this=exp.to_identifier("asked", quoted=True))
    )
    return exp.select(*columns).from_(asked, copy=False)


def _column(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True))


def _name_of_step(view: View, model: Model) -> str:
    """Name a step as no table is named: the database would take one for the other."""
    tables = {each.table.lower() for each in model.views.values()}
    name = f"view_{view.name}"
    while name.lower() in tables:
        name = f"{name}_"
    return name
