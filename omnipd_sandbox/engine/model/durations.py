"""Dimensions that tell how long something took, in each of some units."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from omnipd_sandbox.engine.model.calendars import Calendar
from omnipd_sandbox.engine.model.references import SqlText
from omnipd_sandbox.engine.model.timeframes import unit_start

INTERVALS = ("seconds", "minutes", "hours", "days", "weeks", "months", "quarters", "years")
SQL_TYPE = "BIGINT"


@dataclass(frozen=True)
class Duration:
    """Hold from when to when it is, and the units in which it can be asked for."""

    start: SqlText
    end: SqlText
    intervals: tuple[str, ...]


def nothing() -> exp.Expression:
    """Write the duration in no unit, which is null."""
    return exp.cast(exp.Null(), SQL_TYPE.lower())


def passed(
    interval: str, start: exp.Expression, end: exp.Expression, calendar: Calendar
) -> exp.Expression:
    """Write how many boundaries of a unit lie between two instants.

    Boundaries, as databases count them, not whole units: assumed (docs/wire.md).
    """
    instants: list[exp.Expression] = [exp.cast(each, "timestamp") for each in (start, end)]
    if interval == "weeks":
        calendar.refuse_other_weeks('A duration in "weeks"')
        # DuckDB counts them from the first day of its calendar, a Thursday.
        instants = [unit_start("week", each) for each in instants]
    unit = exp.Literal.string(interval.removesuffix("s"))
    return exp.Anonymous(this="date_diff", expressions=[unit, *instants])
