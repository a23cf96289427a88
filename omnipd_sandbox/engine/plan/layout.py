"""What shapes a result: dimensions whose values are columns, rows of totals, measures as rows."""

from __future__ import annotations

from omnipd_sandbox.engine.model.filters import kind_of
from omnipd_sandbox.engine.plan.draft import Draft
from omnipd_sandbox.engine.plan.request import GRAND_TOTAL
from omnipd_sandbox.refused_query import Refused


def lay_out(found: Draft) -> None:
    """Put pivots, totals and measures as rows into a draft whose fields and sorts are found.

    Raises
    ------
    Refused
        For names that are not selected, and for what nobody has seen together.
    """
    _pivots(found)
    _totals(found)
    _transposed(found)
    if found.pivots:
        _alone(found, "pivots", ("column_totals", "transposed_measures", "offset"))
    if found.transposed != []:
        _alone(found, "transposed_measures", ("column_totals",))


def _alone(found: Draft, key: str, others: tuple[str, ...]) -> None:
    for other in others:
        if found.request.echo.get(other):
            raise Refused("PLAN", f'"{other}" together with "{key}" is not modeled by this sandbox')


def _pivots(found: Draft) -> None:
    selected = {each.name: each for each in found.selected}
    for name in found.request.pivots:
        if name in found.missing:
            continue
        if name not in selected:
            raise Refused("PLAN", f'Pivot "{name}" is not selected')
        if selected[name].key is None:
            raise Refused("PLAN", f'Pivot "{name}" is a measure, not a dimension')
        found.pivots.append(name)
    for each, _ in found.sorts:
        if found.pivots and each.key is None:
            # Of which column, nobody has said.
            raise Refused(
                "PLAN",
                f'A sort by the measure "{each.name}" in a pivot is not modeled by this sandbox',
            )


def _totals(found: Draft) -> None:
    keyed = [each.name for each in found.selected if each.key is not None]
    for name in found.request.column_totals:
        if name == GRAND_TOTAL:
            found.totals.append((0, "column_total"))
        elif name in keyed:
            found.totals.append((keyed.index(name) + 1, f"column_subtotal::{name}"))
        elif name not in found.missing:
            raise Refused("PLAN", f'Totals of "{name}" need it to be a selected dimension')
    # Finer subtotals come before coarser ones, the grand total last.
    found.totals.sort(key=lambda total: -total[0])


def _transposed(found: Draft) -> None:
    if found.request.transposed is None:
        found.transposed = None
        return
    measures = {each.name: each for each in found.selected if each.key is None}
    names = [each for each in found.request.transposed if each not in found.missing]
    for name in names:
        if name not in measures:
            raise Refused("PLAN", f'Transposed measure "{name}" is not a selected measure')
    if len({kind_of(measures[name].field.sql_type) for name in names}) > 1:
        raise Refused(
            "PLAN", "Transposed measures of several types are not modeled by this sandbox"
        )
    found.transposed = names
