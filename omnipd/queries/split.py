"""A large result, asked for in pieces along a time: one query per month, say, joined again."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from omnipd.arguments import DECIMALS, argument, check_choice
from omnipd.call import noted_interrupt, one_call
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.clock import checked_timeout
from omnipd.errors import ArgumentError, OmniError, warn
from omnipd.frames import times
from omnipd.frames.decimals import as_floats
from omnipd.frames.scalars import python_value
from omnipd.frames.to_pandas import scalar_columns, to_frame
from omnipd.frames.unify_schemas import with_one_schema
from omnipd.progress import Steps, steps
from omnipd.queries.check_split import check_cut, check_rows
from omnipd.queries.check_topic import check_first
from omnipd.queries.job.model_ids import with_model_ids
from omnipd.queries.job.options import QueryOptions
from omnipd.queries.job.run import Run, words_of_limit
from omnipd.queries.language import dates, timeframes
from omnipd.queries.language.request import AnyQuery, QueryRequest, build_request

#: Timeframes from the coarsest to the finest. No week: it lies in two months.
_TIMEFRAMES = ("year", "quarter", "month", "date", "hour", "minute", "second", "millisecond")
_PERIODS = {"year": "Y", "quarter": "Q", "month": "M", "date": "D"}
_MOST_PIECES = 1000

#: A filter of the split field that picks one piece.
Piece = dict[str, Any]


def run_query_in_pieces(
    query: AnyQuery,
    *,
    split_on: str,
    by: str = "month",
    start: date | str | None = None,
    end: date | str | None = None,
    limit: int | Literal["all"] | None = "all",
    model: str | None = None,
    branch_id: str | None = None,
    user_id: str | None = None,
    cache: str | None = None,
    timeout: float | None = None,
    names: str = "field",
    decimals: str | None = None,
    check: bool | None = None,
    client: Client | None = None,
) -> pd.DataFrame:
    """Run a governed query once for each month, say, and return the rows of all as one frame.

    For results that are too large or too slow for one query. Rows of different pieces are never
    added up, so a query is refused unless each of its rows belongs to one piece: the field to split
    on must be among its fields, as it is or at a timeframe that is as fine as the pieces. Pieces are cut
    in UTC; where Omni cuts the field in another time zone, the rows of a piece do not lie in it, and
    that is an error. The pieces are read one after the other; what changes in between may be seen in
    one and not in another.

    Parameters
    ----------
    query : Query, dict, str or path
        As for :func:`run_query`. Without totals, pivots, calculations, an offset and SQL, which
        speak of all rows at once. Its sorts must begin with the field to split on, or be none.
    split_on : str
        The time field to split on, without a timeframe: ``orders.created_at``.
    by : {"year", "quarter", "month", "date"}, default "month"
        How long a piece is.
    start, end : date or str, optional
        Only rows from `start` on and before `end`, which leaves out rows without a time: a date, a
        datetime, or text such as ``2024-03`` and ``2024-03-01 17:30``. Where one is not given, one
        more query asks for it; where neither is, rows without a time are a piece of their own.
    limit : int, "all" or None, default "all"
        Number of rows of the whole; None is all, too. The query's own limit does not count.
    model, branch_id, user_id, cache
        As for :func:`run_query`.
    timeout : float, optional
        Wall-clock seconds for the whole call, whatever it consists of: all its requests, their
        retries, and the waits that Omni asks for. Waiting for a place under ``requests_per_minute``
        does not count. Default: the client's, else 600 for each piece.
    names : {"field", "label"}, default "field"
        As for :func:`run_query`.
    decimals : {"exact", "float64"}, optional
        As for :func:`run_query`.
    check : bool, optional
        As for :func:`run_query`; once for all pieces.
    client : Client, optional
        As for :func:`run_query`.

    Returns
    -------
    pandas.DataFrame
        The rows that :func:`run_query` would return, in the order of the pieces: as the query
        sorts, else upwards with rows without a time last. ``df.attrs["omni"]`` has ``pieces``, how
        many queries they took, and ``job_ids``.

    Raises
    ------
    ArgumentError
        If the query cannot be joined from pieces, or there would be more than 1,000.
    ResponseError
        If rows came that lie outside their piece, or columns whose types do not go together.
    OmniError
        As for :func:`run_query`. ``partial`` is a frame of the pieces before, if any.

    See Also
    --------
    run_query : The same in one query.
    query_to_parquet : One query in bounded memory.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox() as omni:
    ...     df = omnipd.run_query_in_pieces({
    ...         "modelId": "flights", "join_paths_from_topic_name": "flights",
    ...         "fields": ["flights.date[date]", "flights.origin", "flights.count"],
    ...     }, split_on="flights.date", by="quarter")
    >>> len(df), df["flights.count"].sum(), df.attrs["omni"]["pieces"]
    (1095, 336776, 5)
    """
    client = current_client(client)
    checked_timeout(timeout)
    if decimals is not None:
        check_choice("decimals", decimals, DECIMALS)
    with one_call():
        whole = build_request(
            query,
            limit="all" if limit is None else limit,
            model=model,
            branch_id=branch_id,
            user_id=user_id,
            client_user_id=client.user_id,
            cache=cache,
        )
    filters = whole.body["query"]["filters"]
    _check_split(whole, split_on, by)
    downwards, nulls_first = _order(whole, split_on, by)
    first, last = _bound("start", start), _bound("end", end)
    if first is not None and last is not None and first >= last:
        raise ArgumentError(
            argument("start", start)
            + " is not before "
            + argument("end", end)
            + ": no row lies between them."
        )

    def run(piece: Piece | None, rows: int | None, **changes: Any) -> tuple[pa.Table, Run]:
        asked = whole.body["query"] | changes
        if piece is not None:
            asked = asked | {"filters": _narrowed(asked["filters"], split_on, piece)}
        one = Run(
            whole.body | {"query": asked},
            QueryOptions(
                limit="all" if rows is None else rows,
                user_id=whole.params.get("userId"),
                names="field" if changes else names,
                decimals="exact",
            ),
            client=client,
            warns=False,
        )
        return one.guarded(one.table), one

    def edge(*, last_one: bool) -> pd.Timestamp | None:
        """Return about where the times begin or end; None where none was found.

        It only says where to cut. What else holds, such as a filter of the topic on a measure, may
        judge these groups otherwise than those of the query, so there may be rows beyond it.
        """
        column = f"{split_on}[{by}]"
        sort = {"column_name": column, "sort_descending": last_one}
        # Without the other filters: one of a measure would judge groups that are not the query's.
        own = {name: one for name, one in filters.items() if name == _own_name(filters, split_on)}
        there: Piece = {"type": "null", "is_negative": True}
        found, one = run(
            there,
            1,
            fields=[column],
            sorts=[sort],
            filters=own,
            controls=[],
            transposed_measures=[],
        )
        times = one.guarded(lambda: check_cut(found.column(0), column, by))
        return _period(times[0].as_py(), by, later=last_one) if len(times) else None

    with one_call(timeout), steps(client, "pieces") as how_far:
        whole = with_model_ids(whole, client)
        check_first(query, whole, client, check)
        low = edge(last_one=False) if first is None else first
        high = edge(last_one=True) if last is None and low is not None else last
        cuts = _cuts(low, high, by) if low is not None and high is not None else []
        pieces = [_piece(left, right) for left, right in itertools.pairwise([first, *cuts, last])]
        if first is None and last is None:
            nothing: Piece = {"type": "null", "is_negative": False}
            pieces = [*pieces, nothing] if nulls_first == downwards else [nothing, *pieces]
        if downwards:
            pieces.reverse()
        table_of = as_floats if (decimals or client.decimals) == "float64" else _as_sent
        return _one_after_the_other(
            pieces, run, whole, _finest(whole.fields, split_on, by), table_of, how_far
        )


def _as_sent(table: pa.Table) -> pa.Table:
    return table


def _one_after_the_other(
    pieces: list[Piece],
    run: Callable[[Piece, int | None], tuple[pa.Table, Run]],
    whole: QueryRequest,
    told_by: tuple[int, str],
    table_of: Callable[[pa.Table], pa.Table],
    how_far: Steps,
) -> pd.DataFrame:
    """Run the pieces up to the limit, and hold the rows of each against its bounds."""
    place, column = told_by
    timeframe = timeframes.split(column)[1]
    tables: list[pa.Table] = []
    runs: list[Run] = []
    left = whole.limit

    def so_far() -> list[str]:
        return [f"Run so far: {len(runs)} of {len(pieces)} pieces, and nothing of them is kept."]

    how_far.total = len(pieces)
    with noted_interrupt(so_far):
        for piece in pieces:
            try:
                table, one = run(piece, left)
                one.guarded(partial(check_rows, table.column(place), column, timeframe, piece))
                wider = one.guarded(partial(with_one_schema, tables, table))
            except OmniError as error:
                if tables:
                    error.partial = _joined(tables, runs, whole.limit, table_of, complete=False)
                raise
            tables = wider
            runs.append(one)
            how_far.at(len(runs), len(pieces))
            left = None if left is None else left - len(table)
            if left is not None and left <= 0:
                break
    rows = sum(map(len, tables))
    if whole.limit is not None and rows >= whole.limit:
        warn(words_of_limit(rows, whole.limit))
    return _joined(tables, runs, whole.limit, table_of, complete=True)


def _joined(
    tables: list[pa.Table],
    runs: list[Run],
    limit: int | None,
    table_of: Callable[[pa.Table], pa.Table],
    *,
    complete: bool,
) -> pd.DataFrame:
    # A column may be whole numbers in one piece and decimals in another: joined first, exactly.
    rows = runs[-1].guarded(lambda: table_of(pa.concat_tables(tables)))
    times.tell(rows)
    table = runs[-1].guarded(lambda: scalar_columns(rows))
    facts = [run.facts() for run in runs]
    whole = facts[-1] | {
        "job_id": None,
        "sql": None,
        "limit": limit,
        "limit_reached": limit is not None and len(table) >= limit,
        "complete": complete,
        "pieces": len(runs),
        "job_ids": [one["job_id"] for one in facts],
    }
    return to_frame(table, whole)


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
            hint=(
                "Take longer pieces, or give " + argument("start") + " and " + argument("end") + "."
            ),
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
