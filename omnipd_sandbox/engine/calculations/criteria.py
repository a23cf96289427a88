"""The criteria of conditional sums and counts, which are texts such as ``>1000``."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from sqlglot import exp

from omnipd_sandbox.engine.calculations.calculation import CalculationFailed
from omnipd_sandbox.refused_query import Refused

_WRITTEN = re.compile(r"(>=|<=|<>|>|<|=)?(.*)", re.DOTALL)
_SIGNS: dict[str, type[exp.Expression]] = {
    ">=": exp.GTE,
    "<=": exp.LTE,
    "<>": exp.NEQ,
    ">": exp.GT,
    "<": exp.LT,
    "=": exp.EQ,
}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def meets(column: exp.Expression, data_type: str, criterion: str) -> exp.Expression:
    """Write that a value meets a criterion: itself, or a sign and a value.

    Raises
    ------
    CalculationFailed
        For a value of another type than the column's.
    Refused
        For what the sandbox does not know how Omni reads.
    """
    found = _WRITTEN.fullmatch(criterion)
    assert found is not None  # noqa: S101 - it matches anything
    sign, text = found[1] or "=", found[2]
    if not text or any(mark in text for mark in "*?~"):
        raise Refused("PLAN", f'The criterion "{criterion}" is not modeled by this sandbox')
    return _SIGNS[sign](this=column, expression=_value(text, data_type, criterion))


def _value(text: str, data_type: str, criterion: str) -> exp.Expression:
    if data_type == "STRING":
        return exp.Literal.string(text)
    if data_type == "NUMBER":
        try:
            number = Decimal(text.strip())
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise CalculationFailed(f'The criterion "{criterion}" is not a number')
        return exp.Literal.number(f"{number:f}")
    if data_type == "TIMESTAMP":
        if not _DAY.fullmatch(text):
            raise CalculationFailed(f'The criterion "{criterion}" is not a date')
        return exp.cast(exp.Literal.string(text), "date")
    raise Refused("PLAN", f"A criterion of {data_type} is not modeled by this sandbox")
