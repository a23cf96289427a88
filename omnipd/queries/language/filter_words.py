"""Filter objects in words, to be read by people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from omnipd.display import listed, shortened

_LONGEST = 60
_MOST_PARTS = 10
#: What a filter of a kind holds beside that is said here; with more it is shown as it is sent.
_SAID = {"type", "kind", "is_negative", "values", "is_inclusive", "left_side", "right_side"}
_SIGNS = {"EQUALS": "=", "GREATER_THAN": ">", "LESS_THAN": "<"}
_DATES = {
    "TIME_FOR_UNIT_DURATION": "in {left}",
    "TIME_FOR_INTERVAL_DURATION": "in {right} from {left}",
    "BETWEEN": "from {left} to before {right}",
    "ON_OR_AFTER": ">= {left}",
    "BEFORE": "< {right}",
}


def in_words(filter_: Mapping[str, Any]) -> str:
    """Return what a filter object says.

    Examples
    --------
    >>> in_words({"type": "string", "kind": "EQUALS", "values": ["JFK", "EWR"], "is_negative": True})
    "not = 'JFK', 'EWR'"
    >>> in_words({"type": "number", "kind": "GREATER_THAN", "values": ["18"], "is_inclusive": True})
    '>= 18'
    """
    said = _said(filter_)
    if said is None:
        return shortened(json.dumps(filter_, ensure_ascii=False, default=str), 3 * _LONGEST)
    negative = filter_.get("is_negative") and filter_["type"] != "boolean"
    return f"not {said}" if negative else said


def _said(filter_: Mapping[str, Any]) -> str | None:
    type_, kind = filter_.get("type"), str(filter_.get("kind"))
    if type_ == "composite" and filter_.keys() <= {"type", "conjunction", "filters", "is_negative"}:
        word = f" {str(filter_.get('conjunction')).lower()} "
        parts = filter_.get("filters") or []
        more = [f"… {len(parts) - _MOST_PARTS:,} more"] if len(parts) > _MOST_PARTS else []
        return f"({word.join([*map(in_words, parts[:_MOST_PARTS]), *more])})"
    if type_ == "user_attribute":
        return f"the user attribute {filter_.get('user_attribute_name')}"
    if not filter_.keys() <= _SAID:
        return None
    if type_ == "null":
        return "null"
    if type_ == "boolean":
        return "false" if filter_.get("is_negative") else "true"
    words = kind.lower().replace("_", " ")
    if type_ == "date":
        left, right = filter_.get("left_side"), filter_.get("right_side")
        known = _DATES.get(kind)
        return f"{words} {left}" if known is None else known.format(left=left, right=right)
    if type_ not in ("string", "number"):  # no set, since a type may be a list
        return None
    sign = _SIGNS.get(kind, words) + ("=" if filter_.get("is_inclusive") else "")
    write = repr if type_ == "string" else str
    return f"{sign} {listed(shortened(write(one), _LONGEST) for one in filter_.get('values') or ())}".rstrip()
