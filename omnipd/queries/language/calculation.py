"""What a table calculation computes, as the tree that Omni takes, put together by Python's operators.

Omni computes it over the rows that the limit left, in the query's order. It does not parse formulas
(docs/wire.md).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NoReturn, Protocol, runtime_checkable

from omnipd.arguments import refuse_key, said
from omnipd.errors import ArgumentError
from omnipd.frames.scalars import python_value
from omnipd.queries.language import timeframes
from omnipd.queries.language.conditions import Condition

Node = dict[str, Any]

STANDARD, OMNI = "SqlStdOperatorTable.", "Omni."
#: What Omni calls Python's operators.
_SIGNS = {
    "+": "PLUS",
    "-": "MINUS",
    "*": "MULTIPLY",
    "/": "DIVIDE",
    "**": "POWER",
    "==": "EQUALS",
    "!=": "NOT_EQUALS",
    "<": "LESS_THAN",
    "<=": "LESS_THAN_OR_EQUAL",
    ">": "GREATER_THAN",
    ">=": "GREATER_THAN_OR_EQUAL",
    "&": "AND",
    "|": "OR",
}
_IN_PYTHON = {STANDARD + name: sign for sign, name in _SIGNS.items()}
_CONDITIONS = {STANDARD + _SIGNS[sign] for sign in ("==", "!=", "<", "<=", ">", ">=", "&", "|")}
_CONDITIONS |= {STANDARD + "NOT"}
_NUMBERS = {STANDARD + _SIGNS[sign] for sign in ("+", "-", "*", "/", "**")}
_NUMBERS |= {STANDARD + "UNARY_MINUS", OMNI + "OMNI_FX_SAFE_DIVIDE", OMNI + "OMNI_FX_DATEDIF"}
_TEXTS = {OMNI + "OMNI_FX_AMPERSAND"}


@runtime_checkable
class _Field(Protocol):
    """What :func:`omnipd.field` makes."""

    name: str

    def on_weekday(self, *days: str) -> Condition:
        """Be on a day of the week."""


class Calculation:
    """What a table calculation computes, for each row of a result; made by ``omnipd.calc``.

    ``+``, ``-``, ``*``, ``/`` and ``**`` compute with fields, other calculations and numbers; ``==``,
    ``!=``, ``<``, ``<=``, ``>`` and ``>=`` compare, and comparisons are joined by ``&``, ``|`` and
    ``~``. What comes of null is null, as in SQL. :meth:`omnipd.Query.calculate` gives it a name.

    Examples
    --------
    >>> from omnipd import calc
    >>> calc.field("orders.revenue") / calc.field("orders.count") > 100
    (calc.field('orders.revenue') / calc.field('orders.count')) > 100
    """

    __slots__ = ("_node",)
    __array_ufunc__ = None
    _node: Node

    def __init__(self, node: Node) -> None:
        self._node = node

    def __repr__(self) -> str:
        return formula(self._node)

    def __hash__(self) -> int:
        return hash(json.dumps(self._node, sort_keys=True))

    def __bool__(self) -> NoReturn:
        raise ArgumentError(
            f"{self!r:.200} is neither true nor false here; Omni decides for each row.",
            hint="Join comparisons by &, | and ~, each in brackets: (a > 1) & (b < 2).",
        )

    def __add__(self, other: object) -> Calculation:
        return _computed("+", self, other)

    def __radd__(self, other: object) -> Calculation:
        return _computed("+", other, self)

    def __sub__(self, other: object) -> Calculation:
        return _computed("-", self, other)

    def __rsub__(self, other: object) -> Calculation:
        return _computed("-", other, self)

    def __mul__(self, other: object) -> Calculation:
        return _computed("*", self, other)

    def __rmul__(self, other: object) -> Calculation:
        return _computed("*", other, self)

    def __truediv__(self, other: object) -> Calculation:
        return _computed("/", self, other)

    def __rtruediv__(self, other: object) -> Calculation:
        return _computed("/", other, self)

    def __pow__(self, other: object) -> Calculation:
        return _computed("**", self, other)

    def __rpow__(self, other: object) -> Calculation:
        return _computed("**", other, self)

    def __neg__(self) -> Calculation:
        return Calculation(call(STANDARD + "UNARY_MINUS", number_node(self, "-")))

    def __eq__(self, other: object) -> Calculation:  # type: ignore[override]
        return _compared("==", self, other)

    def __ne__(self, other: object) -> Calculation:  # type: ignore[override]
        return _compared("!=", self, other)

    def __lt__(self, other: object) -> Calculation:
        return _compared("<", self, other)

    def __le__(self, other: object) -> Calculation:
        return _compared("<=", self, other)

    def __gt__(self, other: object) -> Calculation:
        return _compared(">", self, other)

    def __ge__(self, other: object) -> Calculation:
        return _compared(">=", self, other)

    def __and__(self, other: object) -> Calculation:
        return _joined("&", self, other)

    def __rand__(self, other: object) -> Calculation:
        return _joined("&", other, self)

    def __or__(self, other: object) -> Calculation:
        return _joined("|", self, other)

    def __ror__(self, other: object) -> Calculation:
        return _joined("|", other, self)

    def __invert__(self) -> Calculation:
        return Calculation(call(STANDARD + "NOT", condition_node(self, "~")))


def call(operator: str, *operands: Node) -> Node:
    """Return the call of an operator."""
    return {"type": "call", "operator": operator, "operands": list(operands)}


def literal(value: str | int, *, with_text: bool = False) -> Node:
    """Return a constant; in places and units its text stands beside it."""
    beside = {"string_value": str(value)} if with_text else {}
    return {"type": "literal", "value": value} | beside


def field_node(given: object, *, for_calc: bool = False) -> Node:
    """Return the reference to one field or calculation, given as it is or by its name.

    Raises
    ------
    ArgumentError
        For anything else.
    """
    if isinstance(given, Calculation) and given._node["type"] == "field":
        name = given._node["field_name"]
    elif isinstance(given, _Field):
        name = given.name
    elif isinstance(given, str):
        name = _checked_name(given)
    else:
        kind = "a calculation of its own" if isinstance(given, Calculation) else "not a field"
        raise ArgumentError(
            f"{said(given):.200} is {kind}; one field is needed here, or the name of a calculation.",
            hint="Name what is computed with Query.calculate, and pass that name."
            if isinstance(given, Calculation)
            else "For example 'users.count'.",
        )
    return {"type": "field", "field_name": name} | ({"for_calc": True} if for_calc else {})


def _checked_name(name: str) -> str:
    bare, timeframe = timeframes.split(name)
    if not bare.strip(".").strip() or any(sign in bare + (timeframe or "") for sign in "[]:"):
        raise ArgumentError(
            f"{said(name):.60} is not the name of a field or of a calculation.",
            hint="For example users.count or orders.created_at[month].",
        )
    refuse_key("The name of a field", name)
    return name


def value_node(given: object, what: str) -> Node:
    """Return the node of any value: a calculation, a field, or a constant.

    Parameters
    ----------
    what : str
        Where it stands, for the message.

    Raises
    ------
    ArgumentError
        For what is none of them.
    """
    if isinstance(given, Calculation):
        return given._node
    if isinstance(given, Condition):
        raise ArgumentError(
            f"{given!r:.200} is a condition on rows, and no part of a calculation.",
            hint="Compare calc.field(…) in place of omnipd.field(…).",
        )
    if isinstance(given, _Field):
        return field_node(given)
    value = python_value(given)
    if isinstance(value, str):
        refuse_key("A calculation", value)
    if isinstance(value, bool | int | str):
        return {"type": "literal", "value": value}
    if isinstance(value, float) and math.isfinite(value):
        return {"type": "literal", "value": value}
    if isinstance(value, Decimal) and value.is_finite() and Decimal(repr(float(value))) == value:
        whole = value == value.to_integral_value()
        return {"type": "literal", "value": int(value) if whole else float(value)}
    if isinstance(value, date) and not isinstance(value, datetime):
        day = {"type": "literal", "value": value.isoformat()}
        return call(STANDARD + "CAST", day, {"type": "sql_type", **DATE})
    raise ArgumentError(
        f"{said(value):.60} is not a value that calculations take in {what}.",
        hint="Pass a calculation, calc.field(…), text, a number, true, false or a date; nothing is "
        "equal to null, and what comes of it is null.",
    )


#: What a value is cast to, to have days.
DATE = {"type_name_name": "DATE", "precision": 0, "scale": 0}


def number_node(given: object, what: str) -> Node:
    """Return the node of a number, or of what may be one.

    Raises
    ------
    ArgumentError
        For what is sure to be none.
    """
    node = value_node(given, what)
    if (kind := kind_of_node(node)) not in {None, "number"}:
        raise ArgumentError(
            f"{formula(node):.200} is a {kind}; {what} takes numbers.",
            hint="Texts are joined by calc.concat, and calc.field('a.b') is the value of a field."
            if kind == "text"
            else "calc.if_else makes numbers of a condition.",
        )
    return node


def condition_node(given: object, what: str) -> Node:
    """Return the node of what is true or false, or of what may be.

    Raises
    ------
    ArgumentError
        For what is sure to be neither.
    """
    node = value_node(given, what)
    if (kind := kind_of_node(node)) not in {None, "condition"}:
        raise ArgumentError(
            f"{formula(node):.200} is a {kind}; {what} takes what is true or false.",
            hint="Put each comparison in brackets: (a > 1) & (b < 2).",
        )
    return node


def kind_of_node(node: Mapping[str, Any]) -> str | None:
    """Tell what a node gives: number, text, date, condition; None where that is not known."""
    if node["type"] == "literal":
        value = node["value"]
        if isinstance(value, bool):
            return "condition"
        return "text" if isinstance(value, str) else "number"
    if node["type"] != "call":
        return None
    operator = node["operator"]
    if operator in _CONDITIONS:
        return "condition"
    if operator in _NUMBERS:
        return "number"
    if operator in _TEXTS:
        return "text"
    if operator == STANDARD + "CAST":
        return CAST_KINDS.get(node["operands"][1]["type_name_name"])
    return None


#: What a value is when it was cast.
CAST_KINDS = {
    "DOUBLE": "number",
    "INTEGER": "number",
    "BIGINT": "number",
    "DECIMAL": "number",
    "VARCHAR": "text",
    "BOOLEAN": "condition",
    "DATE": "date",
    "TIMESTAMP": None,
}


def _computed(sign: str, left: object, right: object) -> Calculation:
    nodes = number_node(left, sign), number_node(right, sign)
    return Calculation(call(STANDARD + _SIGNS[sign], *nodes))


def _compared(sign: str, left: object, right: object) -> Calculation:
    nodes = value_node(left, sign), value_node(right, sign)
    kinds = {kind_of_node(node) for node in nodes} - {None}
    if len(kinds) > 1:
        shown = " and ".join(f"{formula(node):.100}" for node in nodes)
        raise ArgumentError(
            f"{shown} are not of one kind: {' and '.join(sorted(map(str, kinds)))}.",
            hint="calc.cast makes one of the other.",
        )
    return Calculation(call(STANDARD + _SIGNS[sign], *nodes))


def _joined(sign: str, left: object, right: object) -> Calculation:
    nodes = condition_node(left, sign), condition_node(right, sign)
    return Calculation(call(STANDARD + _SIGNS[sign], *nodes))


# --- how it is written


def formula(node: Any) -> str:
    """Return a tree as one would write it in Python; what is no builder's by its operator's name.

    Examples
    --------
    >>> formula(call("Omni.OMNI_RANK", field_node("users.count", for_calc=True)))
    "OMNI_RANK(calc.field('users.count'))"
    """
    try:
        return _formula(node, is_part=False)
    except RecursionError:
        return "…"


def _formula(node: Any, *, is_part: bool) -> str:
    if not isinstance(node, Mapping):
        return "?"
    if node.get("type") == "field":
        return f"calc.field({node.get('field_name')!r})"
    if node.get("type") == "literal":
        return said(node.get("value"))
    if node.get("type") == "sql_type":
        return str(node.get("type_name_name"))
    operator, operands = node.get("operator"), node.get("operands")
    if not isinstance(operator, str) or not isinstance(operands, list):
        return str(node.get("type", "?"))
    sign = _IN_PYTHON.get(operator)
    if sign is not None and len(operands) == 2:
        written = f" {sign} ".join(_formula(one, is_part=True) for one in operands)
        return f"({written})" if is_part else written
    parts = ", ".join(_formula(one, is_part=False) for one in operands)
    return f"{operator.rpartition('.')[2]}({parts})"


def calls_in(node: Any, matches: Callable[[str], bool]) -> Iterator[Mapping[str, Any]]:
    """Yield the calls in a tree whose operators match."""
    for one in nodes_in(node):
        if isinstance(one.get("operator"), str) and matches(one["operator"]):
            yield one


def nodes_in(node: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every object in a tree."""
    left = [node]
    while left:
        one = left.pop()
        if isinstance(one, Mapping):
            yield one
            left += one.values()
        elif isinstance(one, list):
            left += one
