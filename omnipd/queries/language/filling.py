"""Which gaps Omni fills: those of a time whose filter says from when to when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omnipd.queries.language import timeframes

#: Which ends a kind of filter on dates has: the first, the last.
_ENDS = {
    "BETWEEN": (True, True),
    "TIME_FOR_UNIT_DURATION": (True, True),
    "TIME_FOR_INTERVAL_DURATION": (True, True),
    "ON_OR_AFTER": (True, False),
    "BEFORE": (False, True),
}


def not_filled(query: Mapping[str, Any]) -> list[str]:
    """Name the fields whose gaps Omni does not fill, as no filter gives their range two ends.

    Examples
    --------
    >>> since = {"type": "date", "kind": "ON_OR_AFTER", "left_side": "2025-01-01"}
    >>> not_filled({"fill_fields": ["a.at[date]"], "filters": {"a.at": since}})
    ['a.at[date]']
    >>> year = {"type": "date", "kind": "TIME_FOR_UNIT_DURATION", "left_side": "2025"}
    >>> not_filled({"fill_fields": ["a.at[date]"], "filters": {"a.at": year}})
    []
    >>> either = {"filters": [{"fieldName": "a.at", "filter": year}, {"fieldName": "a.n", "filter": {}}]}
    >>> not_filled({"fill_fields": ["a.at[date]"], "controls": [either]})
    ['a.at[date]']
    """
    # Of an "or" with another field, which is a control, none of the two is an end.
    conditions = {
        name.lower(): condition for name, condition in (query.get("filters") or {}).items()
    }
    return [
        name
        for name in query.get("fill_fields") or ()
        if not all(_ends(conditions.get(timeframes.split(name)[0].lower(), {})))
    ]


def _ends(condition: Mapping[str, Any]) -> tuple[bool, bool]:
    if condition.get("is_negative"):
        return False, False
    if condition.get("type") != "composite":
        return _ENDS.get(str(condition.get("kind")), (False, False))
    ends = [_ends(inner) for inner in condition["filters"]]
    together = any if condition.get("conjunction") == "AND" else all
    return together(first for first, _ in ends), together(last for _, last in ends)
