"""A query to a Parquet dataset: a file for each piece, written as the pieces come."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Mapping
from datetime import date
from typing import Any

from omnipd.arguments import DECIMALS, check_choice, whole_number
from omnipd.call import noted_interrupt, one_call
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.clock import checked_timeout
from omnipd.errors import OmniError, held_warnings, warn
from omnipd.in_threads import as_completed
from omnipd.paths import place
from omnipd.progress import steps
from omnipd.queries.check_topic import check_first
from omnipd.queries.dataset_files import Cut, DatasetFiles, stored_columns
from omnipd.queries.language.request import AnyQuery
from omnipd.queries.pieces import bounds_of, split_query

_MAX_WORKERS = 16


def query_to_dataset(
    query: AnyQuery,
    folder: str | os.PathLike[str],
    *,
    split_on: str,
    by: str = "month",
    between: tuple[date | str | None, date | str | None] | None = None,
    max_workers: int = 4,
    model: str | None = None,
    branch_id: str | None = None,
    user_id: str | None = None,
    cache: str | None = None,
    timeout: float | None = None,
    names: str = "field",
    decimals: str | None = None,
    check: bool | None = None,
    storage_options: Mapping[str, Any] | None = None,
    client: Client | None = None,
) -> int:
    """Run a governed query once for each month, say, and write a Parquet file for each to one folder.

    The folder is a dataset that any engine reads: ``pandas.read_parquet(folder)``, DuckDB's
    ``read_parquet('folder/*.parquet')``, polars, Dask and Spark. All files have the same columns and types,
    also those without rows, and are named after their pieces: ``2013-01.parquet``.

    A call that is broken off, in whatever way, goes on when it is made again: pieces that were written are
    checked, and asked for again only if they are not whole. So is a dataset that is there already: to read
    the query anew, take another folder, or delete this one.

    Parameters
    ----------
    query : Query, dict, str or path
        As for :func:`run_query_in_pieces`.
    folder : path-like
        It appears when all pieces are there; until then they lie beside it, in a folder whose name begins
        with a dot. Folders above that are missing are made. Or an address that fsspec knows, such as
        ``s3://bucket/flights``: there each piece appears as it is written, and only the end of the call
        says that all are there.
    split_on : str
        The time field to split on, without a timeframe: ``orders.created_at``.
    by : {"year", "quarter", "month", "date"}, default "month"
        How long a piece is.
    between : tuple of date or str, optional
        As for :func:`dask_frame`. By default all rows, with those without a time in
        ``without-time.parquet``.
    max_workers : int, default 4
        How many pieces are read at the same time, 1 to 16. So many are in memory.
    model, branch_id, user_id, cache
        As for :func:`run_query`.
    timeout : float, optional
        Wall-clock seconds for the whole call, whatever it consists of: all its requests, their
        retries, and the waits that Omni asks for. Waiting for a place under ``requests_per_minute``
        does not count. Default: the client's, else 600 for each piece.
    names, decimals, check
        As for :func:`run_query`.
    storage_options : mapping, optional
        As for :func:`to_parquet`.
    client : Client, optional
        As for :func:`run_query`.

    Returns
    -------
    int
        The number of rows of all pieces.

    Raises
    ------
    ArgumentError
        As for :func:`run_query_in_pieces`.
    ExportError
        If the folder holds anything else, or pieces of another query; if it cannot be written.
    ExportIncompleteError
        If a file cannot be written to its end.
    ResponseError
        If a piece has values that the types of the columns cannot hold exactly, or rows that lie outside it.
    OmniError
        As for :func:`run_query`. What was written stays.

    See Also
    --------
    query_to_parquet : One query to one file.
    dask_frame : The pieces as a Dask DataFrame.

    Examples
    --------
    >>> import omnipd, pandas, pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "flights"
    >>> query = omnipd.Query("flights", "flights").select("flights.date[date]", "flights.count")
    >>> with omnipd.sandbox():
    ...     omnipd.query_to_dataset(query, folder, split_on="flights.date", by="quarter")
    365
    >>> sorted(file.name for file in folder.iterdir())
    ['2013Q1.parquet', '2013Q2.parquet', '2013Q3.parquet', '2013Q4.parquet', 'without-time.parquet']
    >>> int(pandas.read_parquet(folder)["flights.count"].sum())
    336776
    """
    target = place("folder", folder, storage_options)
    max_workers = whole_number("max_workers", max_workers, maximum=_MAX_WORKERS)
    checked_timeout(timeout)
    if decimals is not None:
        check_choice("decimals", decimals, DECIMALS)
    start, end = bounds_of(between)
    client = current_client(client)
    decimals = decimals or client.decimals
    split = split_query(
        query,
        split_on=split_on,
        by=by,
        start=start,
        end=end,
        client=client,
        model=model,
        branch_id=branch_id,
        user_id=user_id,
        cache=cache,
        names=names,
    )
    said: list[str] = []
    rows: dict[str, int] = {}
    with one_call(timeout) as call, steps(client, "pieces") as how_far:
        split = split.with_model_ids(client)
        files = DatasetFiles(target, split, f"{client.base_url} {decimals}")
        cut = files.found()
        if cut is None:
            check_first(query, split.whole, client, check)
            files.make()
            columns = stored_columns(split.columns(client, decimals))
            cut = Cut(split.edges(client), columns)
        named = files.named(split.pieces(cut.edges))
        for name, piece in named.items():
            if (written := files.rows(name, piece, cut)) is not None:
                rows[name] = written

        def write(name: str) -> int:
            with held_warnings() as texts:  # in a thread no line of the caller's is on the stack
                table, _ = split.table(client, named[name], cut.columns, decimals)
                files.write(name, named[name], cut, table)
            said.extend(texts)
            return len(table)

        def so_far() -> list[str]:
            return [
                f"{len(rows)} of {len(named)} pieces are in {files.root}; the same call goes on with the rest."
            ]

        how_far.at(len(rows), len(named))
        missing = deque(name for name in named if name not in rows)
        try:
            with (
                noted_interrupt(so_far),
                contextlib.closing(
                    as_completed(write, missing, lambda: max_workers, call)
                ) as completed,
            ):
                for name, count in completed:
                    rows[name] = count
                    how_far.at(len(rows), len(named))
        except OmniError as error:
            error.add_note("\n".join(so_far()))
            raise
        files.finish(named)
    for text in dict.fromkeys(said):
        warn(text)
    return sum(rows.values())
