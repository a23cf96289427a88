"""Dimensions that sort values into a few: groups of texts, bins of numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from sqlglot import exp

from omnipd_sandbox.engine.model.filters import number

# From a filter in the model's notation to the condition it stands for.
WriteTest = Callable[[Mapping[str, Any]], exp.Expression]


@dataclass(frozen=True)
class Group:
    """Hold the values that one name stands for."""

    name: str
    filter: Mapping[str, Any]


@dataclass(frozen=True)
class Groups:
    """Hold the groups of a dimension; the first that fits counts."""

    groups: tuple[Group, ...]
    otherwise: str | None

    def write(self, write_test: WriteTest) -> exp.Expression:
        """Write the name of a row's group."""
        return exp.Case(
            ifs=[
                exp.If(this=write_test(each.filter), true=exp.Literal.string(each.name))
                for each in self.groups
            ],
            default=None if self.otherwise is None else exp.Literal.string(self.otherwise),
        )


@dataclass(frozen=True)
class Bins:
    """Hold the boundaries between bins, ascending; each belongs to the bin above it."""

    boundaries: tuple[Decimal, ...]

    def write(self, value: exp.Expression) -> exp.Expression:
        """Write the text of a row's bin; null has none."""
        shown = [format(each, "f") for each in self.boundaries]
        # The texts are Omni's, which cannot be set.
        names = [
            f"< {shown[0]}",
            *(f">= {low} and < {high}" for low, high in pairwise(shown)),
        ]
        ifs = [
            exp.If(
                this=exp.LT(this=value.copy(), expression=number(boundary)),
                true=exp.Literal.string(name),
            )
            for boundary, name in zip(self.boundaries, names, strict=True)
        ]
        last = exp.If(
            this=exp.GTE(this=value.copy(), expression=number(self.boundaries[-1])),
            true=exp.Literal.string(f"{shown[-1]} and above"),
        )
        return exp.Case(ifs=[*ifs, last])


def read_groups(given: Any, otherwise: Any) -> Groups | None:
    """Read groups; None for what are none."""
    if not isinstance(given, list) or not given or isinstance(otherwise, bool):
        return None
    groups = []
    for each in given:
        if not isinstance(each, Mapping) or not isinstance(each.get("filter"), Mapping):
            return None
        # Of a number with a fraction, how it was written is not known.
        if isinstance(each.get("name"), bool) or not isinstance(each.get("name"), str | int):
            return None
        groups.append(Group(str(each["name"]), each["filter"]))
    return Groups(tuple(groups), None if otherwise is None else str(otherwise))


def read_bins(given: Any) -> Bins | None:
    """Read boundaries; None for what are none, or do not ascend."""
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        return None
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in given):
        return None
    boundaries = tuple(Decimal(str(each)) for each in given)
    if not all(each.is_finite() for each in boundaries):
        return None
    if sorted(set(boundaries)) != list(boundaries):
        return None
    return Bins(boundaries)
