"""The rows that the limit and the offset of a query keep."""

from __future__ import annotations

from omnipd_sandbox.engine.plan.draft import Draft
from omnipd_sandbox.engine.plan.result_columns import limited
from omnipd_sandbox.engine.sql.rows import Rows, sorted_select


def within_limit(draft: Draft, rows: Rows) -> Rows:
    """Keep as many rows as the query asks for."""
    if draft.request.limit is None and not draft.request.offset:
        return rows
    return rows.then("page", limited(draft, sorted_select(rows.all(), rows.order)))
