"""The words of a date filter: ``2012 Q3``, ``30 days ago``, ``last month``, ``2023-04-01 12``.

Everything is computed in UTC, on datetimes without a zone.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from omnipd_sandbox.engine.model.calendars import FISCAL, MONTHS_IN, PLAIN, WEEKDAYS, Calendar
from omnipd_sandbox.engine.model.timeframes import MONTHS
from omnipd_sandbox.refused_query import Refused

UNITS = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")

_UNIT = rf"(?P<unit>{'|'.join(UNITS)})s?"
# A fiscal month is the calendar's, and so is whatever is as short.
_FISCAL = r"(?:(?P<fiscal>fiscal )(?=quarter|year|month))?"
_ABSOLUTE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2})"
    r"(?: (?P<hour>\d{2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?)?)?)?"
)
_QUARTER = re.compile(r"(?P<year>\d{4}) q(?P<quarter>[1-4])")
_FISCAL_YEAR = re.compile(r"fy(?P<year>\d{4})")
_AGO = re.compile(rf"(?P<count>\d{{1,6}}) (?P<complete>complete )?{_FISCAL}{_UNIT} ago")
_NAMED = re.compile(rf"(?P<which>this|last|next) {_FISCAL}{_UNIT}")
_LENGTH = re.compile(rf"(?P<count>\d{{1,6}}) {_UNIT}")

_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_SHIFTS = {"last": -1, "this": 0, "next": 1}


# How many of which unit.
Interval = tuple[int, str]


@dataclass(frozen=True)
class Period:
    """Hold a stretch of time; its end is not part of it."""

    start: datetime
    end: datetime


def moved(instant: datetime, count: int, unit: str) -> datetime:
    """Move a instant by whole units; a month's last day stays within the month it lands in."""
    unit = unit.removeprefix(FISCAL)
    if unit in MONTHS_IN:
        months = instant.year * 12 + instant.month - 1
        months += count * MONTHS_IN[unit]
        year, month = divmod(months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return instant.replace(year=year, month=month + 1, day=min(instant.day, last))
    return instant + timedelta(**{f"{unit}s": count})


def period(text: str, now: datetime, around: Calendar = PLAIN) -> Period:
    """Read a literal as the whole unit that it names.

    Raises
    ------
    Refused
        For a text outside the grammar.
    """
    words = " ".join(text.lower().split())
    try:
        found = _named(words, now, around) or _absolute(words, around)
    except (ValueError, OverflowError) as error:  # 30 February, or a year beyond 9999
        raise _invalid(text) from error
    if found is None:
        raise _invalid(text)
    return found


def start(text: str, now: datetime, around: Calendar = PLAIN) -> datetime:
    """Read a literal as the instant at which it starts."""
    return period(text, now, around).start


def window(start_text: str, length_text: str, now: datetime, around: Calendar = PLAIN) -> Period:
    """Read a start and a length, such as ``30 days ago`` and ``30 days``."""
    begin = start(start_text, now, around)
    count, unit = interval(length_text)
    try:
        return Period(begin, moved(begin, count, unit))
    except (ValueError, OverflowError) as error:
        raise _invalid(length_text) from error


@dataclass(frozen=True)
class Bounds:
    """Hold from when to when a filter lets times through; a side may be open."""

    start: datetime | None
    end: datetime | None

    def moved_back(self, interval: Interval) -> Bounds:
        """Move both sides back."""
        count, unit = interval
        try:
            sides = [side and moved(side, -count, unit) for side in (self.start, self.end)]
        except (ValueError, OverflowError) as error:
            raise _invalid(f"{count} {unit}s") from error
        return Bounds(*sides)


def bounds(
    kind: object, left: object, right: object, now: datetime, around: Calendar = PLAIN
) -> Bounds | None:
    """Read the sides of a filter; None for a kind that has no such sides, or where one is missing."""
    match kind, left, right:
        case "BETWEEN", str(), str():
            return Bounds(start(left, now, around), start(right, now, around))
        case "ON_OR_AFTER", str(), _:
            return Bounds(start(left, now, around), None)
        case "BEFORE", _, str():
            return Bounds(None, start(right, now, around))
        case "TIME_FOR_UNIT_DURATION", str(), _:
            whole = period(left, now, around)
        case "TIME_FOR_INTERVAL_DURATION", str(), str():
            whole = window(left, right, now, around)
        case _:
            return None
    return Bounds(whole.start, whole.end)


def interval(text: str) -> Interval:
    """Read a length, such as ``2 years``.

    Raises
    ------
    Refused
        For a text outside the grammar.
    """
    match = _LENGTH.fullmatch(" ".join(text.lower().split()))
    if match is None:
        raise _invalid(text)
    return int(match["count"]), match["unit"]


def _invalid(text: str) -> Refused:
    return Refused("PLAN", f"Invalid literal value '{text}' in filter")


def _unit_from(begin: datetime, unit: str) -> Period:
    return Period(begin, moved(begin, 1, unit))


def _named(words: str, now: datetime, around: Calendar) -> Period | None:
    if words in _DAYS:
        return _unit_from(moved(around.start_of("day", now), _DAYS[words], "day"), "day")
    if match := _NAMED.fullmatch(words):
        unit = _unit(match)
        return _unit_from(moved(around.start_of(unit, now), _SHIFTS[match["which"]], unit), unit)
    if match := _AGO.fullmatch(words):
        # "N units ago" starts a stretch of N units that includes the running one; "N complete
        # units ago" starts N whole units before it (docs/wire.md).
        unit, count = _unit(match), int(match["count"])
        back = count if match["complete"] else max(count - 1, 0)
        return _unit_from(moved(around.start_of(unit, now), -back, unit), unit)
    return None


def _unit(match: re.Match[str]) -> str:
    return f"{FISCAL if match['fiscal'] else ''}{match['unit']}"


def _absolute(words: str, around: Calendar) -> Period | None:
    if match := _FISCAL_YEAR.fullmatch(words):
        return _unit_from(around.fiscal_year(int(match["year"])), "year")
    if match := _QUARTER.fullmatch(words):
        begin = _utc(int(match["year"]), int(match["quarter"]) * 3 - 2)
        return _unit_from(begin, "quarter")
    match = _ABSOLUTE.fullmatch(words)
    if match is None:
        return None
    given = {unit: int(value) for unit, value in match.groupdict().items() if value is not None}
    finest = next(unit for unit in UNITS if unit in given)
    return _unit_from(_utc(**given), finest)


def _utc(
    year: int, month: int = 1, day: int = 1, hour: int = 0, minute: int = 0, second: int = 0
) -> datetime:
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - UTC throughout


def _numbers(first: int, last: int) -> dict[str, int]:
    return {str(number): number for number in range(first, last + 1)}


def _by_name(names: Sequence[str]) -> dict[str, int]:
    return {name.lower(): number for number, name in enumerate(names, 1)}


@dataclass(frozen=True)
class Part:
    """Describe a recurring part of a date: the timeframe that extracts it, and how it is written."""

    timeframe: str
    values: Mapping[str, int]

    def value(self, text: str) -> int:
        """Read the part's value, a number or a name.

        Raises
        ------
        Refused
            For a value that no date has.
        """
        found = self.values.get(" ".join(text.lower().split()))
        if found is None:
            raise _invalid(text)
        return found


PARTS = {
    # Of a filter, Sunday is 0 and Saturday 6; the timeframe that tells the day runs from 1, Monday,
    # to 7.
    "IS_ON_DAY_OF_WEEK": Part("day_of_week_num", _by_name(WEEKDAYS) | {**_numbers(1, 6), "0": 7}),
    "IS_ON_DAY_OF_MONTH": Part("day_of_month", _numbers(1, 31)),
    "IS_ON_DAY_OF_QUARTER": Part("day_of_quarter", _numbers(1, 92)),
    "IS_ON_DAY_OF_YEAR": Part("day_of_year", _numbers(1, 366)),
    "IS_IN_MONTH_OF_YEAR": Part("month_num", _by_name(MONTHS) | _numbers(1, 12)),
    "IS_IN_QUARTER_OF_YEAR": Part("quarter_of_year", _numbers(1, 4)),
    "IS_AT_HOUR_OF_DAY": Part("hour_of_day", _numbers(0, 23)),
}
# What it takes, and how it counts, no source says (docs/wire.md).
WEEK_OF_YEAR = "IS_IN_WEEK_OF_YEAR"
