"""A query as a Dask DataFrame: one partition for each piece, read by the workers when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from omnipd.call import one_call
from omnipd.client.client import Client
from omnipd.cluster.read_piece import read_piece
from omnipd.cluster.workers_client import refuse_unsendable, workers_client
from omnipd.extras import load_extra
from omnipd.queries.language.request import AnyQuery
from omnipd.queries.pieces import bounds_of

if TYPE_CHECKING:
    import dask.dataframe


def dask_frame(
    query: AnyQuery,
    *,
    split_on: str,
    by: str = "month",
    between: tuple[date | str | None, date | str | None] | None = None,
    model: str | None = None,
    branch_id: str | None = None,
    user_id: str | None = None,
    cache: str | None = None,
    timeout: float | None = None,
    names: str = "field",
    decimals: str | None = None,
    check: bool | None = None,
    profile: str | None = None,
    connect: Callable[[], Client] | None = None,
) -> dask.dataframe.DataFrame:
    """Return a governed query as a Dask DataFrame with one partition for each month, say.

    It needs ``pip install 'omnipd[dask]'``. Here the query is checked, its columns are asked for, and
    where its times begin and end; no piece is read. Each worker reads the pieces that it is given
    when something is computed, and again when it is computed again: ``.persist()`` keeps them. Each
    piece comes whole or is an error, as by :func:`run_query_in_pieces`, which refuses the same queries.

    No API key goes into a task. Every worker makes one client for its process, and all of them share
    the limit of the key: on one machine by its state folder, on several by the Redis server that
    ``OMNIPD_LIMITER`` or ``omnipd.connect(limiter=)`` names.

    Parameters
    ----------
    query : Query, dict, str or path
        As for :func:`run_query_in_pieces`.
    split_on : str
        The time field to split on, without a timeframe: ``orders.created_at``.
    by : {"year", "quarter", "month", "date"}, default "month"
        How long a piece is.
    between : tuple of date or str, optional
        Only rows from the first on and before the second, each a date or text as for
        ``run_query_in_pieces(start=, end=)``, or None. By default all rows, with those without a time
        in a partition of their own.
    model, branch_id, user_id, cache
        As for :func:`run_query`.
    timeout : float, optional
        Wall-clock seconds for the whole call, whatever it consists of: all its requests, their
        retries, and the waits that Omni asks for. Waiting for a place under ``requests_per_minute``
        does not count. Here that is what is asked before any piece is, and in a worker each
        piece for itself. Default: the client's, else 600 for each query.
    names, decimals
        As for :func:`run_query`.
    check : bool, optional
        As for :func:`run_query`; once, here.
    profile : str, optional
        The profile of Omni's command line that each worker finds on its machine. Default: what its
        environment says.
    connect : callable, optional
        Called without arguments, once in each process and once here; it returns a client. It is sent to
        the workers and may hold no key: ``lambda: omnipd.connect(limiter="redis://…")`` takes that
        of the worker's environment.

    Returns
    -------
    dask.dataframe.DataFrame
        Its partitions have the columns and the Arrow types of :func:`schema`, also those without rows,
        in the order of the pieces.

    Raises
    ------
    ArgumentError
        As for :func:`run_query_in_pieces`. For a Client, or a function with a key in it; and where the
        client of a ``with`` block or of :func:`use` is not the one that the environment leads to.
    SettingsError
        If Dask is not installed. From a worker: if it would ask another Omni.
    ResponseError
        From a worker: if a piece has values that the types of the columns cannot hold exactly.
    OmniError
        As for :func:`run_query`.

    See Also
    --------
    run_query_in_pieces : The same in this process, as one frame.
    query_to_dataset : The pieces as Parquet files.

    Examples
    --------
    >>> import os, omnipd
    >>> from unittest import mock
    >>> query = omnipd.Query("flights", "flights").select("flights.date[date]", "flights.count")
    >>> with omnipd.sandbox() as omni, mock.patch.dict(
    ...     os.environ, OMNI_BASE_URL=omni.base_url, OMNI_API_KEY=omni.api_key
    ... ):
    ...     days = omnipd.dask_frame(query, split_on="flights.date", between=("2013-01", "2013-07"))
    ...     flights = days["flights.count"].sum().compute(scheduler="synchronous")
    >>> days.npartitions, int(flights)
    (6, 166158)
    """
    dataframe = load_extra("dask.dataframe", "dask", "Dask DataFrames need")
    start, end = bounds_of(between)
    theirs, client = workers_client(connect, profile)
    with one_call(timeout):
        read, empty = read_piece(
            query,
            client,
            theirs,
            split_on=split_on,
            by=by,
            start=start,
            end=end,
            model=model,
            branch_id=branch_id,
            user_id=user_id,
            cache=cache,
            timeout=timeout,
            names=names,
            decimals=decimals,
            check=check,
        )
        pieces = read.pieces()
    refuse_unsendable(read)
    frame: dask.dataframe.DataFrame = dataframe.from_map(
        read, pieces, meta=empty, label="omnipd-piece"
    )
    return frame
