"""Whether rows that are alike in every dimension are one: what the query and its model say of it."""

from __future__ import annotations

from omnipd_sandbox.engine.model.sql_dialect import written
from omnipd_sandbox.engine.plan.draft import Draft
from omnipd_sandbox.refused_query import Refused


def is_grouped(found: Draft, rule: str) -> bool:
    """Tell whether rows that are alike are one: what speaks of groups makes them in any case.

    Raises
    ------
    Refused
        Where a query with measures asks for rows as they are.
    """
    asked = found.request.grouped
    measures = [each for each in found.selected if each.key is None]
    if asked is False and measures:
        raise Refused(
            "PLAN",
            f'"default_group_by": false with the measure "{measures[0].name}" is not modeled by'
            " this sandbox",
        )
    if asked or measures or found.totals or found.having or found.request.echo["pivots"]:
        return True
    if asked is False or rule == "never":
        return False
    return rule == "always" or not _tells_rows_apart(found)


def _tells_rows_apart(found: Draft) -> bool:
    """Tell whether the base view's whole key is selected, and no join repeats its rows."""
    base = found.tree.base
    key = {written(part) for part in found.fields.primary_key(base)}
    selected = {written(each.value) for each in found.selected if each.timeframe is None}
    joined = [node.alias for node in found.joined()]
    return bool(key) and key <= selected and not found.tree.repeats({base}, joined)
