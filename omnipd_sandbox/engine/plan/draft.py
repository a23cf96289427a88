"""A query with its fields found: what to group by, aggregate, filter, sort and show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from omnipd_sandbox.engine.model.fields import Fields, tables
from omnipd_sandbox.engine.model.joins import Joined, JoinTree
from omnipd_sandbox.engine.model.measures import Aggregate, FieldPlace
from omnipd_sandbox.engine.model.model import Dimension, Measure, Model
from omnipd_sandbox.engine.model.references import FieldName
from omnipd_sandbox.engine.model.timeframes import TIMEFRAMES
from omnipd_sandbox.engine.model.top_values import TopValues
from omnipd_sandbox.engine.plan.request import Request, Sort
from omnipd_sandbox.refused_query import Refused

if TYPE_CHECKING:
    from omnipd_sandbox.engine.plan.filling import Filling


@dataclass(frozen=True)
class Selected:
    """Hold a selected field that was found."""

    name: str
    at: FieldName
    field: Dimension | Measure
    # The timeframe in its own spelling.
    timeframe: str | None
    # Its place among the keys, for a dimension.
    key: int | None
    # The measure over its aggregates; for a dimension, the expression over a row.
    value: exp.Expression
    # The texts that a number stands for, where it is a place among them.
    texts: tuple[str, ...] = ()

    @property
    def formatted(self) -> str | None:
        """Return the pattern by which this timeframe is also written out, if there is one."""
        formats = self.field.formats if isinstance(self.field, Dimension) else {}
        return formats.get(self.timeframe or "")

    @property
    def format(self) -> str | None:
        """Return how it is shown: a field's own format says nothing about its timeframes."""
        return self.formatted if self.timeframe in TIMEFRAMES else self.field.format


@dataclass
class Draft:
    """Hold a query that is understood but not yet written as SQL."""

    request: Request
    tree: JoinTree
    fields: Fields
    model: Model
    # The model as the query's topic sees it.
    seen: Model
    selected: list[Selected] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    where: list[exp.Expression] = field(default_factory=list)
    # The query's own filters on dimensions, which measures may cancel.
    filtered: dict[FieldPlace, exp.Expression] = field(default_factory=dict)
    in_controls: set[FieldPlace | None] = field(default_factory=set)
    having: list[exp.Expression] = field(default_factory=list)
    sorts: list[tuple[Selected, Sort]] = field(default_factory=list)
    # How many of the keys each row of totals keeps, and the mark it carries.
    totals: list[tuple[int, str]] = field(default_factory=list)
    # The dimensions whose values are columns.
    pivots: list[str] = field(default_factory=list)
    # The measures that become rows; None gives no rows at all.
    transposed: list[str] | None = field(default_factory=list)
    # The conditions on rows of each period that is compared; a row may be in several.
    periods: list[exp.Expression] = field(default_factory=list)
    # The values of a time that have rows in any case.
    filling: Filling | None = None
    # Dimensions of which the first values by a measure are kept, by the name of their ranking; the
    # rankings as drafts, and as they are written.
    rankings: dict[str, tuple[FieldName, Dimension, TopValues]] = field(default_factory=dict)
    ranked: list[tuple[str, Draft]] = field(default_factory=list)
    written_rankings: list[tuple[str, exp.Query]] = field(default_factory=list)
    # Rows that are alike in every key become one; SQL can ask for rows as they are.
    grouped: bool = True
    # The filters that queries of views are not told of, and what it has that they cannot be told of.
    kept: frozenset[str] = frozenset()
    cannot_be_bound: str | None = None
    # The views whose queries it is written in, outermost first, and those of the views it reads.
    above: tuple[str, ...] = ()
    view_steps: list[tuple[str, exp.Query]] = field(default_factory=list)

    @property
    def keys(self) -> list[exp.Expression]:
        """List the expressions that the query groups by."""
        return [each.value for each in self.selected if each.key is not None]

    @property
    def aggregates(self) -> list[Aggregate]:
        """List the aggregates that any measure or filter needs."""
        return self.fields.aggregates.found

    @property
    def other_queries(self) -> list[tuple[str, exp.Query]]:
        """List the queries that views, filters and dimensions refer to, by their names here."""
        queries = self.fields.around.queries
        others = [] if queries is None else queries.steps
        return [*others, *self.view_steps, *self.written_rankings]

    def joined(self) -> list[Joined]:
        """List the views to join: the base view, those that are read, those in between."""
        read = [*self.where, *self.periods, *self.keys]
        for aggregate in self.aggregates:
            read += [*aggregate.inputs, *(aggregate.key or ())]
        needed = {alias for tree in read for alias in tables(tree)}
        for aggregate in self.aggregates:
            needed |= aggregate.home
        nodes = self.tree.pruned(self._reachable(needed))
        # A join condition may name views that nothing else needs.
        while True:
            more = needed | {alias for node in nodes for alias in self.on_views(node)}
            if more == needed:
                return nodes
            needed, nodes = more, self.tree.pruned(self._reachable(more))

    def on(self, node: Joined) -> exp.Expression:
        """Write the condition of a join."""
        assert node.on is not None  # noqa: S101 - only the base view has none
        return self.fields.join_condition(node.on, node.alias)

    def on_views(self, node: Joined) -> set[str]:
        """List the views that the condition of a join reads."""
        return set() if node.on is None else tables(self.on(node))

    def _reachable(self, aliases: set[str]) -> set[str]:
        for alias in sorted(aliases - set(self.tree.nodes)):
            raise Refused("PLAN", f'No such view "{alias}"')
        return aliases
