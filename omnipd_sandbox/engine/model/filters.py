"""The filters of a query, as conditions: one function per type of the wire.

Negation keeps the rows whose value is null, as Omni's own SQL does (``NOT x = 'a' OR x IS NULL``):
what is negated is whether the condition is true, not the condition.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal, InvalidOperation
from functools import reduce
from typing import Any

from sqlglot import exp

from omnipd_sandbox.engine.model import dates
from omnipd_sandbox.engine.model.calendars import PLAIN
from omnipd_sandbox.engine.model.circumstances import Circumstances
from omnipd_sandbox.engine.model.timeframes import at_timeframe, is_temporal
from omnipd_sandbox.engine.model.zones import on_clocks
from omnipd_sandbox.refused_query import BadFilter, Refused

_STRING_KINDS = frozenset(
    {"EQUALS", "CONTAINS", "STARTS_WITH", "ENDS_WITH", "SQL_LIKE", "IS_EMPTY"}
)
_NUMBER_KINDS = frozenset({"EQUALS", "GREATER_THAN", "LESS_THAN", "BETWEEN"})
_DATE_KINDS = frozenset(dates.PARTS) | {
    "BETWEEN", "ON_OR_AFTER", "BEFORE", "TIME_FOR_UNIT_DURATION", "TIME_FOR_INTERVAL_DURATION",
    "QUERY_OFFSET", dates.WEEK_OF_YEAR,
}  # fmt: skip


# A shift by nothing, as live queries have it.
_NO_OFFSET = re.compile(r"(?:0 [a-z]+)?")


@dataclass(frozen=True)
class Target:
    """Hold what a filter is applied to: an expression and its DuckDB type."""

    value: exp.Expression
    sql_type: str
    # Whether its times are taken in the zone that a query names, and whether they have been.
    convert_tz: bool = True
    is_cut: bool = False

    @property
    def kind(self) -> str:
        """Tell the filter type that fits: string, number, boolean, date or other."""
        return kind_of(self.sql_type)

    @property
    def as_text(self) -> exp.Expression:
        """Write a string's value as text: an identifier or one of a few names compares as one."""
        return self.value if self.sql_type == "VARCHAR" else exp.cast(self.value, "text")

    def literal(self, value: str) -> exp.Expression:
        """Write a text to compare it with; in which case an identifier is written says nothing."""
        return text(value.lower() if self.sql_type == "UUID" else value)


def kind_of(sql_type: str) -> str:
    """Tell which filter type fits a DuckDB type."""
    if sql_type.endswith("]"):  # a list, of whatever
        return "other"
    if sql_type in {"VARCHAR", "UUID"} or sql_type.startswith("ENUM"):
        return "string"
    if sql_type == "BOOLEAN":
        return "boolean"
    if is_temporal(sql_type):
        return "date"
    if sql_type.startswith("DECIMAL") or sql_type in {
        "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE",
        "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
    }:  # fmt: skip
        return "number"
    return "other"


def refuse_bare_values(filters: object) -> None:
    """Check that every filter is an object, however deep.

    Raises
    ------
    BadFilter
        For a bare string, number or boolean.
    """
    if not isinstance(filters, Mapping):
        raise BadFilter
    for each in filters.values():
        _refuse_bare_value(each)


def _refuse_bare_value(filter_: object) -> None:
    if not isinstance(filter_, Mapping):
        raise BadFilter
    if filter_.get("type") == "composite":
        children = filter_.get("filters")
        for child in children if isinstance(children, Sequence) else ():
            _refuse_bare_value(child)


def condition(
    filter_: Mapping[str, Any], target: Target, around: Circumstances
) -> exp.Expression | None:
    """Write a filter as a condition, or return None when it restricts nothing.

    A filter whose type does not fit its field restricts nothing: Omni ignores it silently. One that
    fits and cannot be read fails (docs/wire.md).

    Raises
    ------
    Refused
        For what the sandbox does not do, and for literals it cannot read.
    """
    if flag(filter_, "cancel_query_filter"):
        raise Refused("PLAN", "cancel_query_filter is not modeled by this sandbox")
    if around.back[0] and filter_.get("type") not in {"date", "composite"}:
        raise Refused(
            "PLAN", f'A filter of type "{filter_.get("type")}" that is moved back is not modeled'
        )
    match filter_.get("type"):
        case "string" if target.kind == "string":
            return _string(filter_, target)
        case "number" if target.kind == "number":
            return _number(filter_, target)
        case "date" if target.kind == "date":
            return _date(filter_, target, around)
        case "boolean" if target.kind == "boolean":
            return _boolean(filter_, target)
        case "null":
            return _signed(exp.Is(this=target.value, expression=exp.Null()), filter_)
        case "composite":
            return _composite(filter_, target, around)
        case "user_attribute":
            return _user_attribute(filter_, target, around)
        case "query":
            return _query(filter_, target, around)
        case "string" | "number" | "date" | "boolean":
            return None
        case type_:
            raise Refused("PLAN", f'Filters of type "{type_}" are not modeled by this sandbox')


def conjunction(conditions: Sequence[exp.Expression], operator: str = "AND") -> exp.Expression:
    """Join conditions, at least one, by AND or OR."""
    joined = exp.And if operator == "AND" else exp.Or
    enclosed = [each if len(conditions) == 1 else exp.paren(each) for each in conditions]
    return reduce(lambda left, right: joined(this=left, expression=right), enclosed)


def negated(tree: exp.Expression) -> exp.Expression:
    """Write what holds where a condition is false or unknown."""
    return exp.Not(this=exp.Is(this=exp.paren(tree), expression=exp.true()))


def text(value: str) -> exp.Expression:
    """Write a text literal."""
    return exp.Literal.string(value)


def number(value: Decimal) -> exp.Expression:
    """Write a number literal, every digit of it."""
    # Not abs(), which rounds to 28 digits. With a zero before 38 places DuckDB would take a DOUBLE.
    digits = format(value.copy_abs(), "f")
    literal = exp.Literal.number(digits if len(digits) < 40 else digits.removeprefix("0"))
    return exp.Neg(this=literal) if value < 0 else literal


def _signed(tree: exp.Expression, filter_: Mapping[str, Any]) -> exp.Expression:
    return negated(tree) if flag(filter_, "is_negative") else tree


def flag(filter_: Mapping[str, Any], key: str) -> bool:
    """Read a key of a filter that is true or false; one that is not there is false.

    Raises
    ------
    Refused
        For anything else, such as the text "false".
    """
    value = filter_.get(key)
    if value is not None and not isinstance(value, bool):
        raise _unreadable(key, "true or false")
    return bool(value)


def _string(filter_: Mapping[str, Any], target: Target) -> exp.Expression | None:
    values = _values(filter_, "String", _STRING_KINDS)
    if not all(isinstance(each, str) for each in values):
        raise _unreadable("values", "a list of texts")
    value = target.as_text
    if filter_.get("kind") == "IS_EMPTY":
        return None if values else _signed(exp.EQ(this=value, expression=text("")), filter_)
    if not values:
        return None
    fold = flag(filter_, "case_insensitive")
    literals = [target.literal(each) for each in values]
    if fold:
        value = exp.Lower(this=value)
        literals = [exp.Lower(this=each) for each in literals]
    match filter_.get("kind"):
        case "EQUALS":
            return _signed(_one_of(value, literals), filter_)
        case "CONTAINS":
            tests = [_call("contains", value, each) for each in literals]
        case "STARTS_WITH":
            tests = [_call("starts_with", value, each) for each in literals]
        case "ENDS_WITH":
            tests = [_call("ends_with", value, each) for each in literals]
        case _:  # SQL_LIKE
            like = exp.ILike if fold else exp.Like
            tests = [like(this=target.as_text, expression=target.literal(each)) for each in values]
    return _signed(conjunction(tests, "OR"), filter_)


def _values(filter_: Mapping[str, Any], type_: str, kinds: frozenset[str]) -> list[Any]:
    """Give the values of a filter.

    Raises
    ------
    Refused
        For a kind that Omni's enumeration does not have, and for values that are no list.
    """
    _check_kind(filter_, type_, kinds)
    values = filter_.get("values")
    if not isinstance(values, list):
        raise _unreadable("values", "a list")
    return values


def _unreadable(key: str, wanted: str) -> Refused:
    return Refused("PLAN", f"IllegalJsonParameter: {key} must be {wanted}")


def _check_kind(filter_: Mapping[str, Any], type_: str, kinds: frozenset[str]) -> None:
    kind = filter_.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        raise Refused("PLAN", f"No enum constant {type_}FilterKind.{filter_.get('kind')}")


def _call(function: str, value: exp.Expression, literal: exp.Expression) -> exp.Expression:
    return exp.Anonymous(this=function, expressions=[value.copy(), literal])


def _one_of(value: exp.Expression, literals: list[exp.Expression]) -> exp.Expression:
    if len(literals) == 1:
        return exp.EQ(this=value, expression=literals[0])
    return exp.In(this=value, expressions=literals)


def _number(filter_: Mapping[str, Any], target: Target) -> exp.Expression | None:
    values = _values(filter_, "Number", _NUMBER_KINDS)
    if any(isinstance(each, bool) or not isinstance(each, str | int | float) for each in values):
        raise _unreadable("values", "a list of numbers")
    if not values:
        return None
    literals = [number(_decimal(str(each))) for each in values]
    inclusive = flag(filter_, "is_inclusive")
    value = target.value
    match filter_.get("kind"), literals:
        case "EQUALS", _:
            tree = _one_of(value, literals)
        case "GREATER_THAN", [bound]:
            tree = (exp.GTE if inclusive else exp.GT)(this=value, expression=bound)
        case "LESS_THAN", [bound]:
            tree = (exp.LTE if inclusive else exp.LT)(this=value, expression=bound)
        case "BETWEEN", [low, high]:
            # The upper end is not part of it, unless the filter says so (docs/wire.md).
            upper = exp.LTE if inclusive else exp.LT
            tree = exp.And(
                this=exp.GTE(this=value, expression=low),
                expression=upper(this=value.copy(), expression=high),
            )
        case kind, _:
            raise _unreadable("values", f"as many as {kind} takes")
    return _signed(tree, filter_)


def _decimal(literal: str) -> Decimal:
    try:
        value = Decimal(literal.strip())
    except InvalidOperation:
        value = Decimal("nan")
    # Beyond 38 digits no DuckDB number is exact, and "1e999999" would fill the memory.
    if not value.is_finite() or not -38 <= value.adjusted() <= 38 or len(value.as_tuple()[1]) > 38:
        raise Refused("PLAN", f"Invalid literal value '{literal}' in filter")
    return value


def _boolean(filter_: Mapping[str, Any], target: Target) -> exp.Expression | None:
    # A kind or values on a boolean make it no boolean filter at all.
    if "kind" in filter_ or "values" in filter_:
        return None
    nulls_are_false = flag(filter_, "treat_nulls_as_false")
    negative = flag(filter_, "is_negative")
    if filter_.get("is_negative") is None:
        return None
    if not negative:
        return exp.Is(this=target.value, expression=exp.true())
    if nulls_are_false:
        return negated(target.value)
    return exp.Is(this=target.value, expression=exp.false())


def _user_attribute(
    filter_: Mapping[str, Any], target: Target, around: Circumstances
) -> exp.Expression | None:
    name = filter_.get("user_attribute_name")
    if not isinstance(name, str):
        raise _unreadable("user_attribute_name", "a text")
    values = around.texts(name)
    value = target.value
    if target.kind == "string":
        value, literals = target.as_text, [target.literal(each) for each in values]
    elif target.kind == "number":
        literals = [number(_decimal(each)) for each in values]
    else:
        raise Refused(
            "PLAN", "Only texts and numbers are compared with user attributes in this sandbox"
        )
    # Whoever has no value is equal to nothing (assumed; docs/wire.md).
    return _signed(_one_of(value, literals) if literals else exp.false(), filter_)


def _query(
    filter_: Mapping[str, Any], target: Target, around: Circumstances
) -> exp.Expression | None:
    key, field_name = filter_.get("query_id"), filter_.get("field_name")
    if filter_.get("view_query"):
        raise Refused("PLAN", '"view_query" is not modeled by this sandbox')
    if not isinstance(key, str) or not isinstance(field_name, str):
        raise _unreadable("field_name" if isinstance(key, str) else "query_id", "a text")
    if around.queries is None:
        raise Refused("PLAN", "A filter of the model's own cannot refer to a query")
    values = around.queries.values(key, field_name, without_limit=flag(filter_, "disregard_limit"))
    return _signed(exp.In(this=target.value, query=exp.Subquery(this=values)), filter_)


def _composite(
    filter_: Mapping[str, Any], target: Target, around: Circumstances
) -> exp.Expression | None:
    children = filter_.get("filters")
    operator = filter_.get("conjunction")
    if operator not in ("AND", "OR"):
        raise _unreadable("conjunction", "AND or OR")
    if not isinstance(children, list):
        raise _unreadable("filters", "a list")
    written = [condition(child, target, around) for child in children]
    tests = [each for each in written if each is not None]
    return _signed(conjunction(tests, operator), filter_) if tests else None


def _date(
    filter_: Mapping[str, Any], target: Target, around: Circumstances
) -> exp.Expression | None:
    kind = filter_.get("kind")
    _check_kind(filter_, "Date", _DATE_KINDS)
    if kind in {"QUERY_OFFSET", dates.WEEK_OF_YEAR}:
        raise Refused("PLAN", f"Date filters of kind {kind} are not modeled by this sandbox")
    offset = filter_.get("offset_interval_string")
    if offset is not None and not isinstance(offset, str):
        raise _unreadable("offset_interval_string", "a text")
    if not _NO_OFFSET.fullmatch(offset or ""):
        raise Refused("PLAN", '"offset_interval_string" is not modeled by this sandbox')
    left, right = filter_.get("left_side"), filter_.get("right_side")
    # Where the fiscal year is the calendar's, it changes nothing.
    if flag(filter_, "isFiscal") and around.calendar.months_ahead:
        raise Refused("PLAN", '"isFiscal" where a model moves the fiscal year is not modeled')
    now = around.now_on_clocks(of_zone=target.convert_tz)
    stays = target.is_cut or not target.convert_tz or target.sql_type == "DATE"
    if around.zone is not None and not stays:
        target = Target(on_clocks(around.zone, target.value, target.sql_type), "TIMESTAMP")
    bounds = dates.bounds(kind, left, right, now, around.calendar)
    if bounds is not None:
        return _signed(_within(target, bounds.moved_back(around.back)), filter_)
    if kind not in dates.PARTS or not isinstance(left, str):
        raise _unreadable("right_side" if kind == "BEFORE" else "left_side", "a text")
    if around.back[0]:
        raise Refused("PLAN", f"A date filter of kind {kind} that is moved back is not modeled")
    part = dates.PARTS[kind]
    if part.timeframe == "hour_of_day" and target.sql_type == "DATE":
        return None
    # Which day it is does not depend on where weeks begin.
    calendar = PLAIN if part.timeframe == "day_of_week_num" else around.calendar
    extracted = at_timeframe(part.timeframe, target.value.copy(), target.sql_type, calendar)
    return _signed(exp.EQ(this=extracted, expression=exp.Literal.number(part.value(left))), filter_)


def _within(target: Target, bounds: dates.Bounds) -> exp.Expression:
    sides = ((exp.GTE, bounds.start), (exp.LT, bounds.end))
    tests = [_compared(sign, target, side) for sign, side in sides if side is not None]
    return reduce(lambda start, end: exp.And(this=start, expression=end), tests)


def _compared(
    operator: Callable[..., exp.Expression], target: Target, instant: datetime
) -> exp.Expression:
    value = target.value.copy()
    if target.sql_type == "DATE" and instant.time() == time():
        literal = exp.cast(text(instant.date().isoformat()), "date")
    elif target.sql_type == "TIMESTAMP WITH TIME ZONE":
        literal = exp.cast(text(f"{instant.isoformat(sep=' ')}+00"), "timestamptz")
    else:
        value = exp.cast(value, "timestamp") if target.sql_type == "DATE" else value
        literal = exp.cast(text(instant.isoformat(sep=" ")), "timestamp")
    return operator(this=value, expression=literal)
