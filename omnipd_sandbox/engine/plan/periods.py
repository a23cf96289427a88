"""Periods that are compared: every measure over the range of a date filter, and over earlier ones."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from omnipd_sandbox.engine.model.circumstances import Circumstances
from omnipd_sandbox.engine.model.dates import Period
from omnipd_sandbox.engine.model.filter_range import filter_range
from omnipd_sandbox.engine.model.filters import Target, condition
from omnipd_sandbox.engine.model.model import Dimension
from omnipd_sandbox.engine.model.references import FieldName
from omnipd_sandbox.engine.plan.comparisons import PERIOD
from omnipd_sandbox.engine.plan.draft import Draft
from omnipd_sandbox.engine.plan.finder import Finder
from omnipd_sandbox.refused_query import Refused

# The place of a row's period among those that are compared, in the joined rows.
PLACE = "$omni_period"
_KEY = '"period_over_period_computations"'


def period_texts(found: Draft) -> tuple[str, ...]:
    """List the values of the field of periods, the current one first."""
    return tuple(each.label for each in found.request.periods)


def period_field() -> Dimension:
    """Describe the field of periods, which no model has."""
    return Dimension(name=PERIOD, view="", label="Period", sql=None, sql_type="VARCHAR")


def place_of_period() -> exp.Column:
    """Write the place of a row's period."""
    return exp.column(exp.to_identifier(PLACE, quoted=True))


def compare_periods(found: Draft, finder: Finder, around: Circumstances) -> str | None:
    """Put the periods of a query into its draft; give the name whose filter they shift.

    Raises
    ------
    Refused
        Without a filter that has two ends on their field, and for what nobody has seen.
    """
    request = found.request
    if not request.periods:
        return None
    if PERIOD not in request.fields or PERIOD not in request.pivots:
        raise Refused("PLAN", f'{_KEY} needs "{PERIOD}" in "fields" and in "pivots"')
    name = request.periods[0].date_field
    place = finder.place(name)
    if place is None:
        raise Refused("PLAN", f'No such field "{name}"')
    at, dimension, timeframe = place
    if not isinstance(dimension, Dimension) or timeframe is not None:
        raise Refused("PLAN", f'{_KEY} needs a date, not "{name}"')
    _refuse_unseen(found, name, at, dimension)
    target = found.fields.target(at.view or "", dimension)
    current = _range(found, name, target, around)
    for period in request.periods:
        shifted = period.shifted(current)
        sides = {
            "left_side": shifted.start.isoformat(sep=" "),
            "right_side": shifted.end.isoformat(sep=" "),
        }
        test = condition({"type": "date", "kind": "BETWEEN", **sides}, target, around)
        assert test is not None  # noqa: S101 - it is over a date
        found.periods.append(test)
    _bring_forward(found, at, dimension, current)
    return name


def _bring_forward(found: Draft, at: FieldName, dimension: Dimension, current: Period) -> None:
    """Move the compared date, where it is selected, onto the current period, so that rows meet."""
    ago = [each.distance(current) for each in found.request.periods]

    def moved(date: exp.Expression) -> exp.Expression:
        cases = [
            exp.If(
                this=exp.EQ(this=place_of_period(), expression=exp.Literal.number(place)),
                true=exp.cast(_later(date, count, unit), dimension.sql_type or "TIMESTAMP"),
            )
            for place, (count, unit) in enumerate(ago)
            if place
        ]
        return exp.Case(ifs=cases, default=date.copy()) if cases else date

    for place, each in enumerate(found.selected):
        if each.at.view == at.view and each.field.name == dimension.name:
            value = found.fields.dimension(at.view or "", dimension, each.timeframe, moved=moved)
            found.selected[place] = replace(each, value=value)


def _later(date: exp.Expression, count: int, unit: str) -> exp.Expression:
    interval = exp.Interval(this=exp.Literal.string(str(count)), unit=exp.var(unit.upper()))
    return exp.Add(this=exp.paren(date.copy()), expression=interval)


def _refuse_unseen(found: Draft, name: str, at: FieldName, dimension: Dimension) -> None:
    """Refuse what else may say something of the compared date, or of the order of its periods."""
    what = f'"{name}", whose periods are compared,'
    if any(sort.column == PERIOD for sort in found.request.sorts):
        raise Refused("PLAN", f'A sort by "{PERIOD}" is not modeled by this sandbox')
    if any(name == each for control in found.request.controls for each, _ in control.filters):
        raise Refused("PLAN", f'{what} in "controls" is not modeled by this sandbox')
    canceled = {each for aggregate in found.aggregates for each in aggregate.cancels}
    if found.fields.place_of(name) in canceled:
        raise Refused(
            "PLAN", f"{what} in a filter that a measure cancels is not modeled by this sandbox"
        )
    selected = any(
        each.at.view == at.view and each.field.name == dimension.name for each in found.selected
    )
    # A month later is a month by the clocks there, which the sandbox does not count.
    if selected and found.fields.around.zone is not None and dimension.convert_tz:
        raise Refused(
            "PLAN", f'{what} in "fields" beside a timezone is not modeled by this sandbox'
        )


def _range(found: Draft, name: str, target: Target, around: Circumstances) -> Period:
    """Read the range of the current period from the query's filter."""
    filter_ = found.request.filters.get(name)
    # What cannot be read, and what does not fit the field, is so here as anywhere.
    if filter_ is not None and condition(filter_, target, around) is not None:
        current = filter_range(filter_, around, of_zone=target.convert_tz)
        if current is not None:
            return current
    raise Refused("PLAN", f'{_KEY} needs a date filter with two ends on "{name}"')
