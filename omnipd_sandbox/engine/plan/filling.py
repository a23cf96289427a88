"""The values of a time that a result is to have, whether or not there are rows for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from omnipd_sandbox.engine.model.circumstances import Circumstances
from omnipd_sandbox.engine.model.dates import Period
from omnipd_sandbox.engine.model.filter_range import filter_range
from omnipd_sandbox.engine.model.model import Dimension
from omnipd_sandbox.engine.model.timeframes import TIMEFRAMES
from omnipd_sandbox.engine.plan.draft import Draft, Selected
from omnipd_sandbox.refused_query import Refused

_KEY = '"fill_fields"'
# How many values are filled at most; so many seconds are twelve days.
_MOST = 1_000_000
# Timeframes by their units, where these are called otherwise; and how long a unit is at least.
_UNITS = {"date": "day"}
_LEAST = {
    "millisecond": timedelta(milliseconds=1),
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
}


@dataclass(frozen=True)
class Filling:
    """Hold a selected time, the unit that it is cut to, the first of its values and where they end."""

    selected: Selected
    unit: str
    first: datetime
    # No longer one of them.
    end: datetime


def filling(found: Draft, around: Circumstances) -> Filling | None:
    """Tell which values a query fills; None where it fills none.

    Raises
    ------
    Refused
        For what nobody has described.
    """
    names = found.request.fill_fields
    if not names or set(names) <= set(found.missing):
        return None
    if len(names) > 1:
        raise Refused("PLAN", f"{_KEY} with several fields is not modeled by this sandbox")
    selected = next((each for each in found.selected if each.name == names[0]), None)
    if selected is None:
        raise Refused("PLAN", f'{_KEY} needs "{names[0]}" in "fields"')
    timeframe, field = selected.timeframe or "", selected.field
    if not isinstance(field, Dimension) or not _cuts(timeframe):
        raise Refused("PLAN", f'{_KEY} of "{names[0]}", which cuts no time, is not modeled')
    if len(found.keys) > 1:
        raise Refused("PLAN", f"{_KEY} beside another dimension is not modeled by this sandbox")
    for key in ("pivots", "transposed_measures"):
        if found.request.echo.get(key):
            raise Refused("PLAN", f'{_KEY} together with "{key}" is not modeled by this sandbox')
    if not found.grouped:
        raise Refused("PLAN", f"{_KEY} of rows that make no groups is not modeled by this sandbox")
    kept = _range(found, selected, field, around)
    if kept is None:
        # Silently: so does Omni (docs/wire.md).
        return None
    unit = _UNITS.get(timeframe, timeframe)
    if (kept.end - kept.start) / _LEAST.get(unit, timedelta(days=1)) > _MOST:
        raise Refused("PLAN", f"{_KEY} with more than {_MOST} values is not modeled")
    return Filling(selected, unit, around.calendar.start_of(unit, kept.start), kept.end)


def _cuts(timeframe: str) -> bool:
    return timeframe in TIMEFRAMES and TIMEFRAMES[timeframe].yields == "time"


def _range(
    found: Draft, selected: Selected, field: Dimension, around: Circumstances
) -> Period | None:
    """Give the range that the query's filter on the time keeps, if it has two ends."""
    for name, filter_ in found.request.filters.items():
        place = found.fields.place_of(name)
        if place is not None and place[:2] == (selected.at.view, field.name):
            kept = filter_range(filter_, around, of_zone=field.convert_tz)
            if kept is not None:
                return kept
    return None
