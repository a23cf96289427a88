"""Times as the clocks of a zone show them, where a query names one.

A time of the database is UTC; what is shown and compared is what the clocks there show, without a
zone (assumed; docs/wire.md).
"""

from __future__ import annotations

from sqlglot import exp

from omnipd_sandbox.engine.model.calendars import Calendar
from omnipd_sandbox.engine.model.timeframes import (
    NANOSECONDS,
    TIMEFRAMES,
    at_timeframe,
    whole_microseconds,
)

_INSTANT = "TIMESTAMP WITH TIME ZONE"
# What no clock changes.
_OF_NO_ZONE = "epoch"


def on_clocks(zone: str, value: exp.Expression, sql_type: str) -> exp.Expression:
    """Write what the clocks of a zone show at a time, as a TIMESTAMP; a date has no clocks."""
    if sql_type == _INSTANT:
        return _at(zone, value)
    is_fine = sql_type == NANOSECONDS
    plain = whole_microseconds(value) if is_fine else exp.cast(value, "timestamp")
    return _at(zone, _at("UTC", plain))


def at_timeframe_in(
    zone: str, name: str, value: exp.Expression, sql_type: str, calendar: Calendar
) -> exp.Expression:
    """Compute a timeframe of a time on the clocks of a zone; its type is as without one."""
    if sql_type == "DATE" or name == _OF_NO_ZONE:
        return at_timeframe(name, value, sql_type, calendar)
    tree = at_timeframe(name, on_clocks(zone, value, sql_type), "TIMESTAMP", calendar)
    return _at("UTC", tree) if sql_type == _INSTANT and TIMEFRAMES[name].yields == "time" else tree


def _at(zone: str, value: exp.Expression) -> exp.Expression:
    return exp.Anonymous(this="timezone", expressions=[exp.Literal.string(zone), value])
