"""Calculations as a stage of a query: an outer SELECT over the rows that its limit left.

What refers to other calculations comes a SELECT later than they do, since a window cannot look at
another window.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from omnipd_sandbox.engine.calculations.calculation import Calculation, CalculationFailed
from omnipd_sandbox.engine.calculations.expressions import (
    Expressions,
    Pivot,
    ResultColumn,
    references,
)
from omnipd_sandbox.engine.calculations.windows import PLACE, column
from omnipd_sandbox.engine.model.references import named
from omnipd_sandbox.refused_query import Refused

# What stands in each cell of a calculation whose errors are swallowed.
ERROR = "#ERROR!"
_ROWS = "omni_rows"


@dataclass
class CalculationStage:
    """Add calculations to the rows of a query.

    Parameters
    ----------
    rows
        The query without calculations, in its order, limited.
    columns
        Its fields that calculations may read, by their names.
    calculations
        Those of the query.
    fields
        What the query selects, calculations among the fields.
    pivot
        Where the rows stand in a pivot, if there is one.

    Attributes
    ----------
    failed : dict of str to str
        Why a calculation cannot be computed, by its name.
    """

    rows: exp.Select
    columns: Mapping[str, ResultColumn]
    calculations: Sequence[Calculation]
    fields: Sequence[str]
    pivot: Pivot | None
    failed: dict[str, str] = field(init=False, default_factory=dict)
    _written: dict[str, exp.Expression] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._by_name = {each.name: each for each in self.calculations}
        # Columns have numbers, since names may be alike but for their case.
        self._at = {name: f"out_{n}" for n, name in enumerate(self.rows.named_selects)}
        self._at |= {each.name: f"calc_{n}" for n, each in enumerate(self.calculations)}
        self._levels = self._in_levels()
        around = Expressions(self.columns, self._by_name, self._at, self.pivot)
        for each in self.calculations:
            try:
                self._written[each.name] = around.write(each)
            except CalculationFailed as error:
                self.failed.setdefault(each.name, str(error))
        self._fail_with()

    def write(self, failed: Collection[str] | None = None) -> exp.Select:
        """Write the whole statement, with an error's text in place of what failed.

        Parameters
        ----------
        failed
            The names of the calculations that failed; those that are known to, unless given.
        """
        out = set(self.failed if failed is None else failed)
        # Numbered once, so that the rows keep their order whatever is computed over them.
        number = named(exp.Window(this=exp.RowNumber()), PLACE)
        source = f"{_ROWS}_0"
        steps = [(source, exp.select("*", number).from_(self._rows_by_number()))]
        for depth, level in enumerate(self._levels, 1):
            computed = [
                named(
                    exp.Literal.string(ERROR)
                    if each.name in out
                    else self._written[each.name].copy(),
                    self._at[each.name],
                )
                for each in level
            ]
            steps.append((f"{_ROWS}_{depth}", exp.select("*", *computed).from_(source)))
            source = steps[-1][0]
        last = exp.select(*(named(column(self._at[name]), name) for name in self._shown()))
        # By its table, since a calculation may be called so, too.
        place = exp.column(PLACE, table=source)
        last = last.from_(source).order_by(exp.Ordered(this=place, nulls_first=False))
        for name, step in steps:
            last = last.with_(name, step, materialized=name == f"{_ROWS}_0" or None, copy=False)
        return last

    def note_failing(self, attempt: Callable[[exp.Select], Any]) -> bool:
        """Try each calculation by itself and note those that fail; tell whether any does.

        Parameters
        ----------
        attempt
            Raises Refused for a statement that fails.

        Raises
        ------
        Refused
            When the rows fail without any calculation.
        """
        names = list(self._by_name)
        attempt(self.write(names))
        before = len(self.failed)
        for name in names:
            if name in self.failed:
                continue
            try:
                attempt(self.write(set(names) - self._needed(name)))
            except Refused as refused:
                self.failed[name] = refused.message
        self._fail_with()
        return len(self.failed) > before

    def not_swallowed(self) -> dict[str, str]:
        """Give the failures that are not to be swallowed."""
        return {
            name: why for name, why in self.failed.items() if not self._by_name[name].swallow_errors
        }

    def _shown(self) -> list[str]:
        """List the columns of the result: calculations at their place, texts of times at the end."""
        rows = self.rows.named_selects
        if self.pivot is not None:
            # A pivot has an order of its own, measures behind dimensions.
            return [*rows, *(name for name in self.fields if name in self._by_name)]
        placed = []
        for name in self.fields:
            if name in self._by_name:
                placed.append(name)
            elif name in self.columns:
                placed.append(self.columns[name].name)
        return placed + [name for name in rows if name not in placed]

    def _rows_by_number(self) -> exp.Subquery:
        names = [exp.to_identifier(self._at[name]) for name in self.rows.named_selects]
        alias = exp.TableAlias(this=exp.to_identifier(_ROWS), columns=names)
        return exp.Subquery(this=self.rows.copy(), alias=alias)

    def _fail_with(self) -> None:
        """Fail what refers to what failed."""
        for each in self.calculations:
            lost = [name for name in self._needed(each.name) if name in self.failed]
            if lost and each.name not in self.failed:
                self.failed[each.name] = f'It refers to "{min(lost)}", which failed'

    def _others(self, calculation: Calculation) -> list[str]:
        return [name for name in references(calculation.expression) if name in self._by_name]

    def _needed(self, name: str) -> set[str]:
        """Name a calculation and all that it refers to."""
        found = {name}
        while True:
            more = found | {other for each in found for other in self._others(self._by_name[each])}
            if more == found:
                return found
            found = more

    def _in_levels(self) -> list[list[Calculation]]:
        """Put calculations behind what they refer to; what refers to itself fails."""
        levels: list[list[Calculation]] = []
        left, done = list(self.calculations), set[str]()
        while left:
            ready = [each for each in left if done.issuperset(self._others(each))]
            if not ready:
                for each in left:
                    if any(each.name in self._needed(other) for other in self._others(each)):
                        self.failed[each.name] = "It refers to itself"
                ready = left
            levels.append(ready)
            done |= {each.name for each in ready}
            left = [each for each in left if each.name not in done]
        return levels
