"""Windows over the rows of a result, in its order, within a column of a pivot or across them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlglot import exp

from omnipd_sandbox.engine.calculations.calculation import CalculationFailed
from omnipd_sandbox.refused_query import Refused

# Where a row stands in the order of the query.
PLACE = "place"

# The range that is a whole column, beside its field: start, end, size and step.
WHOLE_COLUMN = (-536_870_911, 0, 1_073_741_823, 1)
_BOUNDS = {
    "UNBOUNDED_PRECEDING": ("UNBOUNDED", "PRECEDING"),
    "CURRENT_ROW": ("CURRENT ROW", None),
    "UNBOUNDED_FOLLOWING": ("UNBOUNDED", "FOLLOWING"),
}
_POSITION = re.compile(r"ABSOLUTE_POSITION\((\d{1,9})\)")
_BOUND_CLASS = "org.apache.calcite.sql.SqlWindow$Bound"
_FIRST, _HERE, _LAST = _BOUNDS.values()
Bound = tuple[Any, str | None]


def column(name: str) -> exp.Column:
    """Write a column of the rows that are computed over."""
    return exp.column(name)


def over(
    value: exp.Expression,
    *,
    by: Sequence[exp.Expression] = (),
    order: Sequence[exp.Expression] = (),
    frame: exp.WindowSpec | None = None,
) -> exp.Window:
    """Write an aggregate over a window."""
    return exp.Window(
        this=value,
        partition_by=list(by),
        order=exp.Order(expressions=list(order)) if order else None,
        spec=frame,
    )


def in_order() -> list[exp.Expression]:
    """Write the order of the query."""
    return [exp.Ordered(this=column(PLACE), nulls_first=False)]


def frame(lower: Bound, upper: Bound, *, rows: bool = True) -> exp.WindowSpec:
    """Write which rows before and behind a row count."""
    return exp.WindowSpec(
        kind="ROWS" if rows else "RANGE",
        start=lower[0],
        start_side=lower[1],
        end=upper[0],
        end_side=upper[1],
    )


def up_to_here() -> exp.WindowSpec:
    """Write that all rows up to this one count."""
    return frame(_FIRST, _HERE)


def of_range(start: Any, end: Any, size: Any, step: Any) -> exp.WindowSpec:
    """Write the rows of a range, which has three forms that are known.

    Raises
    ------
    Refused
        For any other.
    """
    first = _absolute_position(start)
    if (first, _number(end), _number(size), _number(step)) == (1, 0, 1, 1):
        return up_to_here()
    given = tuple(_number(each) for each in (start, end, size, step))
    if given == WHOLE_COLUMN:
        return frame(_FIRST, _LAST)
    before, last, rows, columns = given
    if before is not None and before <= 0 and (last, rows, columns) == (0, 1 - before, 1):
        return frame((exp.Literal.number(-before), "PRECEDING") if before else _HERE, _HERE)
    raise Refused("PLAN", "This range of OMNI_OFFSET_MULTI is not modeled by this sandbox")


def _absolute_position(node: Any) -> int | None:
    if not isinstance(node, Mapping):
        return None
    if node.get("type") == "literal":
        text = _POSITION.fullmatch(str(node.get("value")))
        return int(text[1]) if text else None
    if node.get("operator") != "Omni.ABSOLUTE_POSITION":
        return None
    operands = node.get("operands")
    return _number(operands[0]) if isinstance(operands, list) and len(operands) == 1 else None


def _number(node: Any) -> int | None:
    value = node.get("value") if isinstance(node, Mapping) else None
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if is_whole and node.get("type") == "literal" else None


def whole_numbers(nodes: Sequence[Any], what: str) -> list[int]:
    """Read literals that are whole numbers.

    Raises
    ------
    CalculationFailed
        For anything else.
    """
    numbers = [_number(node) for node in nodes]
    if any(number is None for number in numbers):
        raise CalculationFailed(f"{what} takes whole numbers")
    return [number for number in numbers if number is not None]


def bound(node: Any) -> Bound:
    """Read a bound of a ``window_call``.

    Raises
    ------
    Refused
        For one that the sandbox does not know.
    """
    value = node.get("value") if isinstance(node, Mapping) else None
    # How its literal holds the name was not read (docs/wire.md).
    if isinstance(value, Mapping) and value.get("enum_class_name") == _BOUND_CLASS:
        value = value.get("name")
    if isinstance(value, str) and value in _BOUNDS:
        return _BOUNDS[value]
    raise Refused("PLAN", "This bound of a window_call is not modeled by this sandbox")
