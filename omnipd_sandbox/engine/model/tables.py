"""The tables of views, as the FROM clause names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from omnipd_sandbox.engine.model.fields import tables
from omnipd_sandbox.engine.model.model import View
from omnipd_sandbox.refused_query import Refused


def table_of(view: View, alias: str) -> exp.Table | exp.Subquery:
    """Write a view's table, or what it selects in place of one, under an alias."""
    if view.select is not None:
        return exp.Subquery(
            this=view.select.copy(),
            alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True)),
        )
    return exp.Table(
        this=exp.to_identifier(view.table, quoted=True),
        db=exp.to_identifier(view.schema, quoted=True) if view.schema else None,
        alias=exp.TableAlias(this=exp.to_identifier(alias, quoted=True)),
    )


def aliases_read(tree: exp.Expression, own: str, views: Mapping[str, View]) -> tuple[str, ...]:
    """List the views that an expression of one view is selected from.

    Raises
    ------
    Refused
        For a view that is not among those that can be reached.
    """
    aliases = tuple(sorted(tables(tree) | {own}))
    for alias in aliases:
        if alias not in views:
            raise Refused("PLAN", f'No such view "{alias}"')
    return aliases


def crossed(
    trees: Sequence[exp.Expression], views: Mapping[str, View], aliases: Sequence[str]
) -> exp.Select:
    """Select from views whichever way: which rows join does not matter to what runs, or its type.

    The trees are taken as they are, not copied.
    """
    first, *others = (table_of(views[alias], alias) for alias in aliases)
    select = exp.select(*trees, copy=False).from_(first, copy=False)
    for table in others:
        select = select.join(table, join_type="cross", copy=False)
    return select
