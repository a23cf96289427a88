"""A query that is asked in pieces along a time: what may be, where it is cut, and one piece of it."""

from __future__ import annotations

import contextlib
import itertools
import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from omnipd.arguments import argument, check_choice
from omnipd.call import one_call
from omnipd.client.client import Client
from omnipd.errors import ArgumentError
from omnipd.frames import times
from omnipd.frames.decimals import as_floats
from omnipd.frames.scalars import python_value
from omnipd.frames.to_pandas import scalar_columns
from omnipd.frames.unify_schemas import with_schema
from omnipd.queries.check_split import check_cut, check_rows
from omnipd.queries.explain import schema
from omnipd.queries.job.model_ids import with_model_ids
from omnipd.queries.job.options import QueryOptions
from omnipd.queries.job.run import Run
from omnipd.queries.language import dates, timeframes
from omnipd.queries.language.request import AnyQuery, QueryRequest, build_request

#: Timeframes from the coarsest to the finest. No week: it lies in two months.
_TIMEFRAMES = ("year", "quarter", "month", "date", "hour", "minute", "second", "millisecond")
_PERIODS = {"year": "Y", "quarter": "Q", "month": "M", "date": "D"}
_MOST_PIECES = 1000

#: A filter of the split field that picks one piece.
Piece = dict[str, Any]
#: Where the times of a query begin and end; None where it is not known, or there are none.
Edges = tuple[pd.Timestamp | None, pd.Timestamp | None]
_WITHOUT_TIME: Piece = {"type": "null", "is_negative": False}
_WITH_TIME: Piece = {"type": "null", "is_negative": True}


@dataclass(frozen=True)
class SplitQuery:
    """A query whose rows each belong to one piece; :func:`split_query` makes one, and sends nothing.

    Attributes
    ----------
    whole : QueryRequest
        What would be sent for all pieces at once.
    split_on, by : str
        The field that it is split on, and how long a piece is.
    first, last : pandas.Timestamp or None
        Only rows from the one on and before the other.
    names : str
        As for :func:`omnipd.run_query`.
    """

    whole: QueryRequest
    split_on: str
    by: str
    first: pd.Timestamp | None
    last: pd.Timestamp | None
    names: str = "field"

    def with_model_ids(self, client: Client) -> SplitQuery:
        """Return it with ids in place of names of models."""
        return replace(self, whole=with_model_ids(self.whole, client))

    @property
    def canonical(self) -> str:
        """All that decides which rows come and how they are cut, as text."""
        body = {key: value for key, value in self.whole.body.items() if key != "cache"}
        bounds = [None if one is None else one.isoformat() for one in (self.first, self.last)]
        asked = [body, self.whole.params, self.names, self.split_on, self.by, bounds]
        return json.dumps(asked, sort_keys=True, ensure_ascii=True)

    def edges(self, client: Client) -> Edges:
        """Return where pieces begin and end; what was not given is asked for, one query each."""
        low = self._edge(client, last_one=False) if self.first is None else self.first
        high = (
            self._edge(client, last_one=True)
            if self.last is None and low is not None
            else self.last
        )
        return low, high

    def pieces(self, edges: Edges) -> list[Piece]:
        """Return the pieces between two edges, in the order of the query."""
        low, high = edges
        cuts = _cuts(low, high, self.by) if low is not None and high is not None else []
        bounds = itertools.pairwise([self.first, *cuts, self.last])
        pieces = [_piece(left, right) for left, right in bounds]
        downwards, nulls_first = _order(self.whole, self.split_on, self.by)
        if self.first is None and self.last is None:
            first = nulls_first == downwards
            pieces = [*pieces, _WITHOUT_TIME] if first else [_WITHOUT_TIME, *pieces]
        if downwards:
            pieces.reverse()
        return pieces

    def run(self, client: Client, piece: Piece, rows: int | None = None) -> tuple[pa.Table, Run]:
        """Run one piece; refuse rows that lie outside it, or in more than this one."""
        query = self.whole.body["query"]
        filters = _narrowed(query["filters"], self.split_on, piece)
        table, one = self._asked(client, query | {"filters": filters}, rows, self.names)
        one.guarded(partial(self.check, table, piece))
        return table, one

    def period(self, piece: Piece) -> pd.Period | None:
        """Return the period that a piece lies in or that it is open from; None for one without bounds."""
        frequency = _PERIODS[self.by]
        if (left := piece.get("left_side")) is not None:
            return pd.Timestamp(left).to_period(frequency)
        if (right := piece.get("right_side")) is not None:
            return (pd.Timestamp(right) - pd.Timedelta(1, "us")).to_period(frequency)
        return None

    def columns(self, client: Client, decimals: str) -> pd.DataFrame:
        """Return the empty frame whose columns all pieces are to have, as :func:`omnipd.schema` does."""
        empty = schema(
            self.whole.body,
            user_id=self.whole.params.get("userId"),
            names=self.names,
            decimals=decimals,
            check=False,
            client=client,
        )
        empty.attrs.clear()  # they tell of a run that is none of the pieces
        return empty

    def table(
        self, client: Client, piece: Piece, columns: pa.Schema, decimals: str
    ) -> tuple[pa.Table, Run]:
        """Run one piece, and return its rows under the columns that all pieces have."""
        sent, one = self.run(client, piece)
        times.tell(sent)
        held = as_floats(sent) if decimals == "float64" else sent
        return one.guarded(lambda: with_schema(scalar_columns(held), columns)), one

    def check(self, table: pa.Table, piece: Piece) -> None:
        """Refuse rows that lie outside their piece."""
        place, column = _finest(self.whole.fields, self.split_on, self.by)
        check_rows(table.column(place), column, timeframes.split(column)[1], piece)

    def _asked(
        self, client: Client, query: dict[str, Any], rows: int | None, names: str
    ) -> tuple[pa.Table, Run]:
        one = Run(
            self.whole.body | {"query": query},
            QueryOptions(
                limit="all" if rows is None else rows,
                user_id=self.whole.params.get("userId"),
                names=names,
                decimals="exact",
            ),
            client=client,
            warns=False,
        )
        return one.guarded(one.table), one

    def _edge(self, client: Client, *, last_one: bool) -> pd.Timestamp | None:
        """Return about where the times begin or end; None where none was found.

        It only says where to cut. What else holds, such as a filter of the topic on a measure, may
        judge these groups otherwise than those of the query, so there may be rows beyond it.
        """
        column = f"{self.split_on}[{self.by}]"
        query = self.whole.body["query"]
        filters = query["filters"]
        # Without the other filters: one of a measure would judge groups that are not the query's.
        name = _own_name(filters, self.split_on)
        own = {name: filters[name]} if name in filters else {}
        asked = {
            "fields": [column],
            "sorts": [{"column_name": column, "sort_descending": last_one}],
            "filters": _narrowed(own, self.split_on, _WITH_TIME),
            "controls": [],
            "transposed_measures": [],
        }
        found, one = self._asked(client, query | asked, 1, "field")
        there = one.guarded(lambda: check_cut(found.column(0), column, self.by))
        return _period(there[0].as_py(), self.by, later=last_one) if len(there) else None


def split_query(
    query: AnyQuery,
    *,
    split_on: str,
    by: str,
    start: date | str | None,
    end: date | str | None,
    client: Client,
    limit: int | Literal["all"] = "all",
    model: str | None = None,
    branch_id: str | None = None,
    user_id: str | None = None,
    cache: str | None = None,
    names: str = "field",
) -> SplitQuery:
    """Check a query that is to be asked in pieces; what could not be joined again is refused.

    Raises
    ------
    ArgumentError
        Naming what cannot be.
    """
    with one_call():
        whole = build_request(
            query,
            limit=limit,
            model=model,
            branch_id=branch_id,
            user_id=user_id,
            client_user_id=client.user_id,
            cache=cache,
        )
    _check_split(whole, split_on, by)
    _order(whole, split_on, by)
    check_choice("names", names, ("field", "label"))
    first, last = _bound("start", start), _bound("end", end)
    if first is not None and last is not None and first >= last:
        raise ArgumentError(
            argument("start", start)
            + " is not before "
            + argument("end", end)
            + ": no row lies between them."
        )
    return SplitQuery(whole, split_on, by, first, last, names)


def bounds_of(between: object) -> tuple[Any, Any]:
    """Return where rows begin and end that lie between two times; refuse what is no such pair.

    Raises
    ------
    ArgumentError
        Naming what was given.
    """
    if between is None:
        return None, None
    if not isinstance(between, tuple | list) or len(between) != 2:
        raise ArgumentError(
            argument("between", between) + " is not a pair of times.",
            hint="Give the first that is in and the first that is not: "
            + argument("between", ("2024-01", "2025-01"))
            + "; None where there is no bound.",
        )
    first, last = (_bound("between", one) for one in between)
    if first is not None and last is not None and first >= last:
        raise ArgumentError(
            argument("between", tuple(between))
            + " ends before it begins, or where it begins: no row lies between them."
        )
    return between[0], between[1]


def _check_split(whole: QueryRequest, split_on: str, by: str) -> None:
    """Refuse what cannot be put together again from pieces."""
    check_choice("by", by, _PERIODS)
    query = whole.body["query"]
    if not isinstance(split_on, str) or not split_on or "[" in split_on:
        raise ArgumentError(
            argument("split_on", split_on) + " is not the name of a field.",
            hint=(
                "Give it without a timeframe: " + argument("split_on", "orders.created_at") + "."
            ),
        )
    if str(whole.body.get("timezone", "UTC")).upper() != "UTC":
        raise ArgumentError(
            (
                "The query has "
                + argument("timezone", whole.body["timezone"])
                + ", and pieces are cut in UTC."
            ),
            hint="Leave it out, or use run_query.",
        )
    if whole.is_sql:
        raise ArgumentError("SQL cannot be split into pieces.", hint="Put the range into the SQL.")
    for key in ("pivots", "calculations", "column_totals", "row_totals", "offset", "fill_fields"):
        if query.get(key):
            raise ArgumentError(
                f"The query has {key}, which speak of all rows and not of those of a piece.",
                hint="Leave it out, or use run_query.",
            )
    fine = _fine_enough(split_on, by)
    if not any(name.lower() in fine for name in query["fields"]):
        raise ArgumentError(
            f"A row of this query may lie in two pieces: it does not tell {split_on} by {by}.",
            hint=f"Add '{split_on}[{by}]' or a finer timeframe to its fields.",
        )
    place, column = _finest(whole.fields, split_on, by)
    folded = query.get("transposed_measures") or ()
    if any("*" in name or name in folded for name in whole.fields[:place]):
        raise ArgumentError(
            f"Before {column} stand fields that may be several columns: nothing tells which it will be.",
            hint="Put it before wildcards and transposed measures.",
        )


def _fine_enough(split_on: str, by: str) -> set[str]:
    """Return the columns, in small letters, whose values lie in one piece each."""
    finer = _TIMEFRAMES[_TIMEFRAMES.index(by) :]
    return {split_on.lower(), *(f"{split_on}[{timeframe}]".lower() for timeframe in finer)}


def _finest(fields: tuple[str, ...], split_on: str, by: str) -> tuple[int, str]:
    """Return which column of the result tells the pieces apart best, and its name."""
    columns = {name.lower(): name for name in fields}  # a result has each once, in their order
    cuts = [
        f"{split_on}[{timeframe}]".lower() for timeframe in _TIMEFRAMES[_TIMEFRAMES.index(by) :]
    ]
    finest = next(name for name in (split_on.lower(), *reversed(cuts)) if name in columns)
    return list(columns).index(finest), columns[finest]


def _order(whole: QueryRequest, split_on: str, by: str) -> tuple[bool, bool]:
    """Return whether pieces come downwards, and whether rows without a time come first."""
    sorts = whole.body["query"]["sorts"]
    if not sorts:
        return False, False
    lead = sorts[0] if isinstance(sorts[0], dict) else {}
    column = str(lead.get("column_name"))
    if column.lower() not in _fine_enough(split_on, by):
        raise ArgumentError(
            f"The query sorts by {column} first, and pieces are in the order of {split_on}.",
            hint="Sort by the split field first, or leave sorts out and sort the frame.",
        )
    downwards = bool(lead.get("sort_descending"))
    # Nulls come first upwards and last downwards, unless the query says otherwise (docs/wire.md).
    placed = {"FIRST": True, "LAST": False}.get(str(lead.get("null_sort")).upper())
    if lead.get("null_sort") == "DIALECT_DEFAULT":
        raise ArgumentError(
            "Where the database puts nulls is not known here.",
            hint='Give null_sort "FIRST" or "LAST".',
        )
    return downwards, placed if placed is not None else not downwards


def _bound(name: str, given: date | str | None) -> pd.Timestamp | None:
    if given is None:
        return None
    value = python_value(given)
    zoned = isinstance(value, datetime) and value.tzinfo is not None
    start = None
    if not zoned:
        with contextlib.suppress(ArgumentError):
            start = dates.date_literal(value, name).start
    if start is None:  # text that depends on the day it is asked is Omni's to read, and none here
        raise ArgumentError(
            argument(name, given) + " is not a date.",
            hint='Give a date or text such as "2024-03-01", to the second, without a time zone.',
        )
    return pd.Timestamp(start)


def _period(time: datetime, by: str, *, later: bool) -> pd.Timestamp:
    """Return where the piece begins that a truncated time names, or where it ends."""
    period = pd.Timestamp(time).to_period(_PERIODS[by])
    return _begin(period + 1 if later else period)


def _begin(period: pd.Period) -> pd.Timestamp:
    """Return where a period begins; `start_time` of older pandas ends with nanoseconds, in 2262."""
    days = period.asfreq("D", how="start").ordinal
    return pd.Timestamp(np.datetime64(days, "D").astype("datetime64[us]"))


def _cuts(first: pd.Timestamp, last: pd.Timestamp, by: str) -> list[pd.Timestamp]:
    """Return where the pieces between two times are cut, upwards."""
    begins, ends = first.to_period(_PERIODS[by]), last.to_period(_PERIODS[by])
    count = (ends - begins).n + (last > _begin(ends))
    if count > _MOST_PIECES:
        raise ArgumentError(
            f"That would be {count:,} pieces by {by}, a query each.",
            hint="Take longer pieces, or bounds that lie closer together.",
        )
    inner = map(_begin, pd.period_range(begins, ends))
    return [one for one in inner if first < one < last]


def _piece(left: pd.Timestamp | None, right: pd.Timestamp | None) -> Piece:
    """Return the filter from one time on and before another; where there is none, it is open."""
    sides = {
        side: dates.date_literal(time, "A piece").text
        for side, time in (("left_side", left), ("right_side", right))
        if time is not None
    }
    if not sides:
        return {"type": "null", "is_negative": True}
    kind = "BETWEEN" if len(sides) > 1 else "BEFORE" if left is None else "ON_OR_AFTER"
    return {"type": "date", "kind": kind, **sides}


def _narrowed(filters: dict[str, Any], split_on: str, piece: Piece) -> dict[str, Any]:
    """Return filters that hold and pick a piece; one field has one filter, so they are combined."""
    name = _own_name(filters, split_on)
    before = filters.get(name)
    both = {"type": "composite", "conjunction": "AND", "filters": [before, piece]}
    return filters | {name: piece if before is None else both}


def _own_name(filters: dict[str, Any], split_on: str) -> str:
    """Return how the query's own filters call the field; Omni does not mind the case."""
    return next((name for name in filters if name.lower() == split_on.lower()), split_on)
