"""The stretch of time that a date filter keeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from omnipd_sandbox.engine.model import dates
from omnipd_sandbox.engine.model.filters import flag

_Ends = tuple[datetime | None, datetime | None]


def filter_range(filter_: Mapping[str, Any], now: datetime) -> dates.Period | None:
    """Give the range of a filter that keeps one stretch with two ends, else None.

    Raises
    ------
    Refused
        For a date that cannot be read.
    """
    start, end = _ends(filter_, now)
    return None if start is None or end is None else dates.Period(start, end)


def _ends(filter_: Mapping[str, Any], now: datetime) -> _Ends:
    nothing = (None, None)
    if flag(filter_, "is_negative") or flag(filter_, "cancel_query_filter"):
        return nothing
    if filter_.get("type") == "composite":
        return _common(filter_, now)
    if filter_.get("type") != "date":
        return nothing
    left, right = filter_.get("left_side"), filter_.get("right_side")
    match filter_.get("kind"), left, right:
        case "BETWEEN", str(), str():
            return dates.start(left, now), dates.start(right, now)
        case "ON_OR_AFTER", str(), _:
            return dates.start(left, now), None
        case "BEFORE", _, str():
            return None, dates.start(right, now)
        case "TIME_FOR_UNIT_DURATION", str(), _:
            found = dates.period(left, now)
        case "TIME_FOR_INTERVAL_DURATION", str(), str():
            found = dates.window(left, right, now)
        case _:
            return nothing
    return found.start, found.end


def _common(filter_: Mapping[str, Any], now: datetime) -> _Ends:
    """Give the stretch that all of several filters keep; none where one of them keeps no stretch."""
    children = filter_.get("filters")
    if filter_.get("conjunction") != "AND" or not isinstance(children, list):
        return None, None
    ends = [_ends(each, now) for each in children]
    if any(each == (None, None) for each in ends):
        return None, None
    return (
        max((start for start, _ in ends if start is not None), default=None),
        min((end for _, end in ends if end is not None), default=None),
    )
