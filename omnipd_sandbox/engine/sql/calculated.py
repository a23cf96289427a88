"""Calculations over the rows of a query: planned, and run again without those that fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa
from sqlglot import exp

from omnipd_sandbox.engine.calculations.calculation import Calculation
from omnipd_sandbox.engine.calculations.expressions import Pivot, ResultColumn
from omnipd_sandbox.engine.calculations.stage import CalculationStage
from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.model.sql_dialect import written
from omnipd_sandbox.engine.plan.draft import Draft
from omnipd_sandbox.engine.plan.helper_columns import PIVOT_COLUMN, PIVOT_ROW
from omnipd_sandbox.engine.plan.metadata import data_type, date_type
from omnipd_sandbox.engine.plan.plan import Plan
from omnipd_sandbox.refused_query import Refused

FAILED = "CALCS_FAILED"


def with_calculations(plan: Plan, draft: Draft, rows: exp.Select, database: Warehouse) -> Plan:
    """Plan the calculations of a query over its rows.

    Raises
    ------
    Refused
        For what the sandbox does not do.
    """
    calculations = draft.request.calculations
    _refuse_beside(draft, rows)
    columns = _columns(plan.fields, rows)
    pivot = Pivot(PIVOT_ROW, PIVOT_COLUMN) if draft.pivots else None
    stage = CalculationStage(rows, columns, calculations, draft.request.fields, pivot)

    def described(statement: exp.Select) -> list[tuple[str, str]]:
        return database.described(written(statement))

    try:
        found = described(stage.write())
    except Refused as refused:
        if not stage.note_failing(described):
            raise Refused(FAILED, refused.message) from refused
        found = described(stage.write())
    types = dict(found)
    computed = {each.name: _describe(each, types) for each in calculations if each.name in types}
    fields = {**plan.fields, **computed}
    return replace(
        plan,
        sql=written(stage.write(), pretty=True),
        fields={name: fields[name] for name in draft.request.fields if name in fields},
        invalid_calculations=stage.not_swallowed(),
        calculations=stage,
    )


def run_calculations(stage: CalculationStage, sql: str, database: Warehouse) -> pa.Table:
    """Run a query with calculations; one that fails in the database may be swallowed.

    Raises
    ------
    Refused
        When the database fails.
    """

    def run(statement: exp.Select) -> pa.Table:
        return database.run(written(statement))

    try:
        return database.run(sql)
    except Refused as refused:
        # A copy, since a plan may be run again.
        again = replace(stage)
        again.failed.update(stage.failed)
        if refused.error_type != "QUERY" or not again.note_failing(run):
            raise
    failed = {name: why for name, why in again.not_swallowed().items() if name not in stage.failed}
    for name, why in failed.items():
        raise Refused(FAILED, f'The calculation "{name}" failed: {why}')
    return run(again.write())


def _refuse_beside(draft: Draft, rows: exp.Select) -> None:
    """Refuse what the rows may have that no source says how calculations treat."""
    echo = draft.request.echo
    for key in ("column_totals", "transposed_measures"):
        if echo.get(key):
            raise Refused("PLAN", f'"calculations" beside "{key}" is not modeled by this sandbox')
    names = {each.name.lower(): each.name for each in draft.request.calculations}
    for name in rows.named_selects:
        if name.lower() in names:
            raise Refused(
                "PLAN", f'The calculation "{names[name.lower()]}" has the name of another column'
            )


def _columns(fields: Mapping[str, Mapping[str, Any]], rows: exp.Select) -> dict[str, ResultColumn]:
    """Describe the fields that calculations may read."""
    named = set(rows.named_selects)
    return {
        name: ResultColumn(
            f"{name}__raw" if f"{name}__raw" in named else name,
            described["data_type"],
            described.get("date_type") == "DATE" or name.lower().endswith("[date]"),
        )
        for name, described in fields.items()
    }


def _describe(calculation: Calculation, types: Mapping[str, str]) -> dict[str, Any]:
    """Describe a calculation as ``summary.fields`` does; what is null is left out."""
    kind = types[calculation.name]
    described = {
        "field_name": calculation.name,
        "fully_qualified_name": calculation.name,
        "data_type": data_type(kind),
        "is_dimension": False,
        "is_calc": True,
        "label": calculation.label or calculation.name,
        "description": calculation.description,
        "format": calculation.format,
        "date_type": date_type(kind),
        "filter_only_field": False,
        "hidden": False,
    }
    return {key: value for key, value in described.items() if value is not None}
