"""Dimensions that keep the values that come first by a measure, and put one name for all others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from omnipd_sandbox.engine.model.references import FieldName

# The column of a ranking that has the values.
VALUE = "value"


@dataclass(frozen=True)
class TopValues:
    """Hold how many values are kept, by which measure, from which end, and what the rest is called."""

    count: int
    by: FieldName
    descending: bool
    otherwise: str

    @property
    def bracket(self) -> str:
        """Give what stands in brackets where the values are asked for."""
        return str(self.count)

    def write(self, value: exp.Expression, ranking: str) -> exp.Expression:
        """Write a value that is among the first ones as itself, any other by the one name."""
        # The column has no table, so that nobody takes the step for a view to join.
        first = exp.select(exp.column(exp.to_identifier(VALUE, quoted=True))).from_(ranking)
        among = exp.In(this=value.copy(), query=exp.Subquery(this=first))
        return exp.Case(
            ifs=[exp.If(this=among, true=value)], default=exp.Literal.string(self.otherwise)
        )


def read_top_values(given: Mapping[str, Any]) -> TopValues | None:
    """Read what a file says; None for what does not say all of it, or something else."""
    count, by, descending, otherwise = (given.get(key) for key in ("n", "by", "desc", "else"))
    if set(given) - {"n", "by", "desc", "else"}:
        return None
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        return None
    if not isinstance(by, str) or not isinstance(descending, bool):
        return None
    if not isinstance(otherwise, str):
        return None
    name = FieldName.parse(by.strip().removeprefix("${").removesuffix("}"))
    if name is None or name.timeframe is not None:
        return None
    return TopValues(count, name, descending, otherwise)
