"""A field, compared as in pandas: every comparison of Omni's filters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import pandas as pd

from omnipd.arguments import argument, refuse_key, said
from omnipd.errors import ArgumentError
from omnipd.queries.language import dates, recurring, timeframes
from omnipd.queries.language.conditions import (
    NULL,
    Comparison,
    Condition,
    Junction,
    not_a_condition,
)
from omnipd.queries.language.expression import Expression
from omnipd.queries.language.field_filters import FieldFilters, date_filter
from omnipd.queries.language.values import kind_of, said_of


def field(name: str) -> Field:
    """Name a field, to compare it and to sort by it.

    Parameters
    ----------
    name : str
        ``view.field``, or ``view.field[timeframe]`` for a time.

    Returns
    -------
    Field
        What is compared with values to get conditions.

    Raises
    ------
    ArgumentError
        For what is not a field name.

    See Also
    --------
    Query : Takes the conditions.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     late = (
    ...         omnipd.Query("flights", "flights")
    ...         .select("flights.origin", "flights.count")
    ...         .where(omnipd.field("flights.dep_delay") > 60)
    ...         .sort(omnipd.field("flights.count").desc())
    ...     )
    ...     df = late.run()
    >>> df
      flights.origin  flights.count
    0            EWR          10940
    1            JFK           8401
    2            LGA           7240
    """
    return Field(name)


@dataclass(frozen=True)
class Sort:
    """A sort of a query."""

    name: str
    descending: bool
    nulls: str | None = None


class Field(Expression):
    """A field of a model, as :func:`omnipd.field` makes it; compared with a value it is a condition.

    ``==``, ``!=``, ``<``, ``<=``, ``>``, ``>=`` compare. A null is compared as if it were one more
    value: ``!=`` keeps it, only :meth:`isna` and ``== None`` find it.

    A number is sent as a number filter, text as a text filter, a date as a date filter. A time
    takes ``==`` (on that day, in that second) with a date or a datetime, and ``>=`` and ``<`` with
    Omni's texts (``2025-03``, ``last month``), too. ``== "2025-03"`` is a comparison of text, unless
    a bracket says that the field is a time; of a time without one, write ``.in_the("2025-03")``.
    Times are UTC; a datetime without a zone is taken as UTC.

    With a timeframe that cuts (``[month]``) the time itself is filtered, under the name without the
    bracket; the value must begin such a unit. A week may begin on a Monday or a Sunday, as the model
    has it, and is seven days from the value. With a timeframe that takes a part (``[hour_of_day]``) the
    part is compared, as a number or a name.

    Parameters
    ----------
    name : str
        ``view.field`` or ``view.field[timeframe]``.

    Examples
    --------
    >>> import omnipd
    >>> omnipd.field("orders.created_at[month]") == "2025-03"
    (field('orders.created_at[month]') == '2025-03')
    """

    __slots__ = ("_filters", "name")

    def __init__(self, name: str) -> None:
        bare, timeframe = timeframes.split(name) if isinstance(name, str) else ("", None)
        if "." not in bare.strip(".") or any(sign in bare + (timeframe or "") for sign in "[]"):
            raise ArgumentError(
                f"{said(name):.60} is not a field name.",
                hint="For example users.state or orders.created_at[month].",
            )
        refuse_key("The name of a field", name)
        #: As it was given.
        self.name = name
        self._filters = FieldFilters(name, bare, timeframe)

    def __repr__(self) -> str:
        return self._filters.shown

    def __hash__(self) -> int:
        return hash(self.name)

    def __bool__(self) -> NoReturn:
        raise ArgumentError(
            f"{self!r} is neither true nor false here; Omni decides for each row.",
            hint="Compare it, and join comparisons by &, | and ~.",
        )

    def __and__(self, _other: object = None) -> NoReturn:
        raise not_a_condition(self)

    __rand__ = __or__ = __ror__ = __invert__ = __and__

    def __eq__(self, value: object) -> Condition:  # type: ignore[override]
        return Comparison(f"{self!r} == {said(value)}", self._filters.equal(value))

    def __ne__(self, value: object) -> Condition:  # type: ignore[override]
        return Comparison(f"{self!r} != {said(value)}", self._filters.equal(value), contrary=True)

    def __lt__(self, value: Any) -> Condition:
        return self._filters.ordered("<", value)

    def __le__(self, value: Any) -> Condition:
        return self._filters.ordered("<=", value)

    def __gt__(self, value: Any) -> Condition:
        return self._filters.ordered(">", value)

    def __ge__(self, value: Any) -> Condition:
        return self._filters.ordered(">=", value)

    def isin(self, values: Iterable[Any], case: bool = True) -> Condition:
        """Be one of several values.

        Parameters
        ----------
        values : iterable
            All texts, all numbers, all dates or all booleans; nulls among them mean null. Of no
            values no row is one.
        case : bool, default True
            Whether upper and lower case differ.
        """
        one = isinstance(values, str | bytes | bytearray | memoryview | Mapping | pd.DataFrame)
        if one or not isinstance(values, Iterable):
            raise ArgumentError(
                f"{self!r}.isin takes a list of values, not {type(values).__name__}.",
                hint="Of a DataFrame, pass a column.",
            )
        listed = sorted(values, key=str) if isinstance(values, set | frozenset) else list(values)
        return Comparison(
            f"{self!r}.isin({said(listed)}{said_of(case)})", self._filters.one_of(listed, case=case)
        )

    def contains(self, text: str | Iterable[str], case: bool = True) -> Condition:
        """Have a text in it; of several, any.

        Parameters
        ----------
        text : str or iterable of str
            Taken as it is: ``%`` and ``_`` stand for themselves.
        case : bool, default True
            Whether upper and lower case differ.
        """
        return self._filters.textual("contains", "CONTAINS", text, case=case)

    def startswith(self, text: str | Iterable[str], case: bool = True) -> Condition:
        """Begin with a text; of several, any.

        Parameters
        ----------
        text, case
            As for :meth:`contains`.
        """
        return self._filters.textual("startswith", "STARTS_WITH", text, case=case)

    def endswith(self, text: str | Iterable[str], case: bool = True) -> Condition:
        """End with a text; of several, any.

        Parameters
        ----------
        text, case
            As for :meth:`contains`.
        """
        return self._filters.textual("endswith", "ENDS_WITH", text, case=case)

    def like(self, pattern: str | Iterable[str], case: bool = True) -> Condition:
        """Match a pattern of SQL; of several, any.

        Parameters
        ----------
        pattern : str or iterable of str
            ``%`` is any text, ``_`` is one character.
        case : bool, default True
            Whether upper and lower case differ.
        """
        return self._filters.textual("like", "SQL_LIKE", pattern, case=case)

    def isna(self) -> Condition:
        """Be null."""
        return Comparison(f"{self!r}.isna()", self._filters.leaf(NULL))

    def notna(self) -> Condition:
        """Be anything but null."""
        return Comparison(f"{self!r}.notna()", self._filters.leaf(NULL).negated())

    def is_true(self) -> Condition:
        """Be true. ``~`` of it is false or null."""
        return Comparison(f"{self!r}.is_true()", self._filters.flag(True))

    def is_false(self) -> Condition:
        """Be false, not null. ``~`` of it is true or null."""
        return Comparison(f"{self!r}.is_false()", self._filters.flag(False))

    def between(self, low: Any, high: Any) -> Condition:
        """Lie between two values.

        Parameters
        ----------
        low, high : number or date
            Of numbers both are part of the range: it is sent as two bounds, since what is known of
            Omni disagrees on whether its own ``BETWEEN`` has the upper one. Of dates the end is
            not part of it, as everywhere in Omni: March is ``between("2025-03-01",
            "2025-04-01")``.
        """
        words = f"{self!r}.between({said(low)}, {said(high)})"
        if kind_of(low) == "number" and kind_of(high) == "number":
            parts = (self._filters.bound(">=", low, words), self._filters.bound("<=", high, words))
            return Comparison(words, Junction("AND", parts))
        if "number" in {kind_of(low), kind_of(high)}:
            raise ArgumentError(f"{words} takes two numbers or two dates.")
        left, right = (
            self._filters.date_literal(low, words),
            self._filters.date_literal(high, words),
        )
        if left.start is not None and right.start is not None and left.start >= right.start:
            raise ArgumentError(
                f"{words} is empty: the end is not part of it, and must be after the start."
            )
        sides = {"left_side": left.text, "right_side": right.text}
        return Comparison(words, self._filters.leaf(date_filter("BETWEEN", **sides)))

    def on_or_after(self, when: Any) -> Condition:
        """Be at a time or later, as ``>=``.

        Parameters
        ----------
        when : date, datetime or str
            Of a period, such as ``2025-03``, its start counts.
        """
        words = f"{self!r}.on_or_after({said(when)})"
        start = self._filters.date_literal(when, words).text
        return Comparison(words, self._filters.leaf(date_filter("ON_OR_AFTER", left_side=start)))

    def before(self, when: Any) -> Condition:
        """Be earlier than a time, as ``<``.

        Parameters
        ----------
        when : date, datetime or str
            Of a period, such as ``2025-03``, its start counts.
        """
        words = f"{self!r}.before({said(when)})"
        end = self._filters.date_literal(when, words).text
        return Comparison(words, self._filters.leaf(date_filter("BEFORE", right_side=end)))

    def in_the(self, period: Any, length: str | None = None) -> Condition:
        """Be within a period.

        Parameters
        ----------
        period : str, date or datetime
            ``last month``, ``this year``, ``yesterday``, ``2025-03``, ``2025 Q1``: the whole of it.
            ``last 30 days``: those up to and with today; ``last 30 complete days``: those before
            today.
        length : str, optional
            ``2 weeks``: so long from the start of `period`; of a time that is cut, in whole units.
        """
        words = f"{self!r}.in_the({said(period)}{'' if length is None else f', {said(length)}'})"
        window = dates.past(period) if isinstance(period, str) and length is None else None
        if window is not None:
            return Comparison(
                words, self._filters.window(self._filters.date_literal(window[0], words), window[1])
            )
        start = self._filters.date_literal(period, words)
        if length is not None:
            return Comparison(
                words,
                self._filters.window(start, dates.length(length, words, self._filters.timeframe)),
            )
        return Comparison(words, self._filters.whole(start))

    def in_month(self, *months: str | int) -> Condition:
        """Be in a month of any year; of several, in any.

        Parameters
        ----------
        *months : str or int
            ``July`` or 7; the name is sent, which every reading of Omni's pages takes. That a filter
            of a query carries the value as it does in a model is not documented;
            ``field("…[month_num]") == 7`` says the same and is certain. So for the others below.
        """
        return self._filters.recurring("in_month", recurring.MONTH, months)

    def in_quarter(self, *quarters: int) -> Condition:
        """Be in a quarter of any year; of several, in any.

        Parameters
        ----------
        *quarters : int
            1 to 4.
        """
        return self._filters.recurring("in_quarter", recurring.QUARTER, quarters)

    def on_weekday(self, *days: str) -> Condition:
        """Be on a day of the week; of several, on any.

        Parameters
        ----------
        *days : str
            ``Monday`` to ``Sunday``. A number is refused: Omni counts from 0, Sunday, and pandas from
            0, Monday.
        """
        return self._filters.recurring("on_weekday", recurring.DAY_OF_WEEK, days)

    def on_day_of_month(self, *days: int) -> Condition:
        """Be on a day of any month; of several, on any.

        Parameters
        ----------
        *days : int
            1 to 31.
        """
        return self._filters.recurring("on_day_of_month", recurring.DAY_OF_MONTH, days)

    def on_day_of_quarter(self, *days: int) -> Condition:
        """Be on a day of any quarter; of several, on any.

        Parameters
        ----------
        *days : int
            1 to 92.
        """
        return self._filters.recurring("on_day_of_quarter", recurring.DAY_OF_QUARTER, days)

    def on_day_of_year(self, *days: int) -> Condition:
        """Be on a day of any year; of several, on any.

        Parameters
        ----------
        *days : int
            1 to 366.
        """
        return self._filters.recurring("on_day_of_year", recurring.DAY_OF_YEAR, days)

    def at_hour(self, *hours: int) -> Condition:
        """Be at an hour of any day; of several, at any.

        Parameters
        ----------
        *hours : int
            0 to 23, UTC; 7 is from 7:00 to before 8:00.
        """
        return self._filters.recurring("at_hour", recurring.HOUR_OF_DAY, hours)

    def is_attribute(self, name: str) -> Condition:
        """Be what a user attribute holds for the person who asks.

        Parameters
        ----------
        name : str
            Of the attribute; see :func:`omnipd.read_user_attributes`.
        """
        if not isinstance(name, str) or not name.strip():
            raise ArgumentError(f"{self!r}.is_attribute takes the name of a user attribute.")
        refuse_key(argument("name"), name)
        leaf = self._filters.leaf({"type": "user_attribute", "user_attribute_name": name})
        return Comparison(f"{self!r}.is_attribute({name!r})", leaf)

    def asc(self, nulls: str | None = None) -> Sort:
        """Sort upwards.

        Parameters
        ----------
        nulls : {"first", "last", "dialect_default", "omni_default"}, optional
            Where nulls come. Default: Omni's, first.
        """
        return Sort(self.name, False, nulls)

    def desc(self, nulls: str | None = None) -> Sort:
        """Sort downwards.

        Parameters
        ----------
        nulls : {"first", "last", "dialect_default", "omni_default"}, optional
            Where nulls come. Default: Omni's, last.
        """
        return Sort(self.name, True, nulls)
