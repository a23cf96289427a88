"""The timeframes of a time, ``field[timeframe]``: which cut it and which take a part of it."""

from __future__ import annotations

# Each kind of timeframe and what a filter on it must be (docs/wire.md). A timeframe that cuts gives a time
# again; the others give a part, as a number or as a name.
CUTTING = (
    *("raw", "year", "quarter", "month", "week", "date", "hour", "minute", "second"),
    *("millisecond", "fiscal_year", "fiscal_quarter"),
)
# What a duration is counted in.
UNITS = ("seconds", "minutes", "hours", "days", "weeks", "months", "quarters", "years")
NUMBERS = (
    *("quarter_of_year", "week_of_year", "day_of_week_num", "month_num", "hour_of_day"),
    *("day_of_month", "day_of_year", "day_of_quarter", "epoch"),
    *UNITS,
)
NAMES = ("day_of_week_name", "month_name", "time_of_day")
KNOWN = (*CUTTING, *NUMBERS, *NAMES)
#: What a date, which has no hours, cannot be cut to.
OF_TIMES_ONLY = ("hour", "minute", "second", "millisecond", "hour_of_day", "time_of_day")


def split(name: str) -> tuple[str, str | None]:
    """Return a field's name without its timeframe, and the timeframe.

    Examples
    --------
    >>> split("orders.created_at[Month]")
    ('orders.created_at', 'month')
    >>> split("users.state")
    ('users.state', None)
    """
    bare, bracket, rest = name.partition("[")
    return (
        (bare, rest.removesuffix("]").lower()) if bracket and rest.endswith("]") else (name, None)
    )


def is_composite(name: str) -> bool:
    """Tell whether a field is of a composite topic, which names the topic or what is shared.

    Examples
    --------
    >>> is_composite("@orders.order_items.count"), is_composite("order_items.count")
    (True, False)
    """
    return name.startswith("@")


def data_type(timeframe: str) -> str | None:
    """Return the type of a field at a timeframe, as Omni calls it; None for a timeframe that is not known."""
    if timeframe in CUTTING:
        return "TIMESTAMP"
    if timeframe in NUMBERS:
        return "NUMBER"
    return "STRING" if timeframe in NAMES else None
