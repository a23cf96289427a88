"""The calculations of a query against the rest of it: names, references, and what they are made of.

Trees that come from elsewhere may hold what omnipd has no word for; that passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from omnipd.arguments import argument, check_flag, refuse_key, said
from omnipd.errors import ArgumentError
from omnipd.queries.language import timeframes
from omnipd.queries.language.calculation import (
    OMNI,
    STANDARD,
    Calculation,
    Node,
    calls_in,
    nodes_in,
)
from omnipd.queries.language.clauses import TRANSPOSED
from omnipd.queries.language.conditions import Condition
from omnipd.queries.language.near_names import near_names
from omnipd.queries.language.nesting import check_nesting

_UNCHECKED = "With " + argument("check", False) + " the query is sent as it is."
_ACROSS_PIVOT = OMNI + "OMNI_PIVOT_OFFSET"
_DATEDIF = OMNI + "OMNI_FX_DATEDIF"
_DEFAULT_COLUMNS = 50
#: What a column may not be called: Omni's own columns, and those that omnipd makes.
_TAKEN = {*TRANSPOSED, "omni_period_pivot", "omni_total"}
#: What only numbers have.
_OF_NUMBERS = {
    *(STANDARD + name for name in ("PLUS", "MINUS", "MULTIPLY", "DIVIDE", "POWER", "UNARY_MINUS")),
    *(OMNI + f"OMNI_FX_{name}" for name in ("PLUS", "MINUS", "MULTIPLY", "SAFE_DIVIDE")),
    *(
        OMNI + f"OMNI_{name}"
        for name in (
            "RUNNING_TOTAL",
            "PERCENT_OF_TOTAL",
            "PERCENT_OF_PREVIOUS",
            "PERCENT_CHANGE_FROM_PREVIOUS",
        )
    ),
}


def calculation_entry(
    name: str, what: Any, fields: Iterable[str], others: Iterable[str], options: Mapping[str, Any]
) -> Node:
    """Return a calculation as a query has it.

    Parameters
    ----------
    name : str
        What its column is called.
    what : Calculation
        What it computes.
    fields, others : iterable of str
        What the query selects already, and its calculations.
    options : mapping
        ``label``, ``format``, ``description`` and ``swallow_errors``.

    Raises
    ------
    ArgumentError
        For what is none, and for a name that cannot be one.
    """
    _check_name(name, fields, others)
    if not isinstance(what, Calculation):
        kind = "a condition on rows" if isinstance(what, Condition) else "not a calculation"
        raise ArgumentError(
            f"{said(what):.100} is {kind}.",
            hint="Make one of omnipd.calc, such as calc.running_total('users.count').",
        )
    check_nesting(f"The calculation {name!r:.60}", what._node)
    entry: Node = {"calc_name": name, "sql_expression": what._node}
    for key in ("label", "format", "description"):
        given = options[key]
        if given is not None and (not isinstance(given, str) or not given.strip()):
            raise ArgumentError(argument(key, given) + " must be text.")
        refuse_key(argument(key), given)
        entry |= {} if given is None else {key: given}
    check_flag("swallow_errors", options["swallow_errors"])
    if next(calls_in(what._node, _ACROSS_PIVOT.__eq__), None) is not None:
        entry["outside_pivot"] = True
    return entry | ({"swallow_errors": True} if options["swallow_errors"] else {})


def _check_name(name: str, fields: Iterable[str], others: Iterable[str]) -> None:
    if not isinstance(name, str) or not name.strip():
        raise ArgumentError(
            argument("name", name) + " is not the name of a calculation.",
            hint="It is what the column is called, such as 'share of total'.",
        )
    refuse_key(argument("name"), name)
    own = name.startswith(("-", "$omni_", "__omni_")) or name.endswith("__raw")
    if own or any(sign in name for sign in ":.[]*") or name.lower() in _TAKEN:
        raise ArgumentError(
            argument("name", name) + " cannot be the name of a calculation.",
            hint="It has no colon, dot, bracket or asterisk, does not begin with a minus, and is not "
            "a column of Omni's own. A label may be any text.",
        )
    if name in others:
        raise ArgumentError(
            f"The query has a calculation {name!r:.60} already.", hint="Give it another name."
        )
    for one in (*others, *fields):
        if one != name and one.lower() == name.lower():
            raise ArgumentError(
                f"{name!r:.60} is called like {one!r:.60}, and databases do not tell them apart.",
                hint="Give it another name.",
            )


def check_calculations(query: Mapping[str, Any]) -> None:
    """Refuse calculations that cannot be computed, whatever the model.

    Raises
    ------
    ArgumentError
        Naming the calculation at fault, with near matches.
    """
    calculations = [one for one in query.get("calculations") or () if isinstance(one, Mapping)]
    referred: dict[str, list[str]] = {}
    for one in calculations:
        name = str(one.get("calc_name"))
        if ":" in name:
            raise ArgumentError(
                f"The calculation {name!r:.60} has a colon in its name; Omni refuses that.",
                hint=_UNCHECKED,
            )
        if name in referred:
            raise ArgumentError(
                f"Two calculations are called {name!r:.60}.", hint="Give each a name of its own."
            )
        referred[name] = _references(one)
    for one in calculations:
        _check_references(one, query, referred)
        _check_texts(one, query)
        _check_across_pivot(one, query)
        _check_dates(one)
    _check_circles(referred)


def _references(calculation: Mapping[str, Any]) -> list[str]:
    """Return what a calculation refers to, each once."""
    names = (
        node.get("field_name")
        for node in nodes_in(calculation.get("sql_expression"))
        if node.get("type") == "field"
    )
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))


def _check_references(
    calculation: Mapping[str, Any], query: Mapping[str, Any], referred: Mapping[str, Any]
) -> None:
    selected = query.get("fields") or []
    if calculation.get("allow_refs_to_unselected_fields") or any("*" in one for one in selected):
        return
    known = [*dict.fromkeys([*selected, *referred])]
    for name in referred[str(calculation.get("calc_name"))]:
        if name in known:
            continue
        near = near_names(name, known)
        where = "" if "." in name else ", nor is it another calculation"
        raise ArgumentError(
            f"The calculation {calculation.get('calc_name')!r:.60} refers to {name:.60}, which the "
            f"query does not select{where}.",
            hint=(near or "Select it, brackets and all: calculations see nothing but the result.")
            + " "
            + _UNCHECKED,
        )


def _check_texts(calculation: Mapping[str, Any], query: Mapping[str, Any]) -> None:
    """Refuse a text that is the name of a field of the query: its value was meant."""
    selected = set(query.get("fields") or [])
    for node in nodes_in(calculation.get("sql_expression")):
        text = node.get("value") if node.get("type") == "literal" else None
        if isinstance(text, str) and "." in text and text in selected:
            raise ArgumentError(
                f"The calculation {calculation.get('calc_name')!r:.60} has the text {text!r:.60}, "
                "which is the name of a field.",
                hint=f"calc.field({text!r:.60}) is its value. " + _UNCHECKED,
            )


def _check_circles(referred: Mapping[str, list[str]]) -> None:
    """Refuse calculations that refer to themselves, by way of others or not."""
    left = {name: {one for one in names if one in referred} for name, names in referred.items()}
    while ready := {name for name, names in left.items() if not names & left.keys()}:
        left = {name: names for name, names in left.items() if name not in ready}
    # What only leads to a circle is nobody's fault.
    while outer := left.keys() - {one for names in left.values() for one in names}:
        left = {name: names for name, names in left.items() if name not in outer}
    if not left:
        return
    path = [next(iter(left))]
    while (following := min(left[path[-1]] & left.keys())) not in path:
        path.append(following)
    circle = [*path[path.index(following) :], following]
    raise ArgumentError(
        f"A calculation refers to itself: {' → '.join(circle)}.",
        hint="Omni computes no calculation by way of itself.",
    )


def _check_across_pivot(calculation: Mapping[str, Any], query: Mapping[str, Any]) -> None:
    for found in calls_in(calculation.get("sql_expression"), _ACROSS_PIVOT.__eq__):
        name = calculation.get("calc_name")
        if not query.get("pivots"):
            raise ArgumentError(
                f"The calculation {name!r:.60} is a total over the columns of a pivot, and the query "
                "has no pivots.",
                hint="Add some with Query.pivot, or sum up the rows with calc.overall.",
            )
        operands = found.get("operands")
        last = operands[-1].get("value") if isinstance(operands, list) and operands else None
        columns = query.get("column_limit") or _DEFAULT_COLUMNS
        if isinstance(last, int) and isinstance(columns, int) and last < columns:
            raise ArgumentError(
                f"The calculation {name!r:.60} sums up {last} columns, and the query gives {columns}.",
                hint="Give calc.row_total as many columns. " + _UNCHECKED,
            )


def _check_dates(calculation: Mapping[str, Any]) -> None:
    for found in calls_in(calculation.get("sql_expression"), _DATEDIF.__eq__):
        for name in _fields_of(found):
            timeframe = timeframes.split(name)[1]
            if timeframe not in {None, "date"}:
                raise _no_date(calculation, name, f"is cut to its {timeframe}")


def check_kinds(query: Mapping[str, Any], known: Mapping[str, tuple[str | None, bool]]) -> None:
    """Refuse calculations with fields of the wrong type.

    Parameters
    ----------
    known : mapping
        The data type of each field, and whether it is a date without a time of day.

    Raises
    ------
    ArgumentError
        Naming calculation and field.
    """
    for one in query.get("calculations") or ():
        expression = one.get("sql_expression") if isinstance(one, Mapping) else None
        for found in calls_in(expression, lambda name: name in {_DATEDIF, *_OF_NUMBERS}):
            for name in _fields_of(found):
                data_type, is_date = known.get(name, (None, False))
                if found["operator"] == _DATEDIF:
                    if data_type == "TIMESTAMP" and not is_date:
                        raise _no_date(one, name, "has a time of day")
                elif data_type in {"STRING", "BOOLEAN"}:
                    raise ArgumentError(
                        f"The calculation {one.get('calc_name')!r:.60} computes with {name}, which is "
                        f"{data_type} and no number.",
                        hint="calc.cast makes a number of it. " + _UNCHECKED,
                    )


def _fields_of(found: Mapping[str, Any]) -> list[str]:
    """Return the fields that a call takes as they are."""
    operands = found.get("operands")
    return [
        one["field_name"]
        for one in (operands if isinstance(operands, list) else ())
        if isinstance(one, Mapping) and isinstance(one.get("field_name"), str)
    ]


def _no_date(calculation: Mapping[str, Any], name: str, what: str) -> ArgumentError:
    bare = timeframes.split(name)[0]
    return ArgumentError(
        f"The calculation {calculation.get('calc_name')!r:.60} counts from a date to another, and "
        f"{name} {what}.",
        hint=f"Select {bare}[date] in its place, or make it a date with calc.cast. " + _UNCHECKED,
    )
