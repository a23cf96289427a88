"""A query that is ready to run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from omnipd_sandbox.engine.calculations.stage import CalculationStage


@dataclass(frozen=True)
class Plan:
    """Hold a planned query."""

    # What DuckDB runs; empty when none of the fields exists.
    sql: str
    # summary.fields: keys as requested, in request order.
    fields: dict[str, dict[str, Any]]
    missing_fields: list[str]
    limit: int | None
    # The query as planned, defaults filled in.
    query: dict[str, Any]
    # The shared model whose database runs it.
    shared_model_id: str
    # How many rows are returned at most, whatever the SQL says.
    row_cap: int | None = None
    # The columns that come as integers of 32 bits, where all others have 64.
    narrow: tuple[str, ...] = ()
    # The SQL that was sent, and whether it had to be run without being understood.
    omni_sql: str | None = None
    omni_sql_parse_failed: bool | None = None
    # Which calculations cannot be computed, and why; not those whose errors are swallowed.
    invalid_calculations: Mapping[str, str] = field(default_factory=dict)
    # What writes the SQL again without a calculation that fails when it is run.
    calculations: CalculationStage | None = None
