"""The joined views of a query, and the filters on their rows."""

from __future__ import annotations

from sqlglot import exp

from omnipd_sandbox.engine.model.filters import conjunction
from omnipd_sandbox.engine.model.tables import table_of
from omnipd_sandbox.engine.plan.draft import Draft
from omnipd_sandbox.engine.plan.periods import PLACE, place_of_period

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
    tests = [test.copy() for test in draft.where]
    if draft.periods:
        select = select.join(_periods(len(draft.periods)), join_type="cross", copy=False)
        tests.append(_in_its_period(draft))
    return select.where(conjunction(tests), copy=False) if tests else select


def _periods(count: int) -> exp.Expression:
    """Write a table of the periods, so that a row can be in several."""
    places = [(exp.Literal.number(place),) for place in range(count)]
    return exp.values(places, alias="omni_periods", columns=[PLACE])


def _in_its_period(draft: Draft) -> exp.Expression:
    """Write that a row is in the period that it is joined with."""
    return conjunction(
        [
            exp.And(
                this=exp.EQ(this=place_of_period(), expression=exp.Literal.number(place)),
                expression=exp.paren(test.copy()),
            )
            for place, test in enumerate(draft.periods)
        ],
        "OR",
    )
