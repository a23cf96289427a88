"""The rows of totals among those of the groups.

They are computed anew over the rows of all groups that pass the filters on measures, each with the
mark that tells it from other rows. Where they stand, and whether a limit is about them, differs from
one Omni to another (docs/wire.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from omnipd_sandbox.engine.model.references import named
from omnipd_sandbox.engine.plan.draft import Draft
from omnipd_sandbox.engine.plan.helper_columns import (
    GROUPING,
    TOTAL_SORT,
    TOTALS_MARK,
    subtotal_sort,
)
from omnipd_sandbox.engine.plan.result_columns import order_of
from omnipd_sandbox.engine.sql.groups import Groups
from omnipd_sandbox.engine.sql.limit import within_limit
from omnipd_sandbox.engine.sql.result_rows import result_rows, select_rows
from omnipd_sandbox.engine.sql.rows import Column, Rows, Term, sorted_select, window
from omnipd_sandbox.refused_query import Refused

# Each subtotal directly behind the rows of its group, each kind of total with a limit of its own; or all
# of them behind the rows, whatever the limit.
TotalsPlace = Literal["behind_group", "last"]


@dataclass(frozen=True)
class _Level:
    """Hold one grouping: that of the rows, of a subtotal, or of the grand total."""

    # 0 for the rows, then from the finest to the coarsest.
    number: int
    # How many of the keys it keeps.
    kept: int
    mark: str | None

    @property
    def behind(self) -> str:
        """Name the column that sorts its rows behind those of their groups."""
        return f"behind_{self.number}"


def rows_with_totals(draft: Draft, groups: Groups, place: TotalsPlace) -> Rows:
    """Make rows of the groups and of their totals, as many as the limit keeps.

    Raises
    ------
    Refused
        For what nobody has seen with totals behind groups.
    """
    levels = [_Level(n, kept, mark) for n, (kept, mark) in enumerate(draft.totals, 1)]
    source = groups.passing_rows()
    found = [groups.level(f"total_{each.number}", source, each.kept) for each in levels]
    rows = result_rows(draft, groups)
    if place == "last":
        rows = within_limit(draft, rows)
    plain = _Level(0, len(draft.keys), None)
    together: exp.Query = rows.all(*_told_apart(draft, plain, levels))
    for level, step in zip(levels, found, strict=True):
        totals = select_rows(draft, groups, step, level.kept)
        together = exp.union(
            together, totals.select(*_told_apart(draft, level, levels)), distinct=False
        )
    order = [Term("level"), *rows.order] if place == "last" else _behind_groups(draft, rows, levels)
    rows = rows.then(
        "together", together, columns=[*rows.columns, *_helpers(draft, levels)], order=order
    )
    return rows if place == "last" else _within_quota(draft, rows)


def narrow_columns(draft: Draft) -> list[str]:
    """List the columns that come as integers of 32 bits."""
    if not draft.totals:
        return []
    levels = [_Level(n, kept, mark) for n, (kept, mark) in enumerate(draft.totals, 1)]
    return [each.name for each in _helpers(draft, levels) if each.name != TOTALS_MARK]


def _told_apart(draft: Draft, level: _Level, levels: Sequence[_Level]) -> list[exp.Expression]:
    """Write the columns that tell a level from the others, and that sort it."""
    marked = exp.Null() if level.mark is None else exp.Literal.string(level.mark)
    # One bit for each key that is rolled up, the last key's the lowest.
    mask = 2 ** (len(draft.keys) - level.kept) - 1
    return [
        named(exp.cast(marked, "text"), "mark"),
        _number("level", level.number),
        _number("grouping", mask),
        _number("total_sort", int(level.mark is not None and level.kept == 0)),
        *(_number(each.behind, int(each == level)) for each in levels),
    ]


def _number(name: str, value: int) -> exp.Expression:
    return named(exp.Literal.number(value), name)


def _helpers(draft: Draft, levels: Sequence[_Level]) -> list[Column]:
    """List the columns beside those of the fields; one for each subtotal that is sorted by."""
    sorted_by = [
        each.behind
        for sorted_, _ in draft.sorts
        for each in levels
        if each.mark == f"column_subtotal::{sorted_.name}"
    ]
    return [
        *(Column(subtotal_sort(n), each) for n, each in enumerate(dict.fromkeys(sorted_by))),
        Column(GROUPING, "grouping"),
        Column(TOTALS_MARK, "mark"),
        Column(TOTAL_SORT, "total_sort"),
    ]


def _behind_groups(draft: Draft, rows: Rows, levels: Sequence[_Level]) -> list[Term]:
    """Sort a subtotal behind the rows that are alike in what it keeps, the grand total last."""
    terms = [Term("total_sort")]
    keys = [each.selected.key for each in order_of(draft)]
    for place, term in enumerate(rows.order, 1):
        terms.append(term)
        terms += [Term(each.behind) for each in levels if each.kept == place]
    for each in levels:
        if set(keys[: each.kept]) != set(range(each.kept)):
            raise Refused(
                "PLAN",
                "Subtotals of rows that a sort takes out of their groups are not modeled by this"
                " sandbox",
            )
    return terms


def _within_quota(draft: Draft, rows: Rows) -> Rows:
    """Keep as many rows as the query asks for, and as many of each kind of total.

    Of the whole, no more are looked at than that for each grouping, so that totals may be absent.
    """
    if draft.request.offset:
        raise Refused(
            "PLAN", '"offset" together with "column_totals" is not modeled by this sandbox'
        )
    limit = draft.request.limit
    if limit is None:
        return rows
    looked_at = exp.Literal.number(limit * (1 + len(draft.totals)))
    rows = rows.then("looked_at", sorted_select(rows.all(), rows.order).limit(looked_at))
    number = window(exp.RowNumber(), rows.order, ["mark"])
    return rows.then(
        "page", rows.all().qualify(exp.LTE(this=number, expression=exp.Literal.number(limit)))
    )
