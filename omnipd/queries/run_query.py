"""Governed queries as frames and as Arrow tables."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Literal, Unpack, overload

import pandas as pd
import pyarrow as pa

from omnipd.arguments import argument, check_flag
from omnipd.cache.lifetime import checked_lifetime
from omnipd.call import one_call
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import ArgumentError
from omnipd.formats.format_values import as_shown, wide_as_shown
from omnipd.frames import times
from omnipd.frames.to_pandas import scalar_columns, to_frame, to_wide_frame
from omnipd.frames.wide import Wide
from omnipd.queries.check_topic import check_first
from omnipd.queries.job import pivot as pivots
from omnipd.queries.job.column_facts import by_column, by_flat_column
from omnipd.queries.job.options import (
    QueryKeywords,
    QueryOptions,
    SplitKeywords,
    check_keywords,
)
from omnipd.queries.job.run import Run
from omnipd.queries.job.stored_results import ResultCache
from omnipd.queries.job.totals import warn_of_missing
from omnipd.queries.language.request import AnyQuery, QueryRequest
from omnipd.queries.split_totals import split_totals


@overload
def run_query(
    query: AnyQuery,
    *,
    totals: Literal["separate"],
    client: Client | None = None,
    **options: Unpack[SplitKeywords],
) -> tuple[pd.DataFrame, pd.DataFrame]: ...


@overload
def run_query(
    query: AnyQuery, *, client: Client | None = None, **options: Unpack[QueryKeywords]
) -> pd.DataFrame: ...


def run_query(
    query: AnyQuery,
    *,
    limit: int | Literal["all"] | None = None,
    model: str | None = None,
    branch_id: str | None = None,
    user_id: str | None = None,
    timezone: str | None = None,
    cache: str | None = None,
    timeout: float | None = None,
    totals: bool | Literal["rows", "separate"] = False,
    names: str = "field",
    decimals: str | None = None,
    check: bool | None = None,
    ttl: str | float | timedelta | None = None,
    pivot: str | None = None,
    formatted: bool = False,
    client: Client | None = None,
) -> pd.DataFrame | tuple[pd.DataFrame, pd.DataFrame]:
    """Run a governed query and return its rows.

    Parameters
    ----------
    query : Query, dict, str or path
        A :class:`omnipd.Query`; or the query object as Omni's inspector shows it, as a dict, as
        JSON text or as a .json file, with or without the outer ``{"query": …}``. It is not changed.
    limit : int or "all", optional
        Number of rows. Default: the query's own limit, else Omni's 1000.
    model : str, optional
        Replaces the query's ``modelId``. Here and there it is the id of a model or the name of a shared
        one, which :attr:`omnipd.Client.models` has; a name takes one list read through the cache.
    branch_id : str, optional
        Run against a branch of the model.
    user_id : str, optional
        Membership id to act for. Default: the client's.
    timezone : str, optional
        Name of the time zone, such as ``"Europe/Berlin"``, in which times are cut and dates of filters
        begin. Omni refuses it, or silently ignores it, where the connection or the organization
        does not allow it. Default: Omni's choice.
    cache : {"Standard", "SkipRequery", "SkipCache", "SkipCacheAndRebuildExtracts"}, optional
        How Omni may use its own cache. Default: Omni's choice.
    timeout : float, optional
        Wall-clock seconds for the whole call, whatever it consists of: all its requests, their
        retries, and the waits that Omni asks for. Waiting for a place under ``requests_per_minute``
        does not count. Default: the client's, else 600 for the query.
    totals : bool, "rows" or "separate", default False
        Keep the totals rows that the query asks for. True or ``"rows"`` keeps them where they came;
        the column ``omni_total`` says what kind each is and is null for ordinary rows.
        ``"separate"`` returns two frames, rows and totals, as :func:`split_totals` makes them of
        one. By default totals are dropped.
    names : {"field", "label"}, default "field"
        Call the columns by field (``users.state``) or by Omni's label (``State``).
    decimals : {"exact", "float64"}, optional
        ``exact`` keeps decimals, ``float64`` makes every decimal column one of floats, which all of
        pandas computes with. Default: the client's, which is exact.
    check : bool, optional
        Compare names, timeframes and types of filters with the topic first, which takes one request
        for each topic and none while its answer is cached. Where the key may not read the topic,
        the query is sent all the same. Default: True for a Query, False for the others.
    ttl : str, float or timedelta, optional
        Take the result from this machine when the same query of the same key and person was stored
        at most so long ago (``"1h"``, seconds), else store it. The modes of `cache` that skip
        Omni's cache skip this one too, and store anew. Default: nothing is stored.
    pivot : {"wide", "flat", "long"}, optional
        The form of the result of a query with pivots; others have none. ``wide``, the default, is
        what Omni shows: the index is what a row is of, and the columns have the values of the pivot
        and below each the measures. ``flat`` is the same with plain columns, which any file can
        hold: those of the rows, then ``Texas · users.count``. ``long`` is what Omni sends: one row
        for each cell that is not empty, and a column for each field.
    formatted : bool, default False
        Return the text that Omni shows in the place of each value, as
        :func:`omnipd.format_values` does; with ``names="label"`` the frame is as Omni's people see it.
    client : Client, optional
        Default: that of the ``with`` block, of :func:`omnipd.use`, or one from the environment.

    Returns
    -------
    pandas.DataFrame
        One column per field, in the order of the query, with the Arrow types that Omni sent:
        decimals stay decimals unless `decimals` says otherwise, instants are UTC. Lists and structs
        are JSON text, and so, with a warning, are times before the year 1 or after 9999.
        With ``totals="separate"`` two frames, rows and totals.
        ``df.attrs["omni"]`` has job id, SQL, labels, formats and cache kind, where known, the
        ``limit``, in ``limit_reached`` whether it may have cut rows off, and whether the result is
        ``from_cache`` of this machine; of totals in ``totals_missing`` which kinds Omni left out, and
        of how many groups; and ``pivot``: what the result is pivoted ``by``, its ``measures``, the
        number of ``columns``, the ``column_limit`` and how many were dropped for it; of a flat frame
        in ``fields`` the measure that each column is of.

    Raises
    ------
    ArgumentError
        For a query that Omni would refuse or misread; nothing was sent.
    MissingFieldsError, PlanError, QueryError
        If the model lacks a field, the query cannot be planned, or it failed.
    QueryTimeoutError
        If it ran longer than `timeout`; ``job_id`` names it.
    OutcomeUnknownError
        If the answer was lost and the query may have run; it is never sent twice.
    ResponseError
        If the result is cut or damaged. A part of it is never returned.

    Warns
    -----
    OmniWarning
        If the result has as many rows as the limit: there may be more. Should Omni send more rows
        than that, all are returned. The same of the columns of a pivot. If totals are missing that
        were asked for and are kept. If a column has times that pandas cannot hold.

    See Also
    --------
    run_query_arrow : The same as a pyarrow.Table.
    split_totals : Rows and totals apart.
    iter_batches : The rows as they arrive.
    query_to_parquet : Rows to a file, in bounded memory.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     df = omnipd.run_query({
    ...         "modelId": "flights",
    ...         "join_paths_from_topic_name": "flights",
    ...         "fields": ["flights.origin", "flights.count"],
    ...         "sorts": [{"column_name": "flights.count", "sort_descending": True}],
    ...     })
    >>> df
      flights.origin  flights.count
    0            EWR         120835
    1            JFK         111279
    2            LGA         104662
    """
    ready = Ready(
        query,
        limit=limit,
        model=model,
        branch_id=branch_id,
        user_id=user_id,
        timezone=timezone,
        cache=cache,
        timeout=timeout,
        totals="rows" if totals == "separate" else totals,
        names=names,
        decimals=decimals,
        check=check,
        ttl=ttl,
        pivot=pivot,
        formatted=formatted,
        client=client,
    )
    df = ready.frame()
    return split_totals(df) if totals == "separate" else df


def run_query_arrow(
    query: AnyQuery, *, client: Client | None = None, **options: Unpack[QueryKeywords]
) -> pa.Table:
    """Run a governed query and return its rows as an Arrow table.

    Parameters
    ----------
    query, client
        As for :func:`run_query`.
    **options
        Any other keyword of :func:`run_query`. A pivoted result is ``long`` by default, or ``flat``:
        Arrow has no columns of several levels.

    Returns
    -------
    pyarrow.Table
        The columns of :func:`run_query` with nested types as Omni sent them. Job id, SQL, labels,
        formats and ``limit_reached`` are JSON in the schema's metadata under ``omni``.

    Raises
    ------
    OmniError
        As for :func:`run_query`.

    See Also
    --------
    run_query : The same as a DataFrame.

    Examples
    --------
    >>> import omnipd, polars
    >>> with omnipd.sandbox():
    ...     table = omnipd.run_query_arrow({
    ...         "modelId": "flights", "join_paths_from_topic_name": "flights",
    ...         "fields": ["flights.origin", "flights.count"],
    ...     })
    >>> polars.from_arrow(table)["flights.count"].sum()
    336776
    """
    check_keywords(options)
    if options.get("pivot") == "wide":
        raise ArgumentError(
            argument("pivot", "wide")
            + " is of a DataFrame: Arrow has no columns of several levels.",
            hint="Pass " + argument("pivot", "flat") + ", which has the same with plain names.",
        )
    options["pivot"] = options.get("pivot") or "long"
    ready = Ready(query, client=client, **options)
    table, facts = ready.rows()
    return table.replace_schema_metadata({"omni": json.dumps(facts)})


class Ready:
    """A query that is ready to be run; making one checks every argument and sends nothing.

    Parameters
    ----------
    query, client
        As for :func:`run_query`.
    **options
        Its keywords.

    Attributes
    ----------
    run : Run
        Its run, which sends nothing before it is asked for rows.
    """

    def __init__(
        self, query: AnyQuery, *, client: Client | None = None, **options: Unpack[QueryKeywords]
    ) -> None:
        check, ttl = options.pop("check", None), options.pop("ttl", None)
        self._formatted = options.pop("formatted", False)
        self._query = query
        self._check = check
        with one_call():
            if check is not None:
                check_flag("check", check)
            check_flag("formatted", self._formatted)
            if self._formatted and options.get("decimals") is None:
                options["decimals"] = "exact"  # whatever the client's default
            self._lifetime = checked_lifetime(ttl, "ttl")
            # A type checker does not follow what was popped.
            self.run = Run(query, QueryOptions(**options), client=current_client(client))  # type: ignore[misc]
        self._form = self.run.pivot or "wide"
        if self._form != "long" and self.run.totals:
            pivots.refuse_totals_of_rows(self.run.query)
        self._store = ResultCache(self.run.client.result_folder, self.run.client.clock)
        self._stored: tuple[pa.Table, dict[str, Any]] | None = None
        self._checked = False

    @property
    def request(self) -> QueryRequest:
        """What is sent for it."""
        return self.run.request

    def look_up_models(self) -> None:
        """Put ids in place of names of models."""
        self.run.look_up_models()

    def check(self) -> None:
        """Look for a stored result; without one, hold the query against its topic, once."""
        run = self.run
        if self._checked:
            return
        with one_call(run.timeout):
            run.look_up_models()
            if self._lifetime is not None and not run.asks_anew:
                self._stored = self._store.load(run.canonical, self._lifetime)
            if self._stored is None:
                check_first(self._query, run.request, run.client, self._check)
        self._checked = True

    def rows(self) -> tuple[pa.Table, dict[str, Any]]:
        """Return all rows as :func:`run_query_arrow` does, and what is known of them."""
        table, facts = self._as_it_came()
        if self._form == "flat" and pivots.has_columns(facts):
            return self._flat(table, facts)
        return self._long(table, facts)

    def frame(self) -> pd.DataFrame:
        """Return all rows as :func:`run_query` does."""
        table, facts = self._as_it_came()
        held = self.run.guarded(lambda: scalar_columns(table))
        if self._form != "long" and pivots.has_columns(facts):
            if self._form == "flat":
                return to_frame(*self._flat(held, facts))
            return to_wide_frame(*self._widened(held, facts))
        return to_frame(*self._long(held, facts))

    def _long(self, table: pa.Table, facts: dict[str, Any]) -> tuple[pa.Table, dict[str, Any]]:
        if "pivot" in facts:
            pivots.warn_of_columns(facts["pivot"])
            table, facts = self._called(table, facts)
        if self._formatted:
            return self.run.guarded(lambda: as_shown(table, facts["formats"])), facts
        return table, facts

    def _flat(self, table: pa.Table, facts: dict[str, Any]) -> tuple[pa.Table, dict[str, Any]]:
        wide, facts = self._widened(table, facts)
        flat, facts = pivots.flat(wide, facts)
        cells = flat.column_names[wide.rows.num_columns :]
        return flat, by_flat_column(facts, cells, wide.measures)

    def _widened(self, table: pa.Table, facts: dict[str, Any]) -> tuple[Wide, dict[str, Any]]:
        shown, facts = self._called(table, facts)
        wide, facts = self.run.guarded(lambda: pivots.widened(table, shown, facts, self.run.query))
        if self._formatted:
            wide = self.run.guarded(lambda: wide_as_shown(wide, facts["formats"]))
        return wide, facts

    def _called(self, table: pa.Table, facts: dict[str, Any]) -> tuple[pa.Table, dict[str, Any]]:
        """Return a pivoted result by the names that its columns have in the end."""
        named = pivots.named(table, facts, self.run.names)
        columns = dict(zip(table.column_names, named.column_names, strict=False))
        return named, by_column(facts, columns)

    def _as_it_came(self) -> tuple[pa.Table, dict[str, Any]]:
        """Return all rows as :meth:`Run.table` does, from the disk where ``ttl`` allows it."""
        run = self.run
        with one_call(run.timeout):
            self.check()
            if self._stored is not None:
                table, facts = self._stored
                run.warn_of_limit(table)
            else:
                table, facts = run.guarded(run.table), run.facts()
                if self._lifetime is not None:
                    self._store.save(run.canonical, table, facts, self._lifetime)
            warn_of_missing(facts.get("totals_missing", {}))
        times.tell(table)
        return table, facts | {"from_cache": self._stored is not None}
