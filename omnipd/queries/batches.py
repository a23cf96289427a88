"""Results of queries in bounded memory: batch after batch, or straight to a file."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import os
from collections.abc import Iterator, Mapping
from typing import IO, Any, Unpack

import pyarrow as pa
import pyarrow.parquet

from omnipd.call import goes_on_later, one_call
from omnipd.client.client import Client
from omnipd.export.dictionaries import columns_that_repeat
from omnipd.export.whole_files import write_atomically
from omnipd.frames.to_pandas import storable_columns
from omnipd.paths import place_of_file
from omnipd.queries.job.options import BatchKeywords, check_keywords
from omnipd.queries.job.run import Run
from omnipd.queries.language.request import AnyQuery
from omnipd.queries.run_query import Ready

#: How much at least is written as one row group.
_GROUP_BYTES = 4 * 2**20
#: A column with many different values is not worth a dictionary; making one takes the most memory.
_LARGEST_DICTIONARY = 2**17


def iter_batches(
    query: AnyQuery,
    *,
    client: Client | None = None,
    **options: Unpack[BatchKeywords],
) -> Iterator[pa.RecordBatch]:
    """Run a governed query and yield its rows as they arrive, one Arrow record batch each.

    Only one batch is in memory at a time, however large the result is. The query is sent when the
    first batch is asked for. **It may fail late**: only behind the last batch is it known that the
    result is whole and the job did not fail. Take what came as the result when the loop has ended,
    not before; :func:`query_to_parquet` does so.

    Parameters
    ----------
    query, client
        As for :func:`run_query`.
    **options
        Any other keyword of :func:`run_query` but ``ttl`` and ``pivot``: a pivoted result is long. Here ``timeout`` also counts what is done
        between two batches, though not before the first; with ``names="label"`` the rows wait for their labels
        where Omni sends these behind them; ``check`` is done at once.

    Returns
    -------
    iterator of pyarrow.RecordBatch
        The rows of :func:`run_query_arrow` in the same order, all batches with the same columns and
        types, each validated. A result without rows is one batch without rows.

    Raises
    ------
    OmniError
        As for :func:`run_query`; from the loop, at any batch.
    NetworkError
        If the connection broke inside the result. It is not resumed.

    See Also
    --------
    run_query_arrow : All rows as one table.
    query_to_parquet : Rows to a file that appears only when it is whole.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     rows = 0
    ...     for batch in omnipd.iter_batches({
    ...         "modelId": "flights", "join_paths_from_topic_name": "flights",
    ...         "fields": ["flights.id", "flights.carrier"],
    ...     }, limit="all"):
    ...         rows += batch.num_rows
    >>> rows
    336776
    """
    check_keywords(options, BatchKeywords, "iter_batches")
    ready = Ready(query, client=client, pivot="long", **options)
    with one_call(ready.run.timeout):
        ready.check()
        return goes_on_later(ready.run.batches(), ready.run.client.clock)


def query_to_parquet(
    query: AnyQuery,
    path: str | os.PathLike[str],
    *,
    storage_options: Mapping[str, Any] | None = None,
    client: Client | None = None,
    **options: Unpack[BatchKeywords],
) -> int:
    """Run a governed query and write its rows to a Parquet file, in bounded memory.

    The file appears whole under its name or not at all; one that stood there is replaced only when
    the result is known to be complete.

    Parameters
    ----------
    query : Query, dict, str or path
        As for :func:`run_query`.
    path : path-like
        A file, or an address as for :func:`to_parquet`. Folders that are missing are made. Nothing is
        sent where it cannot be written; of an address that is known at the end.
    storage_options : mapping, optional
        As for :func:`to_parquet`.
    client, **options
        As for :func:`iter_batches`.

    Returns
    -------
    int
        The number of rows.

    Raises
    ------
    OmniError
        As for :func:`run_query`.
    ExportError
        If the file cannot be opened, or a column cannot be stored.
    ExportIncompleteError
        If the file cannot be written to its end.

    See Also
    --------
    to_parquet : A frame that you have.

    Examples
    --------
    >>> import omnipd, pandas, pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "flights.parquet"
    >>> with omnipd.sandbox():
    ...     omnipd.query_to_parquet({
    ...         "modelId": "flights", "join_paths_from_topic_name": "flights",
    ...         "fields": ["flights.id", "flights.carrier"],
    ...     }, path, limit="all")
    336776
    >>> pandas.read_parquet(path)["flights.carrier"].nunique()
    16
    """
    target = place_of_file("path", path, storage_options)
    check_keywords(options, BatchKeywords, "query_to_parquet")
    ready = Ready(query, client=client, pivot="long", **options)
    rows = 0

    def write(file: IO[bytes]) -> None:
        nonlocal rows
        ready.check()
        rows = _write(ready.run, file)

    with one_call(ready.run.timeout):
        write_atomically(target, write)
    return rows


def _write(run: Run, file: IO[bytes]) -> int:
    """Write a run's rows as Parquet and return how many they are."""
    rows = 0
    # Whoever holds the error of a write that failed must not hold the connection with it.
    with contextlib.closing(run.batches()) as batches:
        first = next(batches)  # there always is one
        stored = run.guarded(functools.partial(storable_columns, pa.Table.from_batches([first])))
        schema, dictionaries = stored.schema, columns_that_repeat(stored)
        groups = _groups(itertools.chain([first], batches))
        del first, stored
        with pyarrow.parquet.ParquetWriter(
            file,
            schema,
            use_dictionary=dictionaries,
            dictionary_pagesize_limit=_LARGEST_DICTIONARY,
        ) as writer:
            for group in groups:
                table = run.guarded(functools.partial(storable_columns, group))
                rows += table.num_rows
                writer.write_table(table)
                del group, table  # before the next one comes
            writer.add_key_value_metadata({"omni": json.dumps(run.facts())})
    return rows


def _groups(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield rows by the row group; each may be let go before the next is read."""
    waiting: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        waiting.append(batch)
        size += batch.nbytes
        del batch
        if size >= _GROUP_BYTES:
            group, waiting, size = pa.Table.from_batches(waiting), [], 0
            yield group
            del group
    if waiting:
        yield pa.Table.from_batches(waiting)
