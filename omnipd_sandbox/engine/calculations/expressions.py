"""The trees of calculations, written as SQL over the rows that they are computed from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from omnipd_sandbox.engine.calculations.calculation import Calculation, CalculationFailed
from omnipd_sandbox.engine.calculations.criteria import meets
from omnipd_sandbox.engine.calculations.sql_types import sql_type
from omnipd_sandbox.engine.calculations.text_masks import pattern
from omnipd_sandbox.engine.calculations.windows import (
    WHOLE_COLUMN,
    bound,
    column,
    frame,
    in_order,
    of_range,
    over,
    up_to_here,
    whole_numbers,
)
from omnipd_sandbox.refused_query import Refused

_BINARY: dict[str, type[exp.Expression]] = {
    "SqlStdOperatorTable.PLUS": exp.Add,
    "SqlStdOperatorTable.MINUS": exp.Sub,
    "SqlStdOperatorTable.MULTIPLY": exp.Mul,
    "SqlStdOperatorTable.DIVIDE": exp.Div,
    "SqlStdOperatorTable.EQUALS": exp.EQ,
    "SqlStdOperatorTable.NOT_EQUALS": exp.NEQ,
    "SqlStdOperatorTable.GREATER_THAN": exp.GT,
    "SqlStdOperatorTable.GREATER_THAN_OR_EQUAL": exp.GTE,
    "SqlStdOperatorTable.LESS_THAN": exp.LT,
    "SqlStdOperatorTable.LESS_THAN_OR_EQUAL": exp.LTE,
    "Omni.OMNI_FX_PLUS": exp.Add,
    "Omni.OMNI_FX_MINUS": exp.Sub,
    "Omni.OMNI_FX_MULTIPLY": exp.Mul,
    "Omni.OMNI_FX_EQUALS": exp.EQ,
    "Omni.OMNI_FX_NOT_EQUALS": exp.NEQ,
}
_JUNCTIONS: dict[str, type[exp.Expression]] = {
    "SqlStdOperatorTable.AND": exp.And,
    "SqlStdOperatorTable.OR": exp.Or,
}
Aggregate = Callable[[exp.Expression], exp.Expression]
_AGGREGATES: dict[str, Aggregate] = {
    "SUM": lambda value: exp.Sum(this=value),
    "AVERAGE": lambda value: exp.Avg(this=value),
    "MIN": lambda value: exp.Min(this=value),
    "MAX": lambda value: exp.Max(this=value),
    "MEDIAN": lambda value: exp.Median(this=value),
    "COUNT": lambda value: exp.Count(this=value),
    "COUNTA": lambda value: exp.Count(this=value),
}
_OVER_RANGES = {f"Omni.OMNI_FX_{name}": build for name, build in _AGGREGATES.items()}
_IN_WINDOWS = {
    f"SqlStdOperatorTable.{name}": build
    for name, build in {**_AGGREGATES, "AVG": _AGGREGATES["AVERAGE"]}.items()
    if name not in {"AVERAGE", "MEDIAN", "COUNTA"}
}
_UNITS = ("DAY", "MONTH", "YEAR")
_RANGE, _PIVOT_RANGE = "Omni.OMNI_OFFSET_MULTI", "Omni.OMNI_PIVOT_OFFSET"


@dataclass(frozen=True)
class ResultColumn:
    """Describe a column of the result that calculations may read."""

    # What it is called in the result: of a time that is also written out, the time.
    name: str
    data_type: str
    # It has days and no time of day.
    is_date: bool


@dataclass(frozen=True)
class Pivot:
    """Name the columns that say in which row and column of a pivot a row stands."""

    row: str
    column: str


def references(expression: Any) -> Iterator[str]:
    """List the names that a tree refers to."""
    left = [expression]
    while left:
        node = left.pop()
        if isinstance(node, Mapping):
            if node.get("type") == "field" and isinstance(node.get("field_name"), str):
                yield node["field_name"]
            left += node.values()
        elif isinstance(node, list | tuple):
            left += node


@dataclass(frozen=True)
class Expressions:
    """Write the calculations of one query.

    Parameters
    ----------
    columns
        The fields of the query by their names.
    calculations
        Those of the query by their names.
    at
        What the rows that are computed over call each column of the result.
    pivot
        Where the rows stand in a pivot, if there is one.
    """

    columns: Mapping[str, ResultColumn]
    calculations: Mapping[str, Calculation]
    at: Mapping[str, str]
    pivot: Pivot | None

    def column(self, name: str) -> exp.Column:
        """Write a column of the result."""
        return column(self.at[name])

    def write(self, calculation: Calculation) -> exp.Expression:
        """Write what a calculation computes.

        Raises
        ------
        CalculationFailed
            For a tree that Omni cannot read either.
        Refused
            For what the sandbox does not do.
        """
        return _Tree(self, calculation).write(calculation.expression)


@dataclass(frozen=True)
class _Tree:
    """Write the tree of one calculation."""

    around: Expressions
    calculation: Calculation

    def write(self, node: Any) -> exp.Expression:
        kind = node.get("type") if isinstance(node, Mapping) else None
        match kind:
            case "field":
                return self._field(node)
            case "literal":
                return _literal(node)
            case "call":
                return self._call(node)
            case "window_call":
                return self._window_call(node)
        if isinstance(kind, str):
            raise Refused("PLAN", f'A "{kind}" of a calculation is not modeled by this sandbox')
        raise CalculationFailed("Its sql_expression is not readable")

    def _field(self, node: Mapping[str, Any]) -> exp.Expression:
        name = node.get("field_name")
        if node.get("pivot_value_map"):
            raise Refused("PLAN", '"pivot_value_map" is not modeled by this sandbox')
        if not isinstance(name, str):
            raise CalculationFailed("It refers to a field without a name")
        calculation = self.around.calculations.get(name)
        if calculation is not None:
            if calculation.outside_pivot != self.calculation.outside_pivot:
                raise Refused(
                    "PLAN",
                    'A calculation with "outside_pivot" beside one without is not modeled by this'
                    " sandbox",
                )
            return self.around.column(name)
        if self.calculation.outside_pivot:
            raise Refused(
                "PLAN",
                f'"outside_pivot" with "{name}" beside OMNI_PIVOT_OFFSET is not modeled by this'
                " sandbox",
            )
        return self._column(name)

    def _column(self, name: str) -> exp.Column:
        found = self.around.columns.get(name)
        if found is not None:
            return self.around.column(found.name)
        if self.calculation.reads_unselected:
            raise Refused(
                "PLAN", '"allow_refs_to_unselected_fields" is not modeled by this sandbox'
            )
        raise CalculationFailed(f'It refers to "{name}", which the query does not select')

    def _call(self, node: Mapping[str, Any]) -> exp.Expression:
        operator, operands = node.get("operator"), node.get("operands")
        if not isinstance(operator, str) or not isinstance(operands, list):
            raise CalculationFailed("A call has no operator or no operands")
        if operator in _BINARY:
            left, right = self._values(operator, operands, 2)
            return _BINARY[operator](this=_apart(left), expression=_apart(right))
        if operator in _JUNCTIONS:
            return self._joined(operator, operands)
        if operator in _OVER_RANGES:
            [of_rows] = _exactly(operator, operands, 1)
            return self._over_range(_OVER_RANGES[operator], of_rows)
        written = _OPERATORS.get(operator)
        if written is None:
            raise Refused("PLAN", f'The operator "{operator}" is not modeled by this sandbox')
        return written(self, operator, operands)

    def _values(self, operator: str, operands: list[Any], count: int) -> list[exp.Expression]:
        return [self.write(each) for each in _exactly(operator, operands, count)]

    def _joined(self, operator: str, operands: list[Any]) -> exp.Expression:
        if len(operands) < 2:
            raise CalculationFailed(f"{operator} takes two operands or more")
        first, *others = (_apart(self.write(each)) for each in operands)
        for each in others:
            first = _JUNCTIONS[operator](this=first, expression=each)
        return first

    # --- values

    def _negated(self, operator: str, operands: list[Any]) -> exp.Expression:
        [value] = self._values(operator, operands, 1)
        return exp.Neg(this=_apart(value))

    def _not(self, operator: str, operands: list[Any]) -> exp.Expression:
        [value] = self._values(operator, operands, 1)
        return exp.Not(this=_apart(value))

    def _power(self, operator: str, operands: list[Any]) -> exp.Expression:
        return exp.Anonymous(this="power", expressions=self._values(operator, operands, 2))

    def _safe_divide(self, operator: str, operands: list[Any]) -> exp.Expression:
        return _divided(*self._values(operator, operands, 2))

    def _concatenated(self, operator: str, operands: list[Any]) -> exp.Expression:
        # As a text, so that numbers are written out, null or not.
        parts = [
            exp.Coalesce(this=exp.cast(each, "text"), expressions=[exp.Literal.string("")])
            for each in self._values(operator, operands, 2)
        ]
        return exp.Anonymous(this="concat", expressions=parts)

    def _case(self, operator: str, operands: list[Any]) -> exp.Expression:
        if len(operands) < 3 or len(operands) % 2 == 0:
            raise CalculationFailed(f"{operator} takes conditions, values and one for else")
        return self._chosen(operands[:-1], self.write(operands[-1]))

    def _ifs(self, operator: str, operands: list[Any]) -> exp.Expression:
        if not operands or len(operands) % 2:
            raise CalculationFailed(f"{operator} takes conditions and as many values")
        return self._chosen(operands, exp.Null())

    def _chosen(self, operands: list[Any], otherwise: exp.Expression) -> exp.Expression:
        values = [self.write(each) for each in operands]
        cases = [
            exp.If(this=condition, true=value)
            for condition, value in zip(values[::2], values[1::2], strict=True)
        ]
        return exp.Case(ifs=cases, default=otherwise)

    def _cast(self, operator: str, operands: list[Any]) -> exp.Expression:
        value, kind = _exactly(operator, operands, 2)
        if not isinstance(kind, Mapping) or kind.get("type") != "sql_type":
            raise CalculationFailed(f"{operator} takes a value and a sql_type")
        return exp.Cast(this=self.write(value), to=sql_type(kind))

    def _text(self, operator: str, operands: list[Any]) -> exp.Expression:
        value, mask = _exactly(operator, operands, 2)
        letters = exp.Literal.string(pattern(_text_of(mask, f"The mask of {operator}")))
        return exp.Anonymous(this="strftime", expressions=[self.write(value), letters])

    def _date_difference(self, operator: str, operands: list[Any]) -> exp.Expression:
        unit, *ends = _exactly(operator, operands, 3)
        name = _text_of(unit, f"The unit of {operator}")
        if name not in _UNITS:
            raise CalculationFailed(f'{operator}: the unit "{name}" is none of {_UNITS}')
        if not all(self._is_date(end, set()) for end in ends):
            # In the words of the database driver; what fails is a time of day (docs/wire.md).
            raise CalculationFailed(
                f"{operator} takes dates: SqlBasicCall cannot be cast to SqlLiteral"
            )
        dates = [exp.cast(self.write(end), "date") for end in ends]
        # Whole months and years, as the function of spreadsheets counts them (assumed; docs/wire.md).
        return exp.Anonymous(
            this="date_sub", expressions=[exp.Literal.string(name.lower()), *dates]
        )

    def _is_date(self, node: Any, seen: set[str]) -> bool:
        """Tell whether a tree gives a date, also by way of other calculations."""
        if not isinstance(node, Mapping):
            return False
        if node.get("type") == "field":
            name = node.get("field_name")
            other = self.around.calculations.get(name) if isinstance(name, str) else None
            if other is not None and other.name not in seen:
                return self._is_date(other.expression, {*seen, other.name})
            found = self.around.columns.get(str(name))
            # What there is not is told of when it is written.
            return found is None or found.is_date
        operands = node.get("operands")
        is_cast = node.get("operator") == "SqlStdOperatorTable.CAST" and isinstance(operands, list)
        last = operands[-1] if is_cast and operands else None
        return isinstance(last, Mapping) and last.get("type_name_name") == "DATE"

    # --- rows

    def _template(self, operator: str, operands: list[Any]) -> tuple[exp.Expression, list[Any]]:
        """Write the one field of a template, and what its window is partitioned by."""
        [node] = _exactly(operator, operands, 1)
        if not isinstance(node, Mapping) or node.get("type") != "field":
            raise CalculationFailed(f"{operator} takes one field")
        if node.get("for_calc") is not True:
            raise Refused(
                "PLAN", f'{operator} of a field without "for_calc" is not modeled by this sandbox'
            )
        pivot = self.around.pivot
        return self.write(node), [self.around.column(pivot.column)] if pivot else []

    def _running_total(self, operator: str, operands: list[Any]) -> exp.Expression:
        value, by = self._template(operator, operands)
        return over(exp.Sum(this=value), by=by, order=in_order(), frame=up_to_here())

    def _of_total(self, operator: str, operands: list[Any]) -> exp.Expression:
        value, by = self._template(operator, operands)
        return _divided(value, over(exp.Sum(this=value.copy()), by=by))

    def _of_previous(self, operator: str, operands: list[Any]) -> exp.Expression:
        value, by = self._template(operator, operands)
        return _divided(value, _previous(value, by))

    def _change_from_previous(self, operator: str, operands: list[Any]) -> exp.Expression:
        value, by = self._template(operator, operands)
        before = _previous(value, by)
        return _divided(exp.Sub(this=value, expression=before), before.copy())

    def _rank(self, operator: str, operands: list[Any]) -> exp.Expression:
        value, by = self._template(operator, operands)
        # The largest is the first, and null comes last (assumed; docs/wire.md).
        order = [exp.Ordered(this=value, desc=True, nulls_first=False)]
        return over(exp.Anonymous(this="rank"), by=by, order=order)

    def _over_range(self, aggregate: Aggregate, node: Any) -> exp.Expression:
        operator, operands = _call_of(node)
        if operator == _PIVOT_RANGE:
            return self._across_pivot(aggregate, operands)
        if operator != _RANGE:
            raise CalculationFailed("An aggregate takes a range of rows")
        value, rows = self._range(operands)
        return over(aggregate(value), order=in_order(), frame=rows)

    def _range(self, operands: list[Any]) -> tuple[exp.Expression, exp.WindowSpec]:
        if self.around.pivot is not None:
            raise Refused("PLAN", "OMNI_OFFSET_MULTI within a pivot is not modeled by this sandbox")
        field, start, end, size, step = _exactly(_RANGE, operands, 5)
        if not isinstance(field, Mapping) or field.get("type") != "field":
            raise CalculationFailed(f"{_RANGE} takes a field")
        return self.write(field), of_range(start, end, size, step)

    def _across_pivot(self, aggregate: Aggregate, operands: list[Any]) -> exp.Expression:
        pivot = self.around.pivot
        if pivot is None:
            raise CalculationFailed("OMNI_PIVOT_OFFSET needs a pivot")
        if not self.calculation.outside_pivot:
            raise Refused(
                "PLAN", 'OMNI_PIVOT_OFFSET without "outside_pivot" is not modeled by this sandbox'
            )
        field, *places = _exactly(_PIVOT_RANGE, operands, 5)
        up, down, first, last = whole_numbers(places, "OMNI_PIVOT_OFFSET")
        if up or down:
            raise Refused("PLAN", "OMNI_PIVOT_OFFSET of other rows is not modeled by this sandbox")
        name = field.get("field_name") if isinstance(field, Mapping) else None
        if not isinstance(name, str) or field.get("type") != "field":
            raise CalculationFailed("OMNI_PIVOT_OFFSET takes a field")
        if name in self.around.calculations:
            raise Refused(
                "PLAN", "OMNI_PIVOT_OFFSET of a calculation is not modeled by this sandbox"
            )
        within = exp.Between(
            this=self.around.column(pivot.column),
            low=exp.Literal.number(first),
            high=exp.Literal.number(last),
        )
        value = exp.Case(ifs=[exp.If(this=within, true=self._column(name))])
        return over(aggregate(value), by=[self.around.column(pivot.row)])

    def _sum_if(self, operator: str, operands: list[Any]) -> exp.Expression:
        tested, criterion, summed = _exactly(operator, operands, 3)
        value = exp.If(this=self._criterion(operator, tested, criterion), true=self._whole(summed))
        return over(exp.Sum(this=exp.Case(ifs=[value])))

    def _count_if(self, operator: str, operands: list[Any]) -> exp.Expression:
        tested, criterion = _exactly(operator, operands, 2)
        one = exp.Literal.number(1)
        value = exp.If(this=self._criterion(operator, tested, criterion), true=one)
        return over(exp.Count(this=exp.Case(ifs=[value])))

    def _criterion(self, operator: str, node: Any, criterion: Any) -> exp.Expression:
        value = self._whole(node)
        _, operands = _call_of(node)
        found = self.around.columns.get(operands[0]["field_name"])
        if found is None:
            raise Refused("PLAN", f"{operator} by a calculation is not modeled by this sandbox")
        return meets(value, found.data_type, _text_of(criterion, f"The criterion of {operator}"))

    def _whole(self, node: Any) -> exp.Expression:
        """Write the values of a range that is a whole column."""
        operator, operands = _call_of(node)
        if operator != _RANGE:
            raise CalculationFailed("A condition takes ranges of rows")
        value, _ = self._range(operands)
        if tuple(whole_numbers(operands[1:], _RANGE)) != WHOLE_COLUMN:
            raise Refused(
                "PLAN", "A condition on a part of a column is not modeled by this sandbox"
            )
        return value

    def _window_call(self, node: Mapping[str, Any]) -> exp.Expression:
        operator, operands = _call_of(node.get("aggregate"))
        if operator not in _IN_WINDOWS:
            raise Refused("PLAN", f'A window_call of "{operator}" is not modeled by this sandbox')
        [value] = self._values(operator, operands, 1)
        by, order = (self._listed(node, key) for key in ("partition_args", "order_by_args"))
        rows = node.get("is_rows")
        if not isinstance(rows, bool):
            raise CalculationFailed('"is_rows" of a window_call is true or false')
        spec = frame(bound(node.get("lower_bound")), bound(node.get("upper_bound")), rows=rows)
        ordered = [exp.Ordered(this=each, nulls_first=False) for each in order]
        return over(_IN_WINDOWS[operator](value), by=by, order=ordered, frame=spec)

    def _listed(self, node: Mapping[str, Any], key: str) -> list[exp.Expression]:
        listed = node.get(key) or []
        if not isinstance(listed, list):
            raise CalculationFailed(f'"{key}" of a window_call is a list')
        return [self.write(each) for each in listed]


_OPERATORS: dict[str, Callable[[_Tree, str, list[Any]], exp.Expression]] = {
    "SqlStdOperatorTable.UNARY_MINUS": _Tree._negated,
    "SqlStdOperatorTable.POWER": _Tree._power,
    "SqlStdOperatorTable.NOT": _Tree._not,
    "SqlStdOperatorTable.CASE": _Tree._case,
    "SqlStdOperatorTable.CAST": _Tree._cast,
    "Omni.OMNI_FX_SAFE_DIVIDE": _Tree._safe_divide,
    "Omni.OMNI_FX_AMPERSAND": _Tree._concatenated,
    "Omni.OMNI_FX_IFS": _Tree._ifs,
    "Omni.OMNI_FX_TEXT": _Tree._text,
    "Omni.OMNI_FX_DATEDIF": _Tree._date_difference,
    "Omni.OMNI_FX_SUM_IF": _Tree._sum_if,
    "Omni.OMNI_FX_COUNT_IF": _Tree._count_if,
    "Omni.OMNI_RUNNING_TOTAL": _Tree._running_total,
    "Omni.OMNI_PERCENT_OF_TOTAL": _Tree._of_total,
    "Omni.OMNI_PERCENT_OF_PREVIOUS": _Tree._of_previous,
    "Omni.OMNI_PERCENT_CHANGE_FROM_PREVIOUS": _Tree._change_from_previous,
    "Omni.OMNI_RANK": _Tree._rank,
}


def _exactly(operator: str, operands: list[Any], count: int) -> list[Any]:
    if len(operands) != count:
        raise CalculationFailed(f"{operator} takes {count} operands, not {len(operands)}")
    return operands


def _call_of(node: Any) -> tuple[str, list[Any]]:
    if isinstance(node, Mapping) and node.get("type") == "call":
        operator, operands = node.get("operator"), node.get("operands")
        if isinstance(operator, str) and isinstance(operands, list):
            return operator, operands
    raise CalculationFailed("A call is missing where one is needed")


def _text_of(node: Any, what: str) -> str:
    value = node.get("value") if isinstance(node, Mapping) else None
    if not isinstance(value, str) or node.get("type") != "literal":
        raise CalculationFailed(f"{what} is a text")
    return value


def _literal(node: Mapping[str, Any]) -> exp.Expression:
    value = node.get("value")
    if value is None:
        return exp.Null()
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, str):
        return exp.Literal.string(value)
    if isinstance(value, int | float) and math.isfinite(value):
        size = exp.Literal.number(repr(abs(value)))
        return exp.Neg(this=size) if value < 0 else size
    raise CalculationFailed("A literal is none of text, number, true, false and null")


def _apart(value: exp.Expression) -> exp.Expression:
    """Put what is put together into parentheses, so that it stays so."""
    alone = (exp.Column, exp.Literal, exp.Null, exp.Boolean, exp.Paren, exp.Window, exp.Anonymous)
    return value if isinstance(value, alone) else exp.paren(value)


def _divided(value: exp.Expression, by: exp.Expression) -> exp.Expression:
    """Write a quotient that is null where it is divided by zero."""
    none = exp.Nullif(this=by, expression=exp.Literal.number(0))
    return exp.Div(this=_apart(value), expression=none)


def _previous(value: exp.Expression, by: Sequence[exp.Expression]) -> exp.Expression:
    lag = exp.Anonymous(this="lag", expressions=[value.copy()])
    return over(lag, by=[each.copy() for each in by], order=in_order())
