"""Table calculations: columns that Omni computes from the rows of a query's result.

Each function makes a :class:`Calculation`, which :meth:`omnipd.Query.calculate` gives a name. Where a
function takes a field, it may be given by its name, by :func:`field` or by :func:`omnipd.field`, and it
may be another calculation of the query, by its name.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Literal, get_args

from omnipd.arguments import argument, check_choice, said, whole_number
from omnipd.errors import ArgumentError
from omnipd.queries.language import timeframes
from omnipd.queries.language.calculation import (
    CAST_KINDS,
    OMNI,
    STANDARD,
    Calculation,
    Node,
    call,
    condition_node,
    field_node,
    kind_of_node,
    literal,
    number_node,
    value_node,
)
from omnipd.queries.language.field import Field

__all__ = [
    "Calculation",
    "case_when",
    "cast",
    "change_from_previous",
    "concat",
    "cumulative",
    "date_diff",
    "field",
    "if_else",
    "moving",
    "overall",
    "percent_change_from_previous",
    "percent_of_previous",
    "percent_of_total",
    "rank",
    "row_total",
    "running_total",
    "safe_divide",
]

#: A field, or another calculation of the query.
AnyField = str | Field | Calculation
#: A calculation, a field, or a constant.
Value = Calculation | Field | str | int | float | bool | date
Aggregate = Literal["sum", "average", "min", "max", "median", "count"]

#: The end of what Omni takes for a whole column (docs/wire.md).
_FAR, _ALL = -536_870_911, 1_073_741_823
#: What Omni shows of a pivot unless more is asked for.
_COLUMNS = 50


def field(name: str | Field) -> Calculation:
    """Name a field or another calculation, to compute with it.

    Parameters
    ----------
    name : str or Field
        ``view.field``, ``view.field[timeframe]`` or the name of a calculation.

    Returns
    -------
    Calculation
        Its value in each row. :func:`omnipd.field` is another thing: compared, it makes conditions for
        :meth:`omnipd.Query.where`.

    Raises
    ------
    ArgumentError
        For what is not a name.

    Examples
    --------
    >>> import omnipd
    >>> from omnipd import calc
    >>> with omnipd.sandbox():
    ...     df = (
    ...         omnipd.Query("flights", "flights")
    ...         .select("flights.origin", "flights.total_distance", "flights.count")
    ...         .calculate("miles", calc.field("flights.total_distance") / calc.field("flights.count"))
    ...         .run()
    ...     )
    >>> df["miles"].round(1).tolist()
    [1056.7, 1266.2, 779.8]
    """
    return Calculation(field_node(name))


def _template(operator: str, of: AnyField) -> Calculation:
    return Calculation(call(OMNI + operator, field_node(of, for_calc=True)))


def running_total(of: AnyField) -> Calculation:
    """Add up a field over all rows up to this one, in the order of the query.

    Within a pivot each column has a running total of its own; so it is with the percentages and
    with :func:`rank`.

    Parameters
    ----------
    of : str, Field or Calculation
        A field of the query.

    Returns
    -------
    Calculation
        Nulls add nothing; before the first value it is null.

    Raises
    ------
    ArgumentError
        For what is not one field.

    Examples
    --------
    >>> import omnipd
    >>> from omnipd import calc
    >>> with omnipd.sandbox():
    ...     df = (
    ...         omnipd.Query("flights", "flights")
    ...         .select("flights.origin", "flights.count")
    ...         .calculate("so far", calc.running_total("flights.count"))
    ...         .sort("flights.origin")
    ...         .run()
    ...     )
    >>> df
      flights.origin  flights.count  so far
    0            EWR         120835  120835
    1            JFK         111279  232114
    2            LGA         104662  336776
    """
    return _template("OMNI_RUNNING_TOTAL", of)


def percent_of_total(of: AnyField) -> Calculation:
    """Divide a field by its sum over all rows of the result.

    Parameters
    ----------
    of : str, Field or Calculation
        A field of the query.

    Returns
    -------
    Calculation
        A fraction: 0.25 is a quarter. Null where the sum is zero.

    Raises
    ------
    ArgumentError
        For what is not one field.

    Examples
    --------
    >>> from omnipd import calc
    >>> calc.percent_of_total("orders.revenue")
    OMNI_PERCENT_OF_TOTAL(calc.field('orders.revenue'))
    """
    return _template("OMNI_PERCENT_OF_TOTAL", of)


def percent_of_previous(of: AnyField) -> Calculation:
    """Divide a field by its value in the row before, in the order of the query.

    Parameters
    ----------
    of : str, Field or Calculation
        A field of the query.

    Returns
    -------
    Calculation
        A fraction; null in the first row, and behind zero and null.

    Raises
    ------
    ArgumentError
        For what is not one field.

    Examples
    --------
    >>> from omnipd import calc
    >>> calc.percent_of_previous("orders.revenue")
    OMNI_PERCENT_OF_PREVIOUS(calc.field('orders.revenue'))
    """
    return _template("OMNI_PERCENT_OF_PREVIOUS", of)


def percent_change_from_previous(of: AnyField) -> Calculation:
    """Tell by which part a field is more than in the row before, in the order of the query.

    Parameters
    ----------
    of : str, Field or Calculation
        A field of the query.

    Returns
    -------
    Calculation
        A fraction, below zero where it is less; null in the first row, and behind zero and null.

    Raises
    ------
    ArgumentError
        For what is not one field.

    Examples
    --------
    >>> from omnipd import calc
    >>> calc.percent_change_from_previous("orders.revenue")
    OMNI_PERCENT_CHANGE_FROM_PREVIOUS(calc.field('orders.revenue'))
    """
    return _template("OMNI_PERCENT_CHANGE_FROM_PREVIOUS", of)


def change_from_previous(of: AnyField) -> Calculation:
    """Subtract from a number its value in the row before, in the order of the query.

    Omni has no operator of that name, so it is put together of the largest and the smallest of two rows,
    which loses no digit. Of a pivot, Omni does not say which rows those are.

    Parameters
    ----------
    of : str, Field or Calculation
        A field of the query.

    Returns
    -------
    Calculation
        Null in the first row, and where one of the two is null.

    Raises
    ------
    ArgumentError
        For what is not one field.

    Examples
    --------
    >>> import omnipd
    >>> from omnipd import calc
    >>> with omnipd.sandbox():
    ...     df = (
    ...         omnipd.Query("flights", "flights")
    ...         .select("flights.origin", "flights.count")
    ...         .calculate("change", calc.change_from_previous("flights.count"))
    ...         .sort("flights.origin")
    ...         .run()
    ...     )
    >>> df["change"].tolist()
    [<NA>, -9556, -6617]
    """
    here = Calculation(field_node(of))
    least, most = moving(of, 2, "min"), moving(of, 2, "max")
    change = if_else(here == most, most - least, least - most)
    return case_when((moving(of, 2, "count") == 2, change))


def rank(of: AnyField) -> Calculation:
    """Rank the rows by a field: 1 is the largest, and equal values have the same rank.

    Parameters
    ----------
    of : str, Field or Calculation
        A field of the query.

    Returns
    -------
    Calculation
        Which end is 1, and what comes behind equal values, Omni does not say; it is so in the
        sandbox, which leaves out as many ranks as there are rows of one.

    Raises
    ------
    ArgumentError
        For what is not one field.

    Examples
    --------
    >>> from omnipd import calc
    >>> calc.rank("orders.revenue") <= 10
    OMNI_RANK(calc.field('orders.revenue')) <= 10
    """
    return _template("OMNI_RANK", of)


def moving(of: AnyField, rows: int, how: Aggregate = "average") -> Calculation:
    """Sum up a field over the last rows, this one among them, in the order of the query.

    Parameters
    ----------
    of : str, Field or Calculation
        A field of the query.
    rows : int
        How many; the first rows of the result have fewer.
    how : {"sum", "average", "min", "max", "median", "count"}, default "average"
        What is made of them.

    Returns
    -------
    Calculation
        As SQL's aggregates, which leave out nulls.

    Raises
    ------
    ArgumentError
        For what is not one field, and for no rows.

    Examples
    --------
    >>> import omnipd
    >>> from omnipd import calc
    >>> with omnipd.sandbox():
    ...     df = (
    ...         omnipd.Query("flights", "flights")
    ...         .select("flights.date[month]", "flights.count")
    ...         .calculate("quarter", calc.moving("flights.count", 3, "sum"))
    ...         .sort("flights.date[month]")
    ...         .run()
    ...     )
    >>> df["quarter"].head(4).tolist()
    [27004, 51955, 80789, 82115]
    """
    whole = whole_number("rows", rows)
    return _of_range(how, of, _place(1 - whole), 0, whole)


def cumulative(of: AnyField, how: Aggregate = "sum") -> Calculation:
    """Sum up a field over all rows up to this one, in the order of the query.

    Parameters
    ----------
    of : str, Field or Calculation
        A field of the query.
    how : {"sum", "average", "min", "max", "median", "count"}, default "sum"
        What is made of them.

    Returns
    -------
    Calculation
        As SQL's aggregates, which leave out nulls.

    Raises
    ------
    ArgumentError
        For what is not one field.

    Examples
    --------
    >>> import omnipd
    >>> from omnipd import calc
    >>> best = calc.cumulative("orders.revenue", "max")
    >>> query = omnipd.Query("shop", "orders").select("orders.date", "orders.revenue")
    >>> query.calculate("record", calc.field("orders.revenue") == best).to_dict()["fields"]
    ['orders.date', 'orders.revenue', 'record']
    """
    first = call(OMNI + "ABSOLUTE_POSITION", _place(1))
    return _of_range(how, of, first, 0, 1)


def overall(of: AnyField, how: Aggregate = "sum") -> Calculation:
    """Sum up a field over all rows of the result: one value, in each of them.

    Parameters
    ----------
    of : str, Field or Calculation
        A field of the query.
    how : {"sum", "average", "min", "max", "median", "count"}, default "sum"
        What is made of them.

    Returns
    -------
    Calculation
        As SQL's aggregates, which leave out nulls.

    Raises
    ------
    ArgumentError
        For what is not one field.

    Examples
    --------
    >>> import omnipd
    >>> from omnipd import calc
    >>> above = calc.field("orders.revenue") > calc.overall("orders.revenue", "average")
    >>> query = omnipd.Query("shop", "orders").select("orders.date", "orders.revenue")
    >>> query.calculate("above", above).to_dict()["fields"]
    ['orders.date', 'orders.revenue', 'above']
    """
    return _of_range(how, of, _place(_FAR), 0, _ALL)


def _place(number: int) -> Node:
    return literal(number, with_text=True)


def _of_range(how: str, of: AnyField, start: Node, end: int, size: int) -> Calculation:
    check_choice("how", how, get_args(Aggregate))
    rows = call(
        OMNI + "OMNI_OFFSET_MULTI", field_node(of), start, _place(end), _place(size), _place(1)
    )
    return Calculation(call(f"{OMNI}OMNI_FX_{how.upper()}", rows))


def row_total(of: AnyField, how: Aggregate = "sum", *, columns: int = _COLUMNS) -> Calculation:
    """Sum up a measure over the columns of a pivot: one value for each row of it.

    It computes nothing with values of single columns.

    Parameters
    ----------
    of : str, Field or Calculation
        A measure of a query that has pivots.
    how : {"sum", "average", "min", "max", "median", "count"}, default "sum"
        What is made of them.
    columns : int, default 50
        How many columns count, from the first. Default: as many as Omni gives unless the query has
        another ``column_limit``.

    Returns
    -------
    Calculation
        A value, in each column of its row.

    Raises
    ------
    ArgumentError
        For what is not one field.

    Examples
    --------
    >>> import omnipd
    >>> from omnipd import calc
    >>> query = omnipd.Query("shop", "orders").select("orders.date[month]", "orders.revenue")
    >>> query = query.pivot("orders.status").calculate("total", calc.row_total("orders.revenue"))
    >>> query.to_dict()["calculations"][0]["outside_pivot"]
    True
    """
    check_choice("how", how, get_args(Aggregate))
    places = [_place(number) for number in (0, 0, 1, whole_number("columns", columns))]
    across = call(OMNI + "OMNI_PIVOT_OFFSET", field_node(of), *places)
    return Calculation(call(f"{OMNI}OMNI_FX_{how.upper()}", across))


def if_else(condition: Calculation | bool, value: Value, otherwise: Value) -> Calculation:
    """Choose one of two values by a condition.

    Parameters
    ----------
    condition : Calculation
        What is true or false; what is neither chooses `otherwise`.
    value, otherwise : Calculation, Field, str, number, bool or date
        A text is a text here, and not the name of a field.

    Returns
    -------
    Calculation
        One of the two, in each row.

    Raises
    ------
    ArgumentError
        For what is not a condition, or not a value.

    Examples
    --------
    >>> from omnipd import calc
    >>> calc.if_else(calc.field("orders.count") > 100, "busy", "quiet")
    CASE(calc.field('orders.count') > 100, 'busy', 'quiet')
    """
    return Calculation(
        call(
            STANDARD + "CASE",
            condition_node(condition, "if_else"),
            *_of_one_kind("if_else", value, otherwise),
        )
    )


def case_when(
    *cases: tuple[Calculation | bool, Value], default: Value | None = None
) -> Calculation:
    """Choose the value of the first condition that holds.

    Parameters
    ----------
    *cases : tuple of (Calculation, value)
        Conditions, each with its value; a text is a text here, and not the name of a field.
    default : Calculation, Field, str, number, bool or date, optional
        The value where no condition holds. Default: null.

    Returns
    -------
    Calculation
        One of the values, in each row.

    Raises
    ------
    ArgumentError
        For what is not a pair of a condition and a value, and for values of several kinds.

    Examples
    --------
    >>> import omnipd
    >>> from omnipd import calc
    >>> flights = calc.field("flights.count")
    >>> with omnipd.sandbox():
    ...     df = (
    ...         omnipd.Query("flights", "flights")
    ...         .select("flights.origin", "flights.count")
    ...         .calculate("size", calc.case_when((flights > 120_000, "large"),
    ...                                           (flights > 110_000, "medium"), default="small"))
    ...         .run()
    ...     )
    >>> df["size"].tolist()
    ['large', 'medium', 'small']
    """
    pairs: list[Any] = list(cases)
    if not pairs or not all(isinstance(each, tuple | list) and len(each) == 2 for each in pairs):
        raise ArgumentError(
            "Each case is a condition and a value, as (a > 1, 'large').",
            hint="Give at least one, each in brackets.",
        )
    conditions = [condition_node(condition, "case_when") for condition, _ in pairs]
    given = [value for _, value in pairs]
    if default is not None:
        # Omni's own default: a last condition that always holds (docs/wire.md).
        conditions.append(call(STANDARD + "EQUALS", _place(1), _place(1)))
        given.append(default)
    values = _of_one_kind("case_when", *given)
    both = [node for pair in zip(conditions, values, strict=True) for node in pair]
    return Calculation(call(OMNI + "OMNI_FX_IFS", *both))


def _of_one_kind(what: str, *given: object) -> list[Node]:
    """Return the nodes of values that may stand in one column."""
    nodes = [value_node(each, what) for each in given]
    kinds = sorted({kind for node in nodes if (kind := kind_of_node(node)) is not None})
    if len(kinds) > 1:
        raise ArgumentError(
            f"The values of {what} are not of one kind: {' and '.join(kinds)}.",
            hint="A column has one type; calc.cast makes one of the other.",
        )
    return nodes


def safe_divide(dividend: AnyField | float, divisor: AnyField | float) -> Calculation:
    """Divide, and give null where the divisor is zero.

    ``/`` is the database's own, which may fail for zero, and may cut a quotient of whole numbers.

    Parameters
    ----------
    dividend, divisor : str, Field, Calculation or number
        What is divided by what; a text is the name of a field.

    Returns
    -------
    Calculation
        The quotient.

    Raises
    ------
    ArgumentError
        For what is not a number.

    Examples
    --------
    >>> from omnipd import calc
    >>> calc.safe_divide("orders.revenue", "orders.count")
    OMNI_FX_SAFE_DIVIDE(calc.field('orders.revenue'), calc.field('orders.count'))
    """
    given = (field(each) if isinstance(each, str) else each for each in (dividend, divisor))
    nodes = (number_node(each, "safe_divide") for each in given)
    return Calculation(call(OMNI + "OMNI_FX_SAFE_DIVIDE", *nodes))


_DECIMAL = re.compile(r"decimal\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)")
_MOST_DIGITS = 38


def cast(value: Value, type: str) -> Calculation:  # noqa: A002 - what SQL and pandas call it
    """Make another type of a value.

    Parameters
    ----------
    value : Calculation, Field, str, number, bool or date
        A text is a text here, and not the name of a field.
    type : str
        ``double``, ``integer``, ``bigint``, ``decimal(18, 2)``, ``varchar``, ``boolean``, ``date`` or
        ``timestamp``.

    Returns
    -------
    Calculation
        What cannot be made into one fails the query, as in SQL.

    Raises
    ------
    ArgumentError
        For another type.

    Examples
    --------
    >>> from omnipd import calc
    >>> calc.cast(calc.field("orders.revenue"), "decimal(18, 2)")
    CAST(calc.field('orders.revenue'), DECIMAL)
    """
    name = type.strip().lower() if isinstance(type, str) else ""
    precision = scale = 0
    if found := _DECIMAL.fullmatch(name):
        name, precision, scale = "decimal", int(found[1]), int(found[2])
    names = [each.lower() for each in CAST_KINDS]
    if name == "decimal" and not (1 <= precision <= _MOST_DIGITS and scale <= precision):
        raise ArgumentError(
            argument("type", type) + " does not say its digits, of 38 at most.",
            hint="For example " + argument("type", "decimal(18, 2)") + ".",
        )
    if name not in names:
        check_choice("type", type, [each.replace("decimal", "decimal(18, 2)") for each in names])
    kind = {"type_name_name": name.upper(), "precision": precision, "scale": scale}
    return Calculation(
        call(STANDARD + "CAST", value_node(value, "cast"), {"type": "sql_type", **kind})
    )


def date_diff(
    unit: Literal["day", "month", "year"], start: AnyField | date, end: AnyField | date
) -> Calculation:
    """Count the days, months or years from one date to another.

    Parameters
    ----------
    unit : {"day", "month", "year"}
        What is counted. Whether months and years that are not whole count, Omni does not say; in
        the sandbox they do not.
    start, end : str, Field, Calculation or date
        Dates: a field at the timeframe ``[date]``, one that has no time of day, or what was cast to
        a date. Omni fails for a time.

    Returns
    -------
    Calculation
        A whole number, below zero where `end` is before `start`.

    Raises
    ------
    ArgumentError
        For another unit, and for what is no date.

    Examples
    --------
    >>> from omnipd import calc
    >>> calc.date_diff("day", "orders.created_at[date]", "orders.shipped_at[date]")
    OMNI_FX_DATEDIF('DAY', calc.field('orders.created_at[date]'), calc.field('orders.shipped_at[date]'))
    """
    lower = unit.lower() if isinstance(unit, str) else unit
    check_choice("unit", lower, ["day", "month", "year"])
    nodes = [_date_node(each) for each in (start, end)]
    return Calculation(
        call(OMNI + "OMNI_FX_DATEDIF", literal(lower.upper(), with_text=True), *nodes)
    )


def _date_node(given: AnyField | date) -> Node:
    node = field_node(given) if isinstance(given, str) else value_node(given, "date_diff")
    kind = kind_of_node(node)
    timeframe = timeframes.split(node["field_name"])[1] if node["type"] == "field" else None
    if kind not in {None, "date"} or timeframe not in {None, "date"}:
        what = f"cut to its {timeframe}" if timeframe else f"a {kind}"
        raise ArgumentError(
            f"{said(given):.100} is {what}; date_diff takes dates.",
            hint="Select the field at [date], or make it a date with calc.cast.",
        )
    return node


def concat(*parts: Value) -> Calculation:
    """Join texts; null is an empty text.

    Parameters
    ----------
    *parts : Calculation, Field or str
        Two or more. A text is a text here, and not the name of a field. A number that is not
        written out needs :func:`cast` to ``varchar``.

    Returns
    -------
    Calculation
        The text.

    Raises
    ------
    ArgumentError
        For a single part, and for what is not a text.

    Examples
    --------
    >>> import omnipd
    >>> from omnipd import calc
    >>> with omnipd.sandbox():
    ...     df = (
    ...         omnipd.Query("flights", "flights")
    ...         .select("flights.origin", "flights.count")
    ...         .calculate("label", calc.concat(calc.field("flights.origin"), ": ",
    ...                                         calc.cast(calc.field("flights.count"), "varchar")))
    ...         .run()
    ...     )
    >>> df["label"].tolist()
    ['EWR: 120835', 'JFK: 111279', 'LGA: 104662']
    """
    if len(parts) < 2:
        raise ArgumentError("concat joins two parts or more.")
    nodes = [_text_node(each) for each in parts]
    joined, *others = nodes
    for node in others:
        joined = call(OMNI + "OMNI_FX_AMPERSAND", joined, node)
    return Calculation(joined)


def _text_node(given: Value) -> Node:
    node = value_node(given, "concat")
    kind = kind_of_node(node)
    if kind == "number" and node["type"] == "literal":
        return literal(str(node["value"]))
    if kind not in {None, "text"}:
        raise ArgumentError(
            f"{said(given):.100} is a {kind}; concat takes texts.",
            hint="Make a text of it with calc.cast to 'varchar'.",
        )
    return node
