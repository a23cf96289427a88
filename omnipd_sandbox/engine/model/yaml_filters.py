"""Filters in the model's notation (``is``, ``greater_than``, …), turned into those of the wire.

What does not fit its field, or has a value of another kind, is refused: the model's author meant it
to hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from omnipd_sandbox.engine.model import dates
from omnipd_sandbox.engine.model.circumstances import Circumstances
from omnipd_sandbox.engine.model.sql_dialect import has_template
from omnipd_sandbox.engine.shortened import shown
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
_DATES = {"before", "on_or_after", "between_dates", "time_for_duration"}
# The kind of field that each fits; those that are not here fit any.
_FITS = {
    **dict.fromkeys((*_TEXT, "is_empty"), "string"),
    **dict.fromkeys((*_BOUNDS, "between"), "number"),
    **dict.fromkeys((*_DATES, *_PARTS), "date"),
}
_POSITIVE = {"is", "and", "or", *_FITS}
# What says how the others are meant.
_FOLD = "case_insensitive"
OPERATORS = {*_POSITIVE, "not", _FOLD, *(f"not_{operator}" for operator in _POSITIVE)}

# Of a boolean: what is asked for, and whether null counts as false (assumed; docs/wire.md).
_BOOLEANS = {
    True: (True, False), "true": (True, False), "truthy": (True, False),
    False: (False, False), "false": (False, False), "falsey": (False, True),
}  # fmt: skip

# What a measure's filter has beside the others: whether the query's filter on the field counts for
# it, and how far back that filter is moved.
CANCEL, OFFSET = "cancel_query_filter", "date_offset_from_query"

# Where a time of day follows a date.
_TIME_OF_DAY = re.compile(r"\d{4}-\d\d-\d\d[T ]\d")


def problems(operators: Mapping[str, Any]) -> Iterator[str]:
    """Name what is not modeled in a field's operators, however deep."""
    for operator, value in operators.items():
        if operator not in OPERATORS:
            yield f'the filter "{operator}"'
        elif _is_nested(operator):
            for each in value if isinstance(value, list) else ():
                yield from problems(each) if isinstance(each, Mapping) else ()
        elif any(isinstance(each, str) and has_template(each) for each in _values(value)):
            yield "a template ({{ … }}) in the filter"


def problems_of_measure(operators: Mapping[str, Any]) -> Iterator[str]:
    """Name what is not modeled in the operators of a measure's filter on a field."""
    yield from problems(without_query(operators))
    if not isinstance(operators.get(CANCEL, False), bool):
        yield f"{CANCEL} that is neither true nor false"
    if OFFSET not in operators:
        return
    if not cancels(operators):
        yield f"{OFFSET} without {CANCEL}: true"
    length = operators[OFFSET]
    try:
        dates.interval(length if isinstance(length, str) else shown(length))
    except Refused:
        yield f"{OFFSET} {shown(length)}"


def cancels(operators: Mapping[str, Any]) -> bool:
    """Tell whether a measure's filter on a field stands in place of the query's."""
    return operators.get(CANCEL) is True


def without_query(operators: Mapping[str, Any]) -> dict[str, Any]:
    """Give a filter's own operators, without what concerns the query's."""
    return {key: value for key, value in operators.items() if key not in {CANCEL, OFFSET}}


def on_the_wire(
    operators: Mapping[str, Any], kind: str, around: Circumstances, *, in_zone: bool = True
) -> dict[str, Any]:
    """Turn one field's operators into one filter of the wire.

    Parameters
    ----------
    operators
        The operators and their values; several hold together.
    kind
        The filter type that fits the field: string, number, date, boolean or other.
    around
        When relative dates are asked for, and in which zone and calendar.
    in_zone
        Whether the field's times are taken in that zone.

    Raises
    ------
    Refused
        For an operator that does not fit the field, and for a value that does not fit it.
    """
    for problem in problems(operators):
        raise Refused("PLAN", f"{problem[0].upper()}{problem[1:]} is not modeled by this sandbox")
    rest = {operator: value for operator, value in operators.items() if operator != _FOLD}
    if not rest:
        raise Refused("PLAN", "A filter of a model must name an operator, such as is")
    fold = operators.get(_FOLD, False)
    if not isinstance(fold, bool):
        raise _not_taken(_FOLD, fold)
    if fold and kind != "string":
        raise _misfit(_FOLD, kind)
    read = _Reader(kind, around, fold=fold, in_zone=in_zone)
    return _all([read.filter(operator, value) for operator, value in rest.items()])


def _is_nested(operator: str) -> bool:
    return operator.removeprefix("not_") in {"and", "or"}


def _all(filters: list[dict[str, Any]], conjunction: str = "AND") -> dict[str, Any]:
    return {"type": "composite", "conjunction": conjunction, "filters": filters}


def _negative(filter_: dict[str, Any]) -> dict[str, Any]:
    return {**_all([filter_]), "is_negative": True}


class _Reader:
    """Read the operators of a field."""

    def __init__(self, kind: str, around: Circumstances, *, fold: bool, in_zone: bool) -> None:
        self.kind = kind
        self.around = around
        self.in_zone = in_zone
        self.folded = {"case_insensitive": True} if fold else {}

    def filter(self, operator: str, value: Any) -> dict[str, Any]:
        if operator == "not":
            return _negative(self._equals("not", value))
        if operator.startswith("not_"):
            return _negative(self.filter(operator.removeprefix("not_"), value))
        if _FITS.get(operator, self.kind) != self.kind:
            raise _misfit(operator, self.kind)
        if operator == "is":
            return self._equals(operator, value)
        if operator in {"and", "or"}:
            return self._nested(operator, value)
        if operator in _TEXT:
            texts = [_text(operator, each) for each in _given(operator, value)]
            return {"type": "string", "kind": _TEXT[operator], "values": texts, **self.folded}
        if operator == "is_empty":
            if not isinstance(value, bool):
                raise _not_taken(operator, value)
            empty = {"type": "string", "kind": "IS_EMPTY", "values": []}
            return empty if value else _negative(empty)
        if operator in _BOUNDS or operator == "between":
            return _numeric(operator, value)
        if operator in _PARTS:
            return _any([_part(operator, each) for each in _given(operator, value)])
        return self._dated(operator, value)

    def _nested(self, operator: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, list) or not value:
            raise _not_taken(operator, value)
        for each in value:
            if not isinstance(each, Mapping):
                raise _not_taken(operator, each)
        # Each is read on its own; what is said beside "and" or "or" holds in it, too.
        fold = {_FOLD: True} if self.folded else {}
        each_read = [
            on_the_wire({**fold, **each}, self.kind, self.around, in_zone=self.in_zone)
            for each in value
        ]
        return _all(each_read, operator.upper())

    def _equals(self, operator: str, value: Any) -> dict[str, Any]:
        values = _values(value)
        if not values:
            raise _not_taken(operator, value)
        given = [each for each in values if each is not None]
        filters: list[dict[str, Any]] = [{"type": "null"}] if len(given) < len(values) else []
        match self.kind:
            case _ if not given:
                pass
            case "boolean":
                filters += [_boolean(operator, each) for each in given]
            case "date":
                filters += [
                    {
                        "type": "date",
                        "kind": "TIME_FOR_UNIT_DURATION",
                        "left_side": self._written_time(operator, each),
                    }
                    for each in given
                ]
            case "number":
                numbers = [_number(operator, each) for each in given]
                filters.append({"type": "number", "kind": "EQUALS", "values": numbers})
            case "string":
                texts = [_text(operator, each) for each in given]
                filters.append({"type": "string", "kind": "EQUALS", "values": texts, **self.folded})
            case kind:
                raise _misfit(operator, kind)
        return _any(filters)

    def _dated(self, operator: str, value: Any) -> dict[str, Any]:
        match operator, _values(value):
            case "before", [end]:
                return {
                    "type": "date",
                    "kind": "BEFORE",
                    "right_side": self._written_time(operator, end),
                }
            case "on_or_after", [begin]:
                return {
                    "type": "date",
                    "kind": "ON_OR_AFTER",
                    "left_side": self._written_time(operator, begin),
                }
            case "between_dates", [begin, end]:
                # The end belongs to it here; on the wire it does not.
                now = self.around.now_on_clocks(of_zone=self.in_zone)
                last = dates.period(self._written_time(operator, end), now, self.around.calendar)
                return {
                    "type": "date",
                    "kind": "BETWEEN",
                    "left_side": self._written_time(operator, begin),
                    "right_side": last.end.isoformat(sep=" ", timespec="seconds"),
                }
            case "time_for_duration", [begin, str() as length]:
                return {
                    "type": "date",
                    "kind": "TIME_FOR_INTERVAL_DURATION",
                    "left_side": self._written_time(operator, begin),
                    "right_side": length,
                }
        raise _not_taken(operator, value)

    def _written_time(self, operator: str, value: Any) -> str:
        """Write a date, or words for one, as the wire has it; a time of day on the field's clocks."""
        text = _text(operator, value)
        if not _TIME_OF_DAY.match(text):
            return text
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            return text
        if instant.microsecond:
            raise _not_taken(operator, value)
        if instant.tzinfo is not None:
            zone = self.around.zone if self.in_zone else None
            clocks = UTC if zone is None else ZoneInfo(zone)
            instant = instant.astimezone(clocks).replace(tzinfo=None)
        return instant.isoformat(sep=" ")


def _any(filters: list[dict[str, Any]]) -> dict[str, Any]:
    return filters[0] if len(filters) == 1 else _all(filters, "OR")


def _numeric(operator: str, value: Any) -> dict[str, Any]:
    numbers = [_number(operator, each) for each in _given(operator, value)]
    # Both ends of between belong to it (contradicted; docs/wire.md).
    kind, inclusive = _BOUNDS.get(operator, ("BETWEEN", True))
    if len(numbers) != (2 if kind == "BETWEEN" else 1):
        raise _not_taken(operator, value)
    return {"type": "number", "kind": kind, "values": numbers, "is_inclusive": inclusive}


def _boolean(operator: str, value: Any) -> dict[str, Any]:
    # As keys of a dictionary, 1 and 0 would be true and false.
    known = isinstance(value, bool | str) and value in _BOOLEANS
    if not known:
        raise _not_taken(operator, value)
    wanted, nulls_are_false = _BOOLEANS[value]
    return {
        "type": "boolean",
        "is_negative": not wanted,
        "treat_nulls_as_false": nulls_are_false,
    }


def _values(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _given(operator: str, value: Any) -> list[Any]:
    """Give the values of an operator that takes no null, at least one."""
    values = _values(value)
    if not values or None in values:
        raise _not_taken(operator, value)
    return values


def _text(operator: str, value: Any) -> str:
    # Of a number with a fraction, how it was written is not known.
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _not_taken(operator, value)
    return str(value)


def _number(operator: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _not_taken(operator, value)
    return str(value)


def _part(operator: str, value: Any) -> dict[str, Any]:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _not_taken(operator, value)
    return {"type": "date", "kind": _PARTS[operator], "left_side": str(value)}


def _misfit(operator: str, kind: str) -> Refused:
    named = "a field of its type" if kind == "other" else f"a {kind}"
    return Refused("PLAN", f'"{operator}" does not fit {named}')


def _not_taken(operator: str, value: Any) -> Refused:
    return Refused("PLAN", f'"{operator}" does not take {shown(value)}')
