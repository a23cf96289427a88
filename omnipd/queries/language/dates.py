"""The dates and periods of a date filter: Python's dates and Omni's texts, checked.

The grammar of the texts is Omni's (docs/wire.md). A text is checked and sent as it stands; what it
means today is for the server to say.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from omnipd.arguments import said
from omnipd.errors import ArgumentError

#: From fine to coarse. Each holds whole ones of those before, but weeks fit into no other.
UNITS = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
GRAMMAR = (
    "It takes a date, a datetime, or text such as 2025, 2025-03, 2025-03-01, 2025-03-01 17:30, "
    "2025 Q1, today, last month or 30 days ago."
)

_UNIT = rf"(?P<unit>{'|'.join(UNITS)})s?"
_ABSOLUTE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?: (?P<hour>\d\d)(?::(?P<minute>\d\d)(?::(?P<second>\d\d))?)?)?)?)?",
    re.ASCII,
)
_QUARTER = re.compile(r"(?P<year>\d{4}) q(?P<quarter>[1-4])", re.ASCII)
_AGO = re.compile(rf"\d{{1,6}} (?:complete )?{_UNIT} ago", re.ASCII)
_NAMED = re.compile(rf"(?:this|last|next) {_UNIT}")
_FISCAL = re.compile(r"fy\d{4}|(?:this|last|next) fiscal (?P<unit>quarter|year)s?", re.ASCII)
_LENGTH = re.compile(rf"[1-9]\d{{0,5}} {_UNIT}", re.ASCII)
_PAST = re.compile(
    rf"(?:last|past) (?P<count>[1-9]\d{{0,5}}) (?P<complete>complete )?{_UNIT}", re.ASCII
)


@dataclass(frozen=True)
class DateLiteral:
    """One side of a date filter.

    Attributes
    ----------
    text : str
        As it is sent.
    unit : str
        The unit that it names: ``month`` for ``2025-03`` and ``last month``; ``fiscal_year`` and
        ``fiscal_quarter`` for fiscal ones.
    start : datetime or None
        Where that begins; None when it depends on the day it is asked.
    """

    text: str
    unit: str
    start: datetime | None = None


def is_date_literal(text: str) -> bool:
    """Tell whether a text is one of Omni's date literals."""
    return _parsed(text) is not None


def date_literal(value: Any, what: str) -> DateLiteral:
    """Read a date, a datetime or one of Omni's texts.

    Raises
    ------
    ArgumentError
        Beginning with `what`.
    """
    if isinstance(value, datetime) and value == value:  # noqa: PLR0124 - pandas' NaT is none
        if value.microsecond or getattr(value, "nanosecond", 0):
            raise ArgumentError(
                f"{what}: {value} has fractions of a second, which Omni's filters cannot say.",
                hint="Round it to seconds.",
            )
        utc = _in_utc(value, what)
        start = datetime(*utc.timetuple()[:6])  # noqa: DTZ001 - UTC throughout; a plain datetime
        return DateLiteral(start.isoformat(sep=" "), "second", start)
    if isinstance(value, date) and not isinstance(value, datetime):
        return DateLiteral(value.isoformat(), "day", datetime(value.year, value.month, value.day))  # noqa: DTZ001
    found = _parsed(value) if isinstance(value, str) else None
    if found is None:
        raise ArgumentError(f"{what}: {said(value)} is not a date that Omni knows.", hint=GRAMMAR)
    return found


def _in_utc(value: datetime, what: str) -> datetime:
    if value.tzinfo is None:
        return value
    with contextlib.suppress(OverflowError, ValueError):  # before the year 1 or after 9999
        return value.astimezone(UTC).replace(tzinfo=None)
    raise ArgumentError(f"{what}: {value} is not a time in UTC.")


def length(text: str, what: str, timeframe: str | None = None) -> str:
    """Check the length of a window, such as ``30 days``; of a cut time it must be whole units."""
    found = _LENGTH.fullmatch(text.strip().lower()) if isinstance(text, str) else None
    if found is None:
        raise ArgumentError(
            f"{what}: {said(text)} is not a length.", hint="For example 30 days, 1 month."
        )
    if timeframe is not None and timeframe not in {"raw", "millisecond"}:
        unit = "day" if timeframe == "date" else timeframe.removeprefix("fiscal_")
        if not _holds(found["unit"], unit):
            raise ArgumentError(
                f"{what}: {text.strip()} may end inside a {unit}, of which only a part would count.",
                hint=f"Say it in {unit}s, or leave out the bracket to compare the time itself.",
            )
    return text.strip()


def past(text: str) -> tuple[str, str] | None:
    """Return start and length of ``last 30 days``; None for other texts.

    Examples
    --------
    >>> past("last 30 days"), past("past 2 complete weeks"), past("last month")
    (('30 days ago', '30 days'), ('2 complete weeks ago', '2 weeks'), None)
    """
    found = _PAST.fullmatch(" ".join(text.lower().split()))
    if found is None:
        return None
    count = f"{found['unit']}{'' if found['count'] == '1' else 's'}"
    return (
        f"{found['count']} {found['complete'] or ''}{count} ago",
        f"{found['count']} {count}",
    )


def at_timeframe(given: DateLiteral, timeframe: str, what: str) -> DateLiteral:
    """Return a date as the value of a time that is cut to a timeframe: the whole unit that it begins.

    Raises
    ------
    ArgumentError
        When it does not begin such a unit: no cut time ever has that value, and it would be
        guessing whether the time itself is meant.
    """
    unit = "day" if timeframe == "date" else timeframe.removeprefix("fiscal_")
    if timeframe in {"raw", "millisecond"}:
        return given
    if timeframe.startswith("fiscal_") or given.unit.startswith("fiscal_"):
        fits = _holds_fiscal(given.unit, timeframe)
    elif given.start is None:
        fits = _holds(given.unit, unit)
    else:
        fits = _begins(given, unit)
    if not fits:
        week = (
            " Where weeks begin on another day, write .in_the('…', '1 week') without the bracket."
        )
        raise ArgumentError(
            f"{what}: {given.text} does not begin a {timeframe.replace('_', ' ')}.",
            hint="Leave out the bracket to compare the time itself."
            + (week if timeframe == "week" else ""),
        )
    finer = UNITS.index(given.unit) < UNITS.index(unit) if given.unit in UNITS else False
    if given.start is None or not finer:
        return given
    return DateLiteral(_spelled(given.start, unit), unit, given.start)


def _holds_fiscal(given: str, timeframe: str) -> bool:
    """Tell whether a fiscal period is made of whole units; where it begins is for Omni to know.

    It begins a month, and so whatever is as short; weeks and calendar quarters and years it cuts.
    """
    if not given.startswith("fiscal_"):
        return False
    if timeframe.startswith("fiscal_"):
        return given == timeframe or (given, timeframe) == ("fiscal_year", "fiscal_quarter")
    return timeframe in {"month", "date"} or timeframe in UNITS[: UNITS.index("day")]


def _begins(given: DateLiteral, unit: str) -> bool:
    start = given.start
    if start is None:
        return False
    if unit == "week":
        # On which day weeks begin is the model's to say; on others than these two they rarely do.
        whole = (
            UNITS.index(given.unit) <= UNITS.index("day") and start.time() == datetime.min.time()
        )
        return whole and start.isoweekday() in {1, 7}
    months = {"year": 12, "quarter": 3, "month": 1}.get(unit, 0)
    coarse = not months or ((start.month - 1) % months == 0 and start.day == 1)
    clock = (start.hour, start.minute, start.second)
    kept = {"hour": 1, "minute": 2, "second": 3}.get(unit, 0)
    return coarse and not any(clock[kept:])


def _holds(given: str, unit: str) -> bool:
    """Tell whether a period is made of whole units."""
    if unit == "week" or given == "week":
        return given == unit or (given == "week" and UNITS.index(unit) < UNITS.index("week"))
    return UNITS.index(given) >= UNITS.index(unit)


def _spelled(start: datetime, unit: str) -> str:
    if unit == "quarter":
        return f"{start.year:04} Q{(start.month + 2) // 3}"
    digits = {"year": 4, "month": 7, "day": 10, "week": 10, "hour": 13, "minute": 16, "second": 19}
    return start.isoformat(sep=" ")[: digits[unit]]


def _parsed(text: str) -> DateLiteral | None:
    words = " ".join(text.lower().split())
    if match := _ABSOLUTE.fullmatch(words):
        given = {unit: int(digits) for unit, digits in match.groupdict().items() if digits}
        finest = next(unit for unit in UNITS if unit in given)
        return _starting(text, finest, **given)
    if match := _QUARTER.fullmatch(words):
        return _starting(
            text, "quarter", year=int(match["year"]), month=int(match["quarter"]) * 3 - 2
        )
    if words in {"today", "yesterday", "tomorrow"}:
        return DateLiteral(text.strip(), "day")
    if match := _AGO.fullmatch(words) or _NAMED.fullmatch(words):
        return DateLiteral(text.strip(), match["unit"])
    if match := _FISCAL.fullmatch(words):
        return DateLiteral(text.strip(), f"fiscal_{match['unit'] or 'year'}")
    return None


def _starting(
    text: str,
    unit: str,
    *,
    year: int,
    month: int = 1,
    day: int = 1,
    hour: int = 0,
    minute: int = 0,
    second: int = 0,
) -> DateLiteral | None:
    try:
        start = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - UTC throughout
    except ValueError:  # 30 February
        return None
    return DateLiteral(text.strip(), unit, start)
