"""Rows for the values of a time that no group has: the time, and null for every measure."""

from __future__ import annotations

from datetime import datetime

from sqlglot import exp

from omnipd_sandbox.engine.model.calendars import FISCAL, MONTHS_IN
from omnipd_sandbox.engine.model.references import named
from omnipd_sandbox.engine.model.timeframes import timeframe_type
from omnipd_sandbox.engine.plan.draft import Draft
from omnipd_sandbox.engine.plan.filling import Filling
from omnipd_sandbox.engine.plan.result_columns import order_of, result_columns
from omnipd_sandbox.engine.sql.rows import Rows, column, present

_VALUE = "filled_value"


def filled(draft: Draft, rows: Rows) -> Rows:
    """Add a row for each value that a query fills and that has none."""
    filling = draft.filling
    if filling is None:
        return rows
    rows_before = rows.source
    values = rows.then("filled_values", _values(filling))
    at = next(each.at for each in rows.columns if _is_time(each.name, filling))
    known = exp.select(present()).from_(rows_before)
    known = known.where(exp.EQ(this=column(at), expression=column(_VALUE)))
    added = exp.select(*_cells(draft)).from_(values.source)
    added = added.where(exp.Not(this=exp.Exists(this=known)))
    groups = exp.select("*").from_(rows_before)
    return values.then("filled", exp.union(groups, added, distinct=False))


def _is_time(name: str, filling: Filling) -> bool:
    written = filling.selected.formatted is not None
    return name == (f"{filling.selected.name}__raw" if written else filling.selected.name)


def _cells(draft: Draft) -> list[exp.Expression]:
    """Write the columns of an added row, and what it is sorted by."""
    shown = [
        named(each.write([column(_VALUE)], lambda _: exp.Null()), f"out_{n}")
        for n, each in enumerate(result_columns(draft))
    ]
    sorts = [
        named(exp.Null() if each.selected.key is None else column(_VALUE), f"sort_{n}")
        for n, each in enumerate(order_of(draft))
    ]
    return shown + sorts


def _values(filling: Filling) -> exp.Select:
    first, end = (_instant(each) for each in (filling.first, filling.end))
    values: exp.Expression = exp.Anonymous(
        this="unnest",
        expressions=[exp.Anonymous(this="range", expressions=[first, end, _step(filling.unit)])],
    )
    field = filling.selected.field
    sql_type = timeframe_type(filling.selected.timeframe or "", field.sql_type)
    if sql_type == "TIMESTAMP WITH TIME ZONE":
        values = exp.cast(values, "timestamptz")
    return exp.select(named(values, _VALUE))


def _instant(instant: datetime) -> exp.Expression:
    return exp.cast(exp.Literal.string(instant.isoformat(sep=" ")), "timestamp")


def _step(unit: str) -> exp.Expression:
    months = MONTHS_IN.get(unit.removeprefix(FISCAL))
    of, count = ("month", months) if months else ("day", 7) if unit == "week" else (unit, 1)
    return exp.Anonymous(this=f"to_{of}s", expressions=[exp.Literal.number(count)])
