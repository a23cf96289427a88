"""What one stage of a query leaves for the next: named steps, columns, and how the rows are sorted.

A query that is more than one SELECT is a chain of stages: groups, the rows that they become, the ranks
of a pivot, the limit, totals, what is computed from the limited rows, measures as rows. Each takes the
`Rows` below and gives `Rows` again, so that none needs to know which of the others there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from omnipd_sandbox.engine.model.references import named

Step = tuple[str, exp.Query]


@dataclass(frozen=True)
class Column:
    """Hold a column of the result: its name there, and what the steps call it."""

    name: str
    # Numbered, because names of results may be alike but for their case.
    at: str


@dataclass(frozen=True)
class Term:
    """Hold one term by which rows are sorted: a column of the last step."""

    at: str
    descending: bool = False
    nulls_first: bool = False
    # The field that it sorts by, where it is one.
    field: str | None = None

    def write(self) -> exp.Ordered:
        """Write the term for ORDER BY."""
        return exp.Ordered(this=column(self.at), desc=self.descending, nulls_first=self.nulls_first)


@dataclass(frozen=True)
class Rows:
    """Hold the rows that a stage leaves; the last of the steps has them."""

    steps: tuple[Step, ...]
    columns: tuple[Column, ...]
    order: tuple[Term, ...]

    @property
    def source(self) -> str:
        """Give the name of the step that has the rows."""
        return self.steps[-1][0]

    def all(self, *more: exp.Expression) -> exp.Select:
        """Select everything that the last step has, and what is added to it."""
        return exp.select("*", *more).from_(self.source)

    def value(self, name: str) -> exp.Column:
        """Give a column of the result as an expression over the last step."""
        return column(next(each.at for each in self.columns if each.name == name))

    def sorted_by(self, terms: Sequence[Term] | None = None) -> list[exp.Ordered]:
        """Write what the rows are sorted by, or other terms."""
        return [each.write() for each in (self.order if terms is None else terms)]

    def then(
        self,
        name: str,
        query: exp.Query,
        *,
        columns: Sequence[Column] | None = None,
        order: Sequence[Term] | None = None,
    ) -> Rows:
        """Add a step that has the rows from here on."""
        return replace(
            self,
            steps=(*self.steps, (name, query)),
            columns=self.columns if columns is None else tuple(columns),
            order=self.order if order is None else tuple(order),
        )

    def write(self) -> exp.Select:
        """Write the whole statement: the columns under the names that the result has."""
        shown = [named(column(each.at), each.name) for each in self.columns]
        return after(self.steps, sorted_select(exp.select(*shown).from_(self.source), self.order))


def after(steps: Sequence[Step], last: exp.Select) -> exp.Select:
    """Write named steps before the select that reads them."""
    for name, query in steps:
        last = last.with_(name, query, copy=False)
    return last


def column(name: str, table: str | None = None) -> exp.Column:
    """Write a column of a step."""
    return exp.column(exp.to_identifier(name), table=table)


def present() -> exp.Expression:
    """Write a column that every row has."""
    return named(exp.Literal.number(1), "present")


def sorted_select(select: exp.Select, terms: Sequence[Term]) -> exp.Select:
    """Sort a select by terms, if there are any."""
    return select.order_by(*(each.write() for each in terms)) if terms else select


def window(
    function: exp.Expression, terms: Sequence[Term], partition: Sequence[str] = ()
) -> exp.Window:
    """Write a function over rows, in an order, within what is alike in some columns."""
    order = exp.Order(expressions=[each.write() for each in terms]) if terms else None
    return exp.Window(this=function, partition_by=[column(each) for each in partition], order=order)
