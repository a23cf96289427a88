"""The query's filters on dimensions, put where they belong: measures may cancel some of them.

A filter that a measure cancels cannot stand in WHERE, which holds for all measures. There stands what
any of them needs: rows that the query asks for, and rows that some measure reads in their place. All
other measures are told to see only the rows that the query asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

from sqlglot import exp

from omnipd_sandbox.engine.model.filters import conjunction
from omnipd_sandbox.engine.model.measures import Aggregate, FieldPlace
from omnipd_sandbox.engine.model.sql_dialect import written
from omnipd_sandbox.refused_query import Refused

Tests = Mapping[FieldPlace, exp.Expression]


def put_in_place(
    filtered: Tests, aggregates: list[Aggregate], in_controls: Set[FieldPlace | None]
) -> list[exp.Expression]:
    """Move filters that a measure cancels into the aggregates that obey them.

    Parameters
    ----------
    filtered
        The query's filters, by the fields that they are on.
    aggregates
        Those of the query; the ones that obey a canceled filter are replaced.
    in_controls
        The fields of filters that stand in an OR with others.

    Returns
    -------
    list of expression
        What is left for WHERE.

    Raises
    ------
    Refused
        Where a measure cancels a filter that is one of several in an OR.
    """
    canceled = {place for each in aggregates for place in each.cancels}
    for view, name, _ in (place for place in in_controls if place in canceled and place):
        raise Refused(
            "PLAN",
            f'A measure cancels the filter on "{view}.{name}", which stands in a control; that is'
            " not modeled by this sandbox",
        )
    where = [test for place, test in filtered.items() if place not in canceled]
    tests = {place: test for place, test in filtered.items() if place in canceled}
    if not tests:
        return where
    ways = [_rows(tests, {})]
    for number, aggregate in enumerate(aggregates):
        if aggregate.cancels.keys() & tests.keys():
            ways.append(_rows(tests, aggregate.cancels))
        obeyed = [test for place, test in tests.items() if place not in aggregate.cancels]
        if obeyed:
            aggregates[number] = aggregate.where(conjunction(obeyed))
    return [*where, conjunction(list({written(each): each for each in ways}.values()), "OR")]


def _rows(tests: Tests, instead: Tests) -> exp.Expression:
    """Write which rows a measure reads that has filters of its own in place of some."""
    return conjunction([instead.get(place, test).copy() for place, test in tests.items()])
