"""The periods that a query compares, as it says them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from omnipd_sandbox.engine.model import dates
from omnipd_sandbox.refused_query import Refused

# The field whose values are the periods.
PERIOD = "omni_period_pivot"
_KEY = "period_over_period_computations"
# The unit stands there twice in documents.
_KEYS = frozenset(
    {"date_filter_field_name", "periods_ago", "time_unit_name", "time_unit"}
    | {"is_dynamic_previous_period", "is_ignored"}
)


@dataclass(frozen=True)
class Comparison:
    """Hold one period: how far it lies back, or the current one."""

    date_field: str
    periods_ago: int | None
    unit: str | None
    # As long as the current period, and right before it.
    dynamic: bool = False

    @property
    def is_current(self) -> bool:
        """Tell whether it is the period that the filter says."""
        return not self.dynamic and self.periods_ago is None

    @property
    def label(self) -> str:
        """Give the value that stands for it in a result."""
        if self.dynamic:
            return "Previous Period"
        if self.periods_ago is None or self.unit is None:
            return "Current Period"
        unit = self.unit.title()
        # Of more than one nobody has seen a label (assumed; docs/wire.md).
        return f"Previous {unit}" if self.periods_ago == 1 else f"{self.periods_ago} {unit}s Ago"

    def shifted(self, current: dates.Period) -> dates.Period:
        """Give its range, from that of the current period.

        Raises
        ------
        Refused
            For a range before the first year.
        """
        try:
            if self.dynamic:
                return _before(current)
            if self.periods_ago is None or self.unit is None:
                return current
            return dates.Period(
                dates.moved(current.start, -self.periods_ago, self.unit),
                dates.moved(current.end, -self.periods_ago, self.unit),
            )
        except (ValueError, OverflowError) as error:
            raise Refused("PLAN", f'"{_KEY}" reaches back before the first year') from error

    def distance(self, current: dates.Period) -> tuple[int, str]:
        """Give how far it lies before the current period: how many of which unit of SQL."""
        if not self.dynamic:
            return self.periods_ago or 0, self.unit or "day"
        months = _whole_months(current)
        if months is not None:
            return months, "month"
        return (current.end - current.start) // timedelta(microseconds=1), "microsecond"


def read_comparisons(entries: Sequence[object]) -> tuple[Comparison, ...]:
    """Read the periods of a query: the current one first, then those it is compared with.

    Raises
    ------
    Refused
        For what cannot be read, and for what nobody has seen.
    """
    read = [_comparison(each) for each in entries]
    kept = tuple(each for each in read if each is not None)
    if not kept:
        return ()
    if not kept[0].is_current or any(each.is_current for each in kept[1:]):
        raise Refused("PLAN", f'"{_KEY}" needs one entry for the current period, the first')
    if len({each.date_field for each in kept}) > 1:
        raise Refused("PLAN", f'"{_KEY}" over several fields is not modeled by this sandbox')
    if len({each.label for each in kept}) < len(kept):
        raise Refused("PLAN", f'"{_KEY}" has two entries for the same period')
    return kept


def _comparison(entry: object) -> Comparison | None:
    """Read one entry, or give None for one that is to be ignored."""
    if not isinstance(entry, Mapping):
        raise _unreadable()
    for key in entry:
        if key not in _KEYS:
            raise Refused("PLAN", f'"{key}" in "{_KEY}" is not modeled by this sandbox')
    name, ago = entry.get("date_filter_field_name"), entry.get("periods_ago")
    unit = entry.get("time_unit_name")
    dynamic = _flag(entry, "is_dynamic_previous_period")
    if not isinstance(name, str) or not (unit is None or isinstance(unit, str)):
        raise _unreadable()
    if isinstance(ago, float) and ago.is_integer():
        ago = int(ago)
    if ago is not None and (isinstance(ago, bool) or not isinstance(ago, int) or ago < 1):
        raise Refused("PLAN", f"Invalid periods_ago {ago!r}")
    if _flag(entry, "is_ignored"):
        return None
    if dynamic:
        if ago not in {None, 1}:
            raise Refused(
                "PLAN",
                "A dynamic previous period more than one back is not modeled by this sandbox",
            )
        return Comparison(name, 1, None, dynamic=True)
    if (ago is None) != (unit is None):
        raise _unreadable()
    if unit is not None and unit.lower() not in dates.UNITS:
        raise Refused("PLAN", f"Invalid time_unit_name {unit!r}")
    return Comparison(name, ago, None if unit is None else unit.lower())


def _flag(entry: Mapping[str, object], key: str) -> bool:
    value = entry.get(key)
    if value is not None and not isinstance(value, bool):
        raise _unreadable()
    return bool(value)


def _unreadable() -> Refused:
    return Refused("PLAN", f'"{_KEY}" is not readable')


def _before(current: dates.Period) -> dates.Period:
    """Give the range that is as long and ends where another begins: in months, if that is of months."""
    start, end = current.start, current.end
    months = _whole_months(current)
    if months is not None:
        return dates.Period(dates.moved(start, -months, "month"), start)
    return dates.Period(start - (end - start), start)


def _whole_months(period: dates.Period) -> int | None:
    start, end = period.start, period.end
    if not (_begins_month(start) and _begins_month(end)):
        return None
    return (end.year - start.year) * 12 + end.month - start.month


def _begins_month(instant: datetime) -> bool:
    return instant == instant.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
