"""The words of a date filter: ``2012 Q3``, ``30 days ago``, ``last month``, ``2023-04-01 12``.

Everything is computed in UTC, on datetimes without a zone.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from omnipd_sandbox.engine.model.timeframes import MONTHS, WEEKDAYS
from omnipd_sandbox.refused_query import Refused

UNITS = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")

_UNIT = rf"(?P<unit>{'|'.join(UNITS)})s?"
_ABSOLUTE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2})"
    r"(?: (?P<hour>\d{2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?)?)?)?"
)
_QUARTER = re.compile(r"(?P<year>\d{4}) q(?P<quarter>[1-4])")
_AGO = re.compile(rf"(?P<count>\d{{1,6}}) (?P<complete>complete )?{_UNIT} ago")
_NAMED = re.compile(rf"(?P<which>this|last|next) {_UNIT}")
_LENGTH = re.compile(rf"(?P<count>\d{{1,6}}) {_UNIT}")

_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_SHIFTS = {"last": -1, "this": 0, "next": 1}


@dataclass(frozen=True)
class Period:
    """Hold a stretch of time; its end is not part of it."""

    start: datetime
    end: datetime


def start_of(unit: str, instant: datetime) -> datetime:
    """Cut a instant down to the start of its unit; weeks start on Monday."""
    day = instant.replace(hour=0, minute=0, second=0, microsecond=0)
    match unit:
        case "second":
            return instant.replace(microsecond=0)
        case "minute":
            return instant.replace(second=0, microsecond=0)
        case "hour":
            return instant.replace(minute=0, second=0, microsecond=0)
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case _:
            return day.replace(month=1, day=1)


def moved(instant: datetime, count: int, unit: str) -> datetime:
    """Move a instant by whole units; a month's last day stays within the month it lands in."""
    if unit in {"month", "quarter", "year"}:
        months = instant.year * 12 + instant.month - 1
        months += count * {"month": 1, "quarter": 3, "year": 12}[unit]
        year, month = divmod(months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return instant.replace(year=year, month=month + 1, day=min(instant.day, last))
    return instant + timedelta(**{f"{unit}s": count})


def period(text: str, now: datetime) -> Period:
    """Read a literal as the whole unit that it names.

    Raises
    ------
    Refused
        For a text outside the grammar.
    """
    # The fiscal year is the calendar's; such a query is refused where the model moves it.
    words = " ".join(text.lower().split()).replace("fiscal ", "")
    if re.fullmatch(r"fy\d{4}", words):
        words = words.removeprefix("fy")
    try:
        found = _named(words, now) or _absolute(words)
    except (ValueError, OverflowError) as error:  # 30 February, or a year beyond 9999
        raise _invalid(text) from error
    if found is None:
        raise _invalid(text)
    return found


def start(text: str, now: datetime) -> datetime:
    """Read a literal as the instant at which it starts."""
    return period(text, now).start


def window(start_text: str, length_text: str, now: datetime) -> Period:
    """Read a start and a length, such as ``30 days ago`` and ``30 days``."""
    begin = start(start_text, now)
    match = _LENGTH.fullmatch(" ".join(length_text.lower().split()))
    if match is None:
        raise _invalid(length_text)
    try:
        return Period(begin, moved(begin, int(match["count"]), match["unit"]))
    except (ValueError, OverflowError) as error:
        raise _invalid(length_text) from error


def _invalid(text: str) -> Refused:
    return Refused("PLAN", f"Invalid literal value '{text}' in filter")


def _unit_from(begin: datetime, unit: str) -> Period:
    return Period(begin, moved(begin, 1, unit))


def _named(words: str, now: datetime) -> Period | None:
    if words in _DAYS:
        return _unit_from(moved(start_of("day", now), _DAYS[words], "day"), "day")
    if match := _NAMED.fullmatch(words):
        unit = match["unit"]
        return _unit_from(moved(start_of(unit, now), _SHIFTS[match["which"]], unit), unit)
    if match := _AGO.fullmatch(words):
        # "N units ago" starts a stretch of N units that includes the running one; "N complete
        # units ago" starts N whole units before it (docs/wire.md).
        unit, count = match["unit"], int(match["count"])
        back = count if match["complete"] else max(count - 1, 0)
        return _unit_from(moved(start_of(unit, now), -back, unit), unit)
    return None


def _absolute(words: str) -> Period | None:
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
