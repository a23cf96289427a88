"""The timeframes of a date or time field: how each is computed and what it yields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from omnipd_sandbox.engine.model.calendars import FISCAL, PLAIN, WEEKDAYS, Calendar

NANOSECONDS = "TIMESTAMP_NS"
DEFAULT = ("raw", "date", "week", "month", "quarter", "year")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_TEMPORAL = {
    "DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", NANOSECONDS, "TIMESTAMP WITH TIME ZONE",
}  # fmt: skip


# From a time to its timeframe, in the calendar of a model.
Compute = Callable[[exp.Expression, Calendar], exp.Expression]


@dataclass(frozen=True)
class Timeframe:
    """Describe one timeframe: what it yields, whether a date has it, and how it is computed."""

    # "time" truncates; "number" and "string" extract a part.
    yields: str
    compute: Compute
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


def unit_start(unit: str, value: exp.Expression, calendar: Calendar = PLAIN) -> exp.Expression:
    """Cut a time down to the start of its unit."""
    days = calendar.week_starts if unit == "week" else 0
    months = calendar.months_ahead if unit.startswith(FISCAL) else 0
    # The database knows weeks from Monday and years from January: there and back again.
    there = _shifted(_shifted(value, -days, "days"), months, "months")
    text = exp.Literal.string(unit.removeprefix(FISCAL))
    start: exp.Expression = exp.Anonymous(this="date_trunc", expressions=[text, there])
    return _shifted(_shifted(start, -months, "months"), days, "days")


def _shifted(value: exp.Expression, count: int, units: str) -> exp.Expression:
    if not count:
        return value
    number = exp.Literal.number(abs(count))
    interval = exp.Anonymous(this=f"to_{units}", expressions=[number])
    joined = exp.Add if count > 0 else exp.Sub
    return exp.paren(joined(this=exp.paren(value), expression=interval))


def _truncated(unit: str) -> Compute:
    return lambda value, calendar: unit_start(unit, value, calendar)


def _part(function: str) -> Compute:
    return lambda value, _: exp.cast(exp.Anonymous(this=function, expressions=[value]), "bigint")


def _of_weeks(name: str, function: str) -> Compute:
    def compute(value: exp.Expression, calendar: Calendar) -> exp.Expression:
        calendar.refuse_other_weeks(f'The timeframe "{name}"')
        return _part(function)(value, calendar)

    return compute


def _name(function: str) -> Compute:
    return lambda value, _: exp.Anonymous(this=function, expressions=[value])


def _epoch(value: exp.Expression, _: Calendar) -> exp.Expression:
    # Whole seconds, cut towards the past; a cast alone would round.
    seconds = exp.Anonymous(this="epoch", expressions=[value])
    return exp.cast(exp.Floor(this=seconds), "bigint")


def _day_of_quarter(value: exp.Expression, calendar: Calendar) -> exp.Expression:
    # Of the fiscal quarter, where a model has one (docs/wire.md).
    start = unit_start("fiscal_quarter", value, calendar)
    days = exp.Anonymous(
        this="date_diff", expressions=[exp.Literal.string("day"), start, value.copy()]
    )
    return exp.Add(this=days, expression=exp.Literal.number(1))


TIMEFRAMES = {
    "year": Timeframe("time", _truncated("year")),
    "quarter": Timeframe("time", _truncated("quarter")),
    "month": Timeframe("time", _truncated("month")),
    "fiscal_year": Timeframe("time", _truncated("fiscal_year")),
    "fiscal_quarter": Timeframe("time", _truncated("fiscal_quarter")),
    "week": Timeframe("time", _truncated("week")),
    "date": Timeframe("time", _truncated("day")),
    "hour": Timeframe("time", _truncated("hour"), of_dates=False),
    "minute": Timeframe("time", _truncated("minute"), of_dates=False),
    "second": Timeframe("time", _truncated("second"), of_dates=False),
    "millisecond": Timeframe("time", _truncated("millisecond"), of_dates=False),
    "quarter_of_year": Timeframe("number", _part("quarter")),
    "month_num": Timeframe("number", _part("month")),
    "week_of_year": Timeframe("number", _of_weeks("week_of_year", "week")),
    # 1 is Monday and 7 is Sunday (assumed; docs/wire.md).
    "day_of_week_num": Timeframe("number", _of_weeks("day_of_week_num", "isodow")),
    "hour_of_day": Timeframe("number", _part("hour"), of_dates=False),
    "day_of_month": Timeframe("number", _part("day")),
    "day_of_year": Timeframe("number", _part("dayofyear")),
    "day_of_quarter": Timeframe("number", _day_of_quarter),
    "epoch": Timeframe("number", _epoch),
    "day_of_week_name": Timeframe("string", _name("dayname"), order=WEEKDAYS),
    "month_name": Timeframe("string", _name("monthname"), order=MONTHS),
}


def at_timeframe(
    name: str, value: exp.Expression, sql_type: str, calendar: Calendar = PLAIN
) -> exp.Expression:
    """Compute a timeframe of a time expression."""
    if sql_type == NANOSECONDS:
        value = whole_microseconds(value)
    tree = TIMEFRAMES[name].compute(value, calendar)
    if TIMEFRAMES[name].yields == "time" and sql_type != "TIMESTAMP WITH TIME ZONE":
        # Versions of DuckDB differ on whether this is a date or a timestamp.
        return exp.cast(tree, "timestamp")
    return tree


def timeframe_type(name: str, sql_type: str) -> str:
    """Tell the DuckDB type of a timeframe."""
    if name.isdigit():
        return sql_type  # so many of a dimension's values
    if name not in TIMEFRAMES:
        return "BIGINT"  # an interval of a duration
    yields = TIMEFRAMES[name].yields
    if yields == "time":
        # As it is computed above.
        return sql_type if sql_type == "TIMESTAMP WITH TIME ZONE" else "TIMESTAMP"
    return "BIGINT" if yields == "number" else "VARCHAR"
