"""What is known of columns, by the names that they have in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

from omnipd.queries.job.any_case import finder

#: The facts of a run that are about single columns.
_OF_COLUMNS = ("labels", "formats")


def by_column(facts: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """Return the facts of a run with columns in the place of fields.

    Parameters
    ----------
    facts : mapping
        As :meth:`Run.facts` has them.
    columns : mapping
        The column of each field. A database may have changed the case of a field; of two such
        columns the first is meant.

    Examples
    --------
    >>> facts = {"labels": {"u.state": "State"}, "formats": {"u.id": "ID"}, "limit": 5}
    >>> by_column(facts, {"U.STATE": "State"})
    {'labels': {'State': 'State'}, 'formats': {'u.id': 'ID'}, 'limit': 5}
    """
    find = finder(columns)

    def column(name: str) -> str:
        found = find(name)
        return name if found is None else found

    return dict(facts) | {
        kind: {column(name): said for name, said in held.items()} for kind, held in _held(facts)
    }


def by_flat_column(
    facts: Mapping[str, Any], names: Sequence[str], measures: Sequence[str]
) -> dict[str, Any]:
    """Return the facts of a pivoted run with its flat columns in the place of measures.

    Parameters
    ----------
    facts : mapping
        By column, those of the long result.
    names : sequence of str
        The columns that have the values of the pivot: for each the measures, in their order.
    measures : sequence of str
        The measures.

    Examples
    --------
    >>> facts = {"labels": {}, "formats": {"n": "NUMBER_0", "x": "ID"}}
    >>> by_flat_column(facts, ["Ohio · n", "Texas · n"], ["n"])["formats"]
    {'x': 'ID', 'Ohio · n': 'NUMBER_0', 'Texas · n': 'NUMBER_0'}
    """
    changed = {}
    for kind, held in _held(facts):
        others = {name: said for name, said in held.items() if name not in measures}
        cells = zip(names, cycle(measures), strict=False)
        changed[kind] = others | {
            name: _in_place(name, measure, held[measure]) if kind == "labels" else held[measure]
            for name, measure in cells
            if measure in held
        }
    return dict(facts) | changed


def _held(facts: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(kind, facts[kind]) for kind in _OF_COLUMNS]


def _in_place(name: str, measure: str, label: str) -> str:
    """Return the name of a flat column with the label of its measure."""
    return f"{name.removesuffix(measure)}{label}" if name.endswith(measure) else name
