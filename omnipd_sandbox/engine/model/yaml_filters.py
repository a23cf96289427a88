"""Filters in the model's notation (``is``, ``greater_than``, …), turned into those of the wire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from omnipd_sandbox.engine.model import dates
from omnipd_sandbox.refused_query import Refused

_TEXT = {"contains": "CONTAINS", "starts_with": "STARTS_WITH", "ends_with": "ENDS_WITH"}
_BOUNDS = {
    "greater_than": ("GREATER_THAN", False),
    "greater_than_or_equal_to": ("GREATER_THAN", True),
    "less_than": ("LESS_THAN", False),
    "less_than_or_equal_to": ("LESS_THAN", True),
}
_PARTS = {
    "day_of_week": "IS_ON_DAY_OF_WEEK",
    "day_of_month": "IS_ON_DAY_OF_MONTH",
    "day_of_quarter": "IS_ON_DAY_OF_QUARTER",
    "day_of_year": "IS_ON_DAY_OF_YEAR",
    "month_of_year": "IS_IN_MONTH_OF_YEAR",
    "quarter_of_year": "IS_IN_QUARTER_OF_YEAR",
    "hour_of_day": "IS_AT_HOUR_OF_DAY",
}
_DATES = {"before", "on_or_after", "between_dates", "time_for_duration", *_PARTS}
_POSITIVE = {"is", "and", "or", *_TEXT, *_BOUNDS, *_DATES}
OPERATORS = {*_POSITIVE, "not", *(f"not_{operator}" for operator in _POSITIVE)}


def on_the_wire(operators: Mapping[str, Any], kind: str, now: datetime) -> dict[str, Any]:
    """Turn one field's operators into one filter of the wire.

    Parameters
    ----------
    operators
        The operators and their values; several hold together.
    kind
        The filter type that fits the field: string, number, date, boolean or other.
    now
        The instant that relative dates refer to.
    """
    return _all([_filter(operator, value, kind, now) for operator, value in operators.items()])


def _all(filters: list[dict[str, Any]], conjunction: str = "AND") -> dict[str, Any]:
    return {"type": "composite", "conjunction": conjunction, "filters": filters}


def _negative(filter_: dict[str, Any]) -> dict[str, Any]:
    return {**_all([filter_]), "is_negative": True}


def _filter(operator: str, value: Any, kind: str, now: datetime) -> dict[str, Any]:
    if operator not in OPERATORS:
        raise Refused("PLAN", f'The filter "{operator}" is not modeled by this sandbox')
    if operator == "not":
        return _negative(_equals(value, kind))
    if operator.startswith("not_"):
        return _negative(_filter(operator.removeprefix("not_"), value, kind, now))
    if operator == "is":
        return _equals(value, kind)
    if operator in {"and", "or"}:
        each = [on_the_wire(operators, kind, now) for operators in value]
        return _all(each, operator.upper())
    if operator in _TEXT:
        return {"type": "string", "kind": _TEXT[operator], "values": _texts(value)}
    if operator in _BOUNDS:
        bound, inclusive = _BOUNDS[operator]
        return {"type": "number", "kind": bound, "values": _texts(value), "is_inclusive": inclusive}
    return _dated(operator, value, now)


def _equals(value: Any, kind: str) -> dict[str, Any]:
    values = value if isinstance(value, list) else [value]
    given = [each for each in values if each is not None]
    filters: list[dict[str, Any]] = [{"type": "null"}] if len(given) < len(values) else []
    if kind == "boolean":
        filters += [{"type": "boolean", "is_negative": not each} for each in given]
    elif kind == "date":
        filters += [
            {"type": "date", "kind": "TIME_FOR_UNIT_DURATION", "left_side": text}
            for text in _texts(given)
        ]
    elif given:
        filters.append({"type": kind, "kind": "EQUALS", "values": _texts(given)})
    return filters[0] if len(filters) == 1 else _all(filters, "OR")


def _dated(operator: str, value: Any, now: datetime) -> dict[str, Any]:
    texts = _texts(value)
    match operator, texts:
        case "before", [end]:
            return {"type": "date", "kind": "BEFORE", "right_side": end}
        case "on_or_after", [begin]:
            return {"type": "date", "kind": "ON_OR_AFTER", "left_side": begin}
        case "between_dates", [begin, end]:
            # The end belongs to it here; on the wire it does not.
            after = dates.period(end, now).end.isoformat(sep=" ", timespec="seconds")
            return {"type": "date", "kind": "BETWEEN", "left_side": begin, "right_side": after}
        case "time_for_duration", [begin, length]:
            kind = "TIME_FOR_INTERVAL_DURATION"
            return {"type": "date", "kind": kind, "left_side": begin, "right_side": length}
        case _, [part] if operator in _PARTS:
            return {"type": "date", "kind": _PARTS[operator], "left_side": part}
    raise Refused("PLAN", f'The filter "{operator}" does not take {value!r}')


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [_text(each) for each in values]


def _text(value: Any) -> str:
    # YAML reads 2023-04-01 as a date of its own.
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, date) else str(value)
