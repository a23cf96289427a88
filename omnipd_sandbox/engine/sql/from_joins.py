"""The joined views of a query, and the filters on their rows."""

from __future__ import annotations

from sqlglot import exp

from omnipd_sandbox.engine.model.filters import conjunction
from omnipd_sandbox.engine.model.tables import table_of
from omnipd_sandbox.engine.plan.draft import Draft

# Omni's names of joins, and SQL's.
JOINS = {"always_left": "left", "inner": "inner", "full_outer": "full", "cross": "cross"}


def from_joins(draft: Draft, select: exp.Select) -> exp.Select:
    """Add the joined views and the filters on their rows."""
    for node in draft.joined():
        table = table_of(node.view, node.alias)
        if node.parent is None:
            select = select.from_(table, copy=False)
        else:
            kind = JOINS[node.join_type]
            on = None if kind == "cross" else draft.on(node)
            select = select.join(table, on=on, join_type=kind, copy=False)
    if not draft.where:
        return select
    return select.where(conjunction([test.copy() for test in draft.where]), copy=False)
