"""A governed query, put together step by step."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NoReturn, Unpack, overload

import pandas as pd

from omnipd import display
from omnipd.arguments import (
    IDS_OF_MODELS,
    argument,
    check_choice,
    check_id,
    function,
    refuse_key,
    said,
    whole_number,
)
from omnipd.client.client import Client
from omnipd.errors import ArgumentError
from omnipd.queries.job.options import QueryKeywords, SplitKeywords, check_keywords
from omnipd.queries.language.calculation import Calculation, formula
from omnipd.queries.language.check_calculations import calculation_entry
from omnipd.queries.language.clauses import GRAND_TOTAL
from omnipd.queries.language.conditions import Condition, joined
from omnipd.queries.language.field import Field, Sort
from omnipd.queries.language.filter_words import in_words
from omnipd.queries.language.periods import COMPUTATIONS, PERIOD, with_comparison
from omnipd.queries.language.periods import in_words as period_in_words
from omnipd.queries.language.request import (
    DEFAULT_LIMIT,
    QUERY_DEFAULTS,
    build_request,
    checked_limit,
)
from omnipd.queries.language.where import where_of
from omnipd.queries.run_query import run_query

_NULLS = ("first", "last", "dialect_default", "omni_default")
_TOTAL = {"type": "aggregation"}


class Query:
    """A governed query: a model, a topic, fields, conditions and an order.

    A query never changes: each method returns another one. Two queries are equal when they send the
    same.

    Parameters
    ----------
    model : str
        Name or id of a shared model, or the id of a branch or of a workbook's model. A name is looked
        up when the query is run.
    topic : str, optional
        Name of the topic; its joins lead to every view in it.
    view : str, optional
        Base view. Without a topic it is a query of the bare view, which needs more rights.

    See Also
    --------
    field : Names a field, to compare it.
    run_query : Runs it; :meth:`run` does the same.

    Examples
    --------
    >>> import omnipd
    >>> from omnipd import field
    >>> with omnipd.sandbox():
    ...     flights = omnipd.Query("flights", "flights")
    ...     late = (
    ...         flights.select("airlines.name", "flights.count", "flights.late_arrivals")
    ...         .where(field("flights.date").in_the("2013-07"), field("flights.count") > 4500)
    ...         .sort("-flights.late_arrivals")
    ...     )
    ...     df = late.run()
    >>> df
                  airlines.name  flights.count  flights.late_arrivals
    0           JetBlue Airways           4984                   1862
    1  ExpressJet Airlines Inc.           4641                   1484
    2     United Air Lines Inc.           5066                   1349
    """

    __slots__ = ("__weakref__", "_wire")
    _wire: dict[str, Any]

    def __init__(self, model: str, topic: str | None = None, *, view: str | None = None) -> None:
        for name, given in {"model": model, "topic": topic, "view": view}.items():
            if (given is not None or name == "model") and (
                not isinstance(given, str) or not given.strip()
            ):
                raise ArgumentError(
                    argument(name, given) + f" is not a {name}.",
                    hint=f"Pass the name of a {name}, as text.",
                )
        check_id("model", model, IDS_OF_MODELS)
        if topic is None and view is None:
            raise ArgumentError(
                "A query needs a topic, or " + argument("view") + " for a bare view.",
                hint=function("read_topics") + " lists the topics.",
            )
        wire = {"modelId": model, "join_paths_from_topic_name": topic, "table": view}
        object.__setattr__(
            self, "_wire", {key: value for key, value in wire.items() if value is not None}
        )

    @classmethod
    def _of(cls, wire: Mapping[str, Any]) -> Query:
        made = cls.__new__(cls)
        object.__setattr__(made, "_wire", dict(wire))
        return made

    @classmethod
    def from_dict(
        cls, query: Mapping[str, Any] | str | os.PathLike[str], *, model: str | None = None
    ) -> Query:
        """Make a query of a query object, such as Omni's inspector shows.

        Parameters
        ----------
        query : dict, str or path
            As :func:`run_query` takes it.
        model : str, optional
            Replaces its ``modelId``; needed where it has none.

        Returns
        -------
        Query
            ``Query.from_dict(query.to_dict()) == query``, for every query.

        Raises
        ------
        ArgumentError
            For what Omni would refuse or misread.
        """
        request = build_request(query, model=model)
        beside = [key for key in request.body if key != "query"] + list(request.params)
        if beside:
            raise ArgumentError(
                f"Beside 'query' stands {beside[0]!r}, which is not a part of the query.",
                hint="Pass what stands inside 'query' here, and the rest to run().",
            )
        return cls._of(_without_defaults(request.body["query"]))

    def to_dict(self) -> dict[str, Any]:
        """Return the query object, every default written: exactly what is sent.

        Returns
        -------
        dict
            The caller's own; changing it changes no query.

        Raises
        ------
        ArgumentError
            If the query selects no fields.
        """
        sent: dict[str, Any] = build_request(self._wire).body["query"]
        return sent

    @property
    def model(self) -> str:
        """Id or name of the model."""
        return str(self._wire["modelId"])

    @property
    def topic(self) -> str | None:
        """Name of the topic, if it has one."""
        return self._wire.get("join_paths_from_topic_name")

    def select(self, *fields: str | Field) -> Query:
        """Add fields to the result, in this order; one that is there stays where it is.

        Parameters
        ----------
        *fields : str or Field
            ``view.field`` or ``view.field[timeframe]``. Dimensions group, measures are computed for
            each group.
        """
        return self._adding("fields", _names(fields))

    def where(self, *conditions: Condition) -> Query:
        """Keep only rows for which all conditions hold, these and earlier ones.

        Parameters
        ----------
        *conditions : Condition
            Comparisons of :func:`field`, joined by ``&``, ``|`` and ``~``. Those on measures keep
            groups; one ``|`` is over dimensions or over measures.

        Raises
        ------
        ArgumentError
            For an *or* across fields that Omni cannot be told in sixteen of its controls.
        """
        wanted = where_of(conditions)
        filters = dict(self._wire.get("filters", {}))
        for name, one in wanted.filters.items():
            filters[name] = joined("AND", [filters[name], one]) if name in filters else one
        controls = list(self._wire.get("controls", []))
        controls += [one for one in wanted.controls if one not in controls]
        return self._with(filters=filters, controls=controls)

    def sort(self, *by: str | Field | Sort, nulls: str | None = None) -> Query:
        """Sort the rows; later sorts order the ties of earlier ones.

        Parameters
        ----------
        *by : str, Field or Sort
            A field that is selected, by the same name: ``"a.b"`` upwards, ``"-a.b"`` downwards,
            ``field("a.b").desc()``.
        nulls : {"first", "last", "dialect_default", "omni_default"}, optional
            Where nulls come, for those that do not say it themselves. Default: Omni's, first
            upwards and last downwards.
        """
        sorts = list(self._wire.get("sorts", []))
        for one in by:
            given = one if isinstance(one, Sort) else _sort(one)
            place = given.nulls if given.nulls is not None else nulls
            if place is not None:
                check_choice("nulls", place, _NULLS)
            wire: dict[str, Any] = {
                "column_name": given.name,
                "sort_descending": given.descending,
            }
            sorts.append(wire if place is None else {**wire, "null_sort": place.upper()})
        return self._with(sorts=sorts)

    def limit(self, rows: int | Literal["all"] | None) -> Query:
        """Return at most so many rows.

        Parameters
        ----------
        rows : int, "all" or None
            None and "all" are no limit. Where no limit is given, it is Omni's 1000.
        """
        return self._with(limit=checked_limit(rows))

    def offset(self, rows: int) -> Query:
        """Skip rows first; without a sort, which rows they are is arbitrary.

        Parameters
        ----------
        rows : int
            How many.
        """
        return self._with(offset=whole_number("offset", rows, minimum=0))

    def ungrouped(self) -> Query:
        """Return every row, those that are alike in all dimensions, too, and not one for each group.

        It takes dimensions only. Omni groups all the same where something speaks of groups: totals,
        pivots, a condition on a measure.
        """
        return self._with(default_group_by=False)

    def pivot(self, *fields: str | Field, column_limit: int | None = None) -> Query:
        """Make columns of the values of dimensions; they are selected, too.

        The frame then has a column for each value and measure, see `pivot` of :func:`run_query`.

        Parameters
        ----------
        *fields : str or Field
            Dimensions. The rest of those that are selected say what a row is of.
        column_limit : int, optional
            The most columns. Default: Omni's 50.
        """
        query = self.select(*fields)._adding("pivots", _names(fields))
        if column_limit is None:
            return query
        return query._with(column_limit=whole_number("column_limit", column_limit, unit="columns"))

    def compare(self, by: str | Field, periods: int = 1, unit: str | None = None) -> Query:
        """Compare the period that the query's date filter is for with an earlier one.

        Every measure then comes for each period: the query is pivoted by the field
        ``omni_period_pivot``, whose values are ``Current Period``, ``Previous Month`` and so on. More
        comparisons are more calls.

        Parameters
        ----------
        by : str or Field
            The time that says in which period a row is, without a timeframe. A date filter on it,
            such as ``field(…).in_the("this month")``, says which period is the current one; without
            it the query is refused when it is run.
        periods : int, default 1
            How many of the unit ago.
        unit : {"day", "week", "month", "quarter", "year"}, optional
            Default: as long as the current period, right before it, ``Previous Period``.

        Raises
        ------
        ArgumentError
            For a unit that there is not, and for a second time.
        """
        before = self._wire.get(COMPUTATIONS, [])
        computations = with_comparison(before, _name(by), periods, unit)
        return self.pivot(PERIOD)._with(**{COMPUTATIONS: computations})

    def transpose(self, *measures: str | Field) -> Query:
        """Put measures below each other instead of side by side; they are selected, too.

        In their place, where the first of them was selected, come ``measure_name``,
        ``measure_order`` (from 0, as listed) and ``measure_value``: one row for each measure and
        group.

        Parameters
        ----------
        *measures : str or Field
            Measures, in their order.
        """
        return self.select(*measures)._adding("transposed_measures", _names(measures))

    def fill(self, *fields: str | Field) -> Query:
        """Have Omni fill the gaps of times, such as days without rows; they are selected, too.

        Omni fills from one end of a filter to the other: ``.in_the("last 200 days")``, or both
        ``>=`` and ``<``. Without two ends it fills nothing, and :meth:`run` warns.

        Parameters
        ----------
        *fields : str or Field
            Times with a timeframe, such as ``orders.created_at[date]``.
        """
        return self.select(*fields)._adding("fill_fields", _names(fields))

    def totals(self, *by: str | Field, grand: bool = True, rows: bool = False) -> Query:
        """Add totals, which ``run(totals=True)`` then keeps; they are computed anew, not added up.

        :func:`omnipd.split_totals` makes two frames of the result.

        Parameters
        ----------
        *by : str or Field
            Dimensions: a subtotal for each of their values.
        grand : bool, default True
            The total over all rows.
        rows : bool, default False
            For a pivoted query, the totals of its rows.
        """
        wanted = [*_names(by), *([GRAND_TOTAL] if grand else [])]
        columns = self._wire.get("column_totals", {}) | dict.fromkeys(wanted, _TOTAL)
        query = self._with(column_totals=columns)
        return query._with(row_totals={GRAND_TOTAL: _TOTAL}) if rows else query

    def calculate(
        self,
        name: str,
        what: Calculation,
        *,
        label: str | None = None,
        format: str | None = None,  # noqa: A002 - what Omni calls it
        description: str | None = None,
        swallow_errors: bool = False,
    ) -> Query:
        """Add a column that Omni computes from the rows of the result, after its limit.

        Parameters
        ----------
        name : str
            What the column is called; it stands behind what is selected so far. Select the name to
            have it elsewhere.
        what : Calculation
            What it computes, made of :mod:`omnipd.calc`. It can refer to what the query selects, and to
            other calculations by name.
        label, format, description : str, optional
            As in Omni, such as ``format="0.0%"``. They change no value; ``df.attrs["omni"]`` has the
            first two.
        swallow_errors : bool, default False
            Give the text ``#ERROR!`` in each row when it fails. Default: the query fails.

        Raises
        ------
        ArgumentError
            For a name that is taken or cannot be one, and for what is no calculation.
        """
        others = self._wire.get("calculations", [])
        options = {
            "label": label,
            "format": format,
            "description": description,
            "swallow_errors": swallow_errors,
        }
        names = [str(one.get("calc_name")) for one in others]
        entry = calculation_entry(name, what, self._wire.get("fields", []), names, options)
        return self._adding("fields", [name])._with(calculations=[*others, entry])

    @overload
    def run(
        self,
        *,
        totals: Literal["separate"],
        client: Client | None = None,
        **options: Unpack[SplitKeywords],
    ) -> tuple[pd.DataFrame, pd.DataFrame]: ...

    @overload
    def run(
        self, *, client: Client | None = None, **options: Unpack[QueryKeywords]
    ) -> pd.DataFrame: ...

    def run(
        self, *, client: Client | None = None, **options: Any
    ) -> pd.DataFrame | tuple[pd.DataFrame, pd.DataFrame]:
        """Run the query and return its rows.

        Parameters
        ----------
        client : Client, optional
            Default: that of the ``with`` block, of :func:`omnipd.use`, or one from the environment.
        **options
            As :func:`run_query` takes them: ``limit``, ``totals``, ``names``, ``check`` …

        Returns
        -------
        pandas.DataFrame
            As :func:`run_query` returns it; with ``totals="separate"`` two, rows and totals.
        """
        check_keywords(options)
        found: pd.DataFrame | tuple[pd.DataFrame, pd.DataFrame]
        found = run_query(self, client=client, **options)
        return found

    def _with(self, **changes: Any) -> Query:
        return self._of(_without_defaults({**self._wire, **changes}))

    def _adding(self, key: str, names: Iterable[str]) -> Query:
        return self._with(**{key: list(dict.fromkeys([*self._wire.get(key, []), *names]))})

    def _text(self) -> str:
        return json.dumps(self._wire, sort_keys=True)

    def __eq__(self, other: object) -> bool:
        return self._text() == other._text() if isinstance(other, Query) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text())

    def __repr__(self) -> str:
        return display.text("omnipd.Query", _rows(self._wire))

    def _repr_html_(self) -> str:
        return display.page("omnipd.Query", display.table(_rows(self._wire)))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"A Query never changes; {name} cannot be set.")

    def __reduce__(self) -> tuple[Any, ...]:
        return Query._of, (self._wire,)


_NAMED = {
    "modelId": "model",
    "join_paths_from_topic_name": "topic",
    "table": "view",
    "fields": "fields",
    "filters": "where",
    "controls": "any of",
    "sorts": "sort",
    "pivots": "pivot",
    "column_limit": "column limit",
    COMPUTATIONS: "compare",
    "transposed_measures": "transpose",
    "fill_fields": "fill",
    "default_group_by": "grouped",
    "column_totals": "totals",
    "row_totals": "totals of rows",
    "calculations": "calculate",
}
_MOST_SHOWN = 20
_LONGEST = 200
_LONGEST_FILTER = 1000


def _rows(wire: Mapping[str, Any]) -> list[display.Row]:
    """Return the parts of a query with the words of the methods that make them."""
    in_order = [*_NAMED, *(key for key in wire if key not in _NAMED)]
    rows = [
        (_NAMED.get(key, key), _lines(key, wire[key]))
        for key in in_order
        if key in wire and key != "limit"
    ]
    limit = wire.get("limit", DEFAULT_LIMIT)
    of_omni = "" if "limit" in wire else ", Omni's default"
    return [*rows, ("limit", ["none" if limit is None else f"{limit:,}{of_omni}"])]


def _lines(key: str, value: Any) -> list[str]:
    if key == "filters":
        said = [
            display.shortened(f"{name}: {in_words(one)}", _LONGEST_FILTER)
            for name, one in value.items()
        ]
        return display.first_lines(said, _MOST_SHOWN)
    if key == "controls":
        said = [
            display.shortened(
                " or ".join(
                    f"{one['fieldName']}: {in_words(one['filter'])}" for one in held["filters"]
                ),
                _LONGEST_FILTER,
            )
            for held in value
        ]
        return display.first_lines(said, _MOST_SHOWN)
    if key == "sorts":
        said = [
            f"{one.get('column_name')}{' descending' if one.get('sort_descending') else ''}"
            + (f", nulls {str(place).lower()}" if (place := one.get("null_sort")) else "")
            for one in value
        ]
        return [display.listed(said, _MOST_SHOWN)]
    if key == COMPUTATIONS:
        said = [words for one in value if (words := period_in_words(one))]
        return display.first_lines(said, _MOST_SHOWN)
    if key in {"fields", "pivots", "fill_fields", "transposed_measures"}:
        return [display.listed(value, _MOST_SHOWN)]
    if key == "calculations":
        said = [
            display.shortened(
                f"{one.get('calc_name')}: {formula(one.get('sql_expression'))}", _LONGEST_FILTER
            )
            for one in value
        ]
        return display.first_lines(said, _MOST_SHOWN)
    if key in {"column_totals", "row_totals"}:
        return [
            display.listed(("all" if name == GRAND_TOTAL else name for name in value), _MOST_SHOWN)
        ]
    if isinstance(value, str):
        return [display.shortened(value, _LONGEST)]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [display.shortened(json.dumps(value, ensure_ascii=False), _LONGEST)]


def _without_defaults(wire: Mapping[str, Any]) -> dict[str, Any]:
    """Return a query object without what would be sent anyway, so that equal queries are alike."""
    defaults = {**QUERY_DEFAULTS, "controls": [], "limit": DEFAULT_LIMIT, "offset": 0}
    return {
        key: value for key, value in wire.items() if key not in defaults or value != defaults[key]
    }


def _names(fields: Iterable[str | Field]) -> list[str]:
    return [_name(field) for field in fields]


def _name(given: object) -> str:
    if isinstance(given, Field):
        return given.name
    if isinstance(given, str) and given.strip():
        refuse_key("The name of a field", given)
        return given
    raise ArgumentError(
        f"{said(given):.60} is not a field name.",
        hint="Give names such as 'users.state', each as an argument of its own.",
    )


def _sort(given: str | Field) -> Sort:
    name = _name(given)
    descending = isinstance(given, str) and name.startswith("-")
    return Sort(name.removeprefix("-") if descending else name, descending)
