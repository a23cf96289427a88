"""The rows of totals, below the rows that the limit keeps.

They are computed anew over the rows of all groups that pass the filters on measures, each with the
mark that tells it from other rows.
"""

from __future__ import annotations

from sqlglot import exp

from omnipd_sandbox.engine.plan.draft import Draft
from omnipd_sandbox.engine.plan.helper_columns import TOTALS_MARK
from omnipd_sandbox.engine.plan.result_columns import named
from omnipd_sandbox.engine.sql.groups import Groups
from omnipd_sandbox.engine.sql.limit import within_limit
from omnipd_sandbox.engine.sql.result_rows import result_rows, select_rows
from omnipd_sandbox.engine.sql.rows import Column, Rows, Term


def rows_with_totals(draft: Draft, groups: Groups) -> Rows:
    """Make rows of the groups, as many as the limit keeps, and rows of their totals."""
    source = groups.passing_rows()
    levels = [
        (groups.level(f"total_{number}", source, kept), kept, mark)
        for number, (kept, mark) in enumerate(draft.totals)
    ]
    rows = within_limit(draft, result_rows(draft, groups))
    together: exp.Query = rows.all(*_marked(None, 0))
    for section, (level, kept, mark) in enumerate(levels, 1):
        totals = select_rows(draft, groups, level, kept).select(*_marked(mark, section))
        together = exp.union(together, totals, distinct=False)
    return rows.then(
        "together",
        together,
        columns=(*rows.columns, Column(TOTALS_MARK, "mark")),
        order=(Term("section"), *rows.order),
    )


def _marked(mark: str | None, section: int) -> list[exp.Expression]:
    marked = exp.Null() if mark is None else exp.Literal.string(mark)
    return [named(exp.cast(marked, "text"), "mark"), named(exp.Literal.number(section), "section")]
