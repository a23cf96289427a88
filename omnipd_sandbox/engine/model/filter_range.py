"""The stretch of time that a date filter keeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from omnipd_sandbox.engine.model import dates
from omnipd_sandbox.engine.model.calendars import Calendar
from omnipd_sandbox.engine.model.circumstances import Circumstances
from omnipd_sandbox.engine.model.filters import flag

# The time that clocks show, and the calendar.
_Around = tuple[datetime, Calendar]
_Ends = tuple[datetime | None, datetime | None]


def filter_range(
    filter_: Mapping[str, Any], around: Circumstances, *, of_zone: bool
) -> dates.Period | None:
    """Give the range of a filter that keeps one stretch with two ends, else None.

    Parameters
    ----------
    filter_
        The filter.
    around
        When it is, and in which zone and calendar.
    of_zone
        Whether the field's times are taken in that zone; the range is on its clocks then.

    Raises
    ------
    Refused
        For a date that cannot be read.
    """
    start, end = _ends(filter_, (around.now_on_clocks(of_zone=of_zone), around.calendar))
    return None if start is None or end is None else dates.Period(start, end)


def _ends(filter_: Mapping[str, Any], around: _Around) -> _Ends:
    nothing = (None, None)
    if flag(filter_, "is_negative") or flag(filter_, "cancel_query_filter"):
        return nothing
    if filter_.get("type") == "composite":
        return _common(filter_, around)
    if filter_.get("type") != "date":
        return nothing
    found = dates.bounds(
        filter_.get("kind"),
        filter_.get("left_side"),
        filter_.get("right_side"),
        *around,
    )
    return nothing if found is None else (found.start, found.end)


def _common(filter_: Mapping[str, Any], around: _Around) -> _Ends:
    """Give the stretch that all of several filters keep; none where one of them keeps no stretch."""
    children = filter_.get("filters")
    if filter_.get("conjunction") != "AND" or not isinstance(children, list):
        return None, None
    ends = [_ends(each, around) for each in children]
    if any(each == (None, None) for each in ends):
        return None, None
    return (
        max((start for start, _ in ends if start is not None), default=None),
        min((end for _, end in ends if end is not None), default=None),
    )
