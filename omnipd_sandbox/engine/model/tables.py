"""A view's table, as the FROM clause names it."""

from __future__ import annotations

from sqlglot import exp

from omnipd_sandbox.engine.model.model import View


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
