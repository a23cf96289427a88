"""A drafted query, written as SQL: one SELECT where that says it, else a chain of stages."""

from __future__ import annotations

from sqlglot import exp

from omnipd_sandbox.engine.plan.draft import Draft
from omnipd_sandbox.engine.sql.groups import Groups
from omnipd_sandbox.engine.sql.limit import within_limit
from omnipd_sandbox.engine.sql.one_select import one_select
from omnipd_sandbox.engine.sql.pivot_ranks import with_pivot_ranks
from omnipd_sandbox.engine.sql.result_rows import result_rows
from omnipd_sandbox.engine.sql.rows import Rows
from omnipd_sandbox.engine.sql.totals import TotalsPlace, rows_with_totals
from omnipd_sandbox.engine.sql.transposed import with_transposed
from omnipd_sandbox.refused_query import Refused


def write_sql(draft: Draft, totals: TotalsPlace = "behind_group") -> exp.Select:
    """Write a draft as one statement.

    Parameters
    ----------
    draft
        The query.
    totals
        Where its totals stand.

    Raises
    ------
    Refused
        When a measure's rows are repeated and no primary key tells them apart.
    """
    draft.written_rankings = [(name, write_sql(each)) for name, each in draft.ranked]
    repeated = _repeated(draft)
    staged = draft.totals or draft.pivots or draft.transposed != [] or draft.filling
    if repeated or staged:
        return _rows(draft, Groups(draft, repeated), totals).write()
    return one_select(draft)


def _rows(draft: Draft, groups: Groups, totals: TotalsPlace) -> Rows:
    """Take the groups of a query through all stages."""
    if draft.totals:
        return rows_with_totals(draft, groups, totals)
    rows = with_pivot_ranks(draft, result_rows(draft, groups))
    return with_transposed(draft, within_limit(draft, rows))


def _repeated(draft: Draft) -> set[int]:
    """List the aggregates whose rows must be made single first."""
    kept = [node.alias for node in draft.joined()]
    found = set()
    for number, aggregate in enumerate(draft.aggregates):
        if aggregate.key is not None:
            found.add(number)
        elif aggregate.minds_repeats and draft.tree.repeats(aggregate.home, kept):
            for alias in sorted(aggregate.home):
                if not draft.fields.primary_key(alias):
                    raise Refused(
                        "PLAN_PK_REQUIRED_DUE_TO_JOIN_FANOUT",
                        f'View "{alias}" needs a primary key, because a join repeats its rows',
                    )
            found.add(number)
        elif aggregate.needs_key:
            raise Refused("PLAN", "Counting the rows of a joined view needs its primary key")
    return found
