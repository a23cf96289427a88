"""The timeframes of a date or time field: how each is computed and what it yields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

NANOSECONDS = "TIMESTAMP_NS"
DEFAULT = ("raw", "date", "week", "month", "quarter", "year")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_TEMPORAL = {
    "DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", NANOSECONDS, "TIMESTAMP WITH TIME ZONE",
}  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Timeframe:
    """Describe one timeframe: what it yields, whether a date has it, and how it is computed."""

    # "time" truncates; "number" and "string" extract a part.
    yields: str
    compute: Callable[[exp.Expression], exp.Expression]
    of_dates: bool = True
    # Names sort as the calendar does, not as the alphabet does.
    order: tuple[str, ...] = ()


def is_temporal(sql_type: str) -> bool:
    """Tell whether a DuckDB type has timeframes."""
    return sql_type in _TEMPORAL


def whole_microseconds(value: exp.Expression) -> exp.Expression:
    """Cut a TIMESTAMP_NS down to its microsecond, where DuckDB's own cast would round it up."""
    nanoseconds = exp.Anonymous(this="epoch_ns", expressions=[value])
    thousand = exp.Literal.number(1000)
    # Division cuts towards zero, which is up for what is before 1970.
    rest = exp.Mod(this=nanoseconds.copy(), expression=thousand.copy())
    is_before = exp.LT(this=exp.paren(rest), expression=exp.Literal.number(0))
    whole = exp.Sub(
        this=exp.IntDiv(this=nanoseconds, expression=thousand),
        expression=exp.cast(exp.paren(is_before), "bigint"),
    )
    return exp.Anonymous(this="make_timestamp", expressions=[whole])


def unit_start(unit: str, value: exp.Expression) -> exp.Expression:
    """Cut a time down to the start of its unit."""
    return exp.Anonymous(this="date_trunc", expressions=[exp.Literal.string(unit), value])


def _truncated(unit: str) -> Callable[[exp.Expression], exp.Expression]:
    return lambda value: unit_start(unit, value)


def _part(function: str) -> Callable[[exp.Expression], exp.Expression]:
    return lambda value: exp.cast(exp.Anonymous(this=function, expressions=[value]), "bigint")


def _name(function: str) -> Callable[[exp.Expression], exp.Expression]:
    return lambda value: exp.Anonymous(this=function, expressions=[value])


def _epoch(value: exp.Expression) -> exp.Expression:
    # Whole seconds, cut towards the past; a cast alone would round.
    seconds = exp.Anonymous(this="epoch", expressions=[value])
    return exp.cast(exp.Floor(this=seconds), "bigint")


def _day_of_quarter(value: exp.Expression) -> exp.Expression:
    days = exp.Anonymous(
        this="date_diff",
        expressions=[exp.Literal.string("day"), unit_start("quarter", value), value.copy()],
    )
    return exp.Add(this=days, expression=exp.Literal.number(1))


TIMEFRAMES = {
    "year": Timeframe("time", _truncated("year")),
    "quarter": Timeframe("time", _truncated("quarter")),
    "month": Timeframe("time", _truncated("month")),
    # Weeks start on Monday, as Omni's do unless a model says otherwise.
    "week": Timeframe("time", _truncated("week")),
    "date": Timeframe("time", _truncated("day")),
    "hour": Timeframe("time", _truncated("hour"), of_dates=False),
    "minute": Timeframe("time", _truncated("minute"), of_dates=False),
    "second": Timeframe("time", _truncated("second"), of_dates=False),
    "millisecond": Timeframe("time", _truncated("millisecond"), of_dates=False),
    "quarter_of_year": Timeframe("number", _part("quarter")),
    "month_num": Timeframe("number", _part("month")),
    "week_of_year": Timeframe("number", _part("week")),
    # 1 is Monday and 7 is Sunday (assumed; docs/wire.md).
    "day_of_week_num": Timeframe("number", _part("isodow")),
    "hour_of_day": Timeframe("number", _part("hour"), of_dates=False),
    "day_of_month": Timeframe("number", _part("day")),
    "day_of_year": Timeframe("number", _part("dayofyear")),
    "day_of_quarter": Timeframe("number", _day_of_quarter),
    "epoch": Timeframe("number", _epoch),
    "day_of_week_name": Timeframe("string", _name("dayname"), order=WEEKDAYS),
    "month_name": Timeframe("string", _name("monthname"), order=MONTHS),
}


def at_timeframe(name: str, value: exp.Expression, sql_type: str) -> exp.Expression:
    """Compute a timeframe of a time expression."""
    if sql_type == NANOSECONDS:
        value = whole_microseconds(value)
    tree = TIMEFRAMES[name].compute(value)
    if TIMEFRAMES[name].yields == "time" and sql_type != "TIMESTAMP WITH TIME ZONE":
        # Versions of DuckDB differ on whether this is a date or a timestamp.
        return exp.cast(tree, "timestamp")
    return tree


def timeframe_type(name: str, sql_type: str) -> str:
    """Tell the DuckDB type of a timeframe."""
    if name not in TIMEFRAMES:
        return "BIGINT"  # an interval of a duration
    yields = TIMEFRAMES[name].yields
    if yields == "time":
        # As it is computed above.
        return sql_type if sql_type == "TIMESTAMP WITH TIME ZONE" else "TIMESTAMP"
    return "BIGINT" if yields == "number" else "VARCHAR"
