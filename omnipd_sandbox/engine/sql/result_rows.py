"""Groups as rows of the result: its columns, and beside them what the rows are sorted by."""

from __future__ import annotations

from sqlglot import exp

from omnipd_sandbox.engine.model.references import named
from omnipd_sandbox.engine.plan.draft import Draft
from omnipd_sandbox.engine.plan.result_columns import order_of, result_columns
from omnipd_sandbox.engine.sql.filled import filled
from omnipd_sandbox.engine.sql.groups import Groups
from omnipd_sandbox.engine.sql.rows import Column, Rows, Term


def result_rows(draft: Draft, groups: Groups) -> Rows:
    """Make rows of the groups that pass the filters on measures, and of what is filled."""
    steps = (*groups.steps, ("results", select_rows(draft, groups, groups.source)))
    columns = [Column(each.name, f"out_{n}") for n, each in enumerate(result_columns(draft))]
    order = [
        Term(f"sort_{n}", each.descending, each.nulls_first, each.selected.name)
        for n, each in enumerate(order_of(draft))
    ]
    return filled(draft, Rows(steps, tuple(columns), tuple(order)))


def select_rows(draft: Draft, groups: Groups, source: str, kept: int | None = None) -> exp.Select:
    """Select groups as rows of the result; without the other keys where they kept only the first."""
    depth = len(draft.keys) if kept is None else kept
    keys = groups.keys(depth)
    shown = [
        named(each.write(keys, groups.value), f"out_{n}")
        for n, each in enumerate(result_columns(draft))
    ]
    sorts = [
        named(groups.sort_value(each.selected, depth), f"sort_{n}")
        for n, each in enumerate(order_of(draft))
    ]
    return exp.select(*shown, *sorts).from_(source)
