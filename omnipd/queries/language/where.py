"""Conditions as a query holds them: one filter for each field, and a control for an *or* across fields.

All filters and all controls must hold, and of the filters within a control any. What is neither is
distributed: ``(a & b) | c`` is ``(a | c) & (b | c)``, in the logic of SQL, which knows the unknown,
too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from omnipd.arguments import function
from omnipd.display import listed
from omnipd.errors import ArgumentError
from omnipd.queries.language.conditions import (
    Condition,
    Filter,
    Junction,
    Tree,
    joined,
    not_a_condition,
)
from omnipd.queries.language.filters import ANY_OF
from omnipd.queries.language.nesting import is_nested_deeply

#: The most controls that one condition becomes; each two of an *or* multiply.
_MOST_CONTROLS = 16
_MOST_NAMED = 6

#: Conditions on one field each, any of which must hold; by field and what is sent for it.
_AnyOf = dict[tuple[str, str], Tree]


@dataclass(frozen=True)
class Where:
    """What a query says of its rows.

    Attributes
    ----------
    filters : dict
        By field; all must hold.
    controls : list of dict
        Each with filters of which any must hold; all controls must.
    """

    filters: dict[str, Filter]
    controls: list[dict[str, Any]]


def where_of(conditions: Iterable[Condition]) -> Where:
    """Return what a query says for conditions that must all hold.

    Raises
    ------
    ArgumentError
        For conditions that would take too many controls, or are nested too deeply.
    """
    try:
        found = _where_of(conditions)
    except RecursionError:
        found = None
    if found is None or is_nested_deeply([found.filters, found.controls]):
        raise ArgumentError(
            "The conditions are nested too deeply.",
            hint="Of many values on one field, use .isin([…]).",
        )
    return found


def filters_of(conditions: Iterable[Condition]) -> dict[str, Filter]:
    """Return filters that say that all the conditions hold, where nothing but filters can say it.

    Raises
    ------
    ArgumentError
        For an *or* across fields, too.
    """
    found = where_of(conditions)
    for control in found.controls:
        names = [one["fieldName"] for one in control["filters"]]
        raise ArgumentError(
            f"A filter has one field and cannot say 'or' across {' and '.join(names)}.",
            hint="'Not both' is an 'or', too. The where(…) of a Query takes it.",
        )
    return found.filters


def _where_of(conditions: Iterable[Condition]) -> Where:
    by_field: dict[str, list[Filter]] = {}
    controls: list[dict[str, Any]] = []
    for condition in conditions:
        if not isinstance(condition, Condition):
            raise not_a_condition(condition)
        parts = _parts(condition._pushed(negative=False), "AND")
        for any_of in _without_idle(one for part in parts for one in _distributed(part)):
            filters = _by_field(any_of)
            if len(filters) == 1:
                [(name, filter_)] = filters.items()
                by_field.setdefault(name, []).append(filter_)
            elif (control := _control(filters)) not in controls:
                controls.append(control)
    return Where({name: joined("AND", parts) for name, parts in by_field.items()}, controls)


def _distributed(tree: Tree) -> list[_AnyOf]:
    """Return alternatives all of which must hold.

    Raises
    ------
    ArgumentError
        If they are too many.
    """
    names = _names(tree)
    if len(names) == 1:
        return [{(names[0], json.dumps(tree.sent())): tree}]
    assert isinstance(tree, Junction)  # noqa: S101 - a filter is on one field
    parts = _field_by_field(tree)
    if tree.conjunction == "AND":
        return _without_idle(one for part in parts for one in _distributed(part))
    found: list[_AnyOf] = [{}]
    for part in parts:
        more = _distributed(part)
        found = _without_idle(left | right for left in found for right in more)
        if len(found) > _MOST_CONTROLS:
            raise ArgumentError(
                f"Omni cannot be told this 'or' across {listed(names, _MOST_NAMED)}: it would take "
                f"more than {_MOST_CONTROLS} controls.",
                hint="It takes 'and' within 'or' across few fields only: (a & b) | c is "
                "(a | c) & (b | c). Run one query for each side, or write SQL for "
                + function("run_sql")
                + ".",
            )
    return found


def _field_by_field(tree: Junction) -> list[Tree]:
    """Return the parts of a junction, those on one and the same field as one."""
    alone: dict[str, list[Tree]] = {}
    found: list[Tree | str] = []
    for part in _parts(tree, tree.conjunction):
        names = _names(part)
        if len(names) > 1:
            found.append(part)
            continue
        if names[0] not in alone:
            found.append(names[0])
        alone.setdefault(names[0], []).append(part)
    return [_junction(tree, alone[one]) if isinstance(one, str) else one for one in found]


def _junction(tree: Junction, parts: list[Tree]) -> Tree:
    return parts[0] if len(parts) == 1 else Junction(tree.conjunction, tuple(parts))


def _without_idle(given: Iterable[_AnyOf]) -> list[_AnyOf]:
    """Leave out what holds anyway: ``a | b`` beside ``a``."""
    every = {frozenset(one): one for one in given}
    alone = {key for one in every if len(one) == 1 for key in one}
    several = [one for one in every if len(one) > 1 and not one & alone]
    idle = {one for one in several for other in several if other < one}
    return [
        any_of for one, any_of in every.items() if len(one) == 1 or not (one & alone or one in idle)
    ]


def _by_field(any_of: _AnyOf) -> dict[str, Filter]:
    """Return one filter for each field."""
    found: dict[str, list[Filter]] = {}
    for (name, _), tree in any_of.items():
        found.setdefault(name, []).append(tree.sent())
    return {name: joined("OR", parts) for name, parts in found.items()}


def _control(filters: dict[str, Filter]) -> dict[str, Any]:
    """Return a control; what is the same has the same id, so that equal queries are equal."""
    of_fields = [{"fieldName": name, "filter": one} for name, one in filters.items()]
    own = f"any_of_{sha256(json.dumps(of_fields, sort_keys=True).encode()).hexdigest()[:12]}"
    return {
        "id": own,
        "type": ANY_OF,
        "conjunction": "OR",
        "filters": [{"id": f"{own}_{n}", **one} for n, one in enumerate(of_fields, 1)],
    }


def _parts(tree: Tree, conjunction: str) -> Iterator[Tree]:
    """Give what a tree joins by AND, or by OR, however deep."""
    if isinstance(tree, Junction) and tree.conjunction == conjunction:
        for part in tree.parts:
            yield from _parts(part, conjunction)
    else:
        yield tree


def _names(tree: Tree) -> list[str]:
    return list(dict.fromkeys(leaf.key for leaf in tree.leaves()))
