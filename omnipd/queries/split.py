"""A large result, asked for in pieces along a time: one query per month, say, joined again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Literal

import pandas as pd
import pyarrow as pa

from omnipd.arguments import DECIMALS, check_choice
from omnipd.call import noted_interrupt, one_call
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.clock import checked_timeout
from omnipd.errors import OmniError, warn
from omnipd.frames import times
from omnipd.frames.decimals import as_floats
from omnipd.frames.to_pandas import scalar_columns, to_frame
from omnipd.frames.unify_schemas import with_one_schema
from omnipd.progress import Steps, steps
from omnipd.queries.check_topic import check_first
from omnipd.queries.job.run import Run, words_of_limit
from omnipd.queries.language.request import AnyQuery
from omnipd.queries.pieces import Piece, SplitQuery, split_query


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
    split = split_query(
        query,
        split_on=split_on,
        by=by,
        start=start,
        end=end,
        client=client,
        limit="all" if limit is None else limit,
        model=model,
        branch_id=branch_id,
        user_id=user_id,
        cache=cache,
        names=names,
    )
    with one_call(timeout), steps(client, "pieces") as how_far:
        split = split.with_model_ids(client)
        check_first(query, split.whole, client, check)
        pieces = split.pieces(split.edges(client))
        table_of = as_floats if (decimals or client.decimals) == "float64" else _as_sent
        return _one_after_the_other(pieces, split, client, table_of, how_far)


def _as_sent(table: pa.Table) -> pa.Table:
    return table


def _one_after_the_other(
    pieces: list[Piece],
    split: SplitQuery,
    client: Client,
    table_of: Callable[[pa.Table], pa.Table],
    how_far: Steps,
) -> pd.DataFrame:
    """Run the pieces up to the limit."""
    limit = split.whole.limit
    tables: list[pa.Table] = []
    runs: list[Run] = []
    left = limit

    def so_far() -> list[str]:
        return [f"Run so far: {len(runs)} of {len(pieces)} pieces, and nothing of them is kept."]

    how_far.total = len(pieces)
    with noted_interrupt(so_far):
        for piece in pieces:
            try:
                table, one = split.run(client, piece, left)
                wider = one.guarded(partial(with_one_schema, tables, table))
            except OmniError as error:
                if tables:
                    error.partial = _joined(tables, runs, limit, table_of, complete=False)
                raise
            tables = wider
            runs.append(one)
            how_far.at(len(runs), len(pieces))
            left = None if left is None else left - len(table)
            if left is not None and left <= 0:
                break
    rows = sum(map(len, tables))
    if limit is not None and rows >= limit:
        warn(words_of_limit(rows, limit))
    return _joined(tables, runs, limit, table_of, complete=True)


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
