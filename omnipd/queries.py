"""Governed queries as frames and as Arrow tables."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from omnipd import envelope, filters, jobs, results
from omnipd.client import Client, current_client
from omnipd.clock import check_timeout
from omnipd.errors import OmniError, QueryError, ResponseError, notice
from omnipd.frames import scalar_columns, to_frame
from omnipd.params import check_choice

#: Verbatim SQL without a limit of its own is cut by Omni here, plus one row (docs/wire.md).
_SQL_CAP = 50_001


def run_query(
    query: Mapping[str, Any] | str | os.PathLike[str],
    *,
    limit: int | Literal["all"] | None = None,
    model_id: str | None = None,
    branch_id: str | None = None,
    user_id: str | None = None,
    cache: str | None = None,
    timeout: float | None = None,
    totals: bool = False,
    names: str = "field",
    client: Client | None = None,
) -> pd.DataFrame:
    """Run a governed query and return its rows.

    Parameters
    ----------
    query : dict, str or path
        The query object as Omni's inspector shows it, as a dict, as JSON text or as a .json file;
        with or without the outer ``{"query": …}``. It is not changed.
    limit : int or "all", optional
        Number of rows. Default: the query's own limit, else Omni's 1000.
    model_id : str, optional
        Replaces the query's ``modelId``.
    branch_id : str, optional
        Run against a branch of the model.
    user_id : str, optional
        Membership id to act for. Default: the client's.
    cache : {"Standard", "SkipRequery", "SkipCache", "SkipCacheAndRebuildExtracts"}, optional
        How Omni may use its own cache. Default: Omni's choice.
    timeout : float, optional
        Wall-clock seconds for the whole query. Default: the client's, else 600.
    totals : bool, default False
        Keep the totals rows that the query asks for; the column ``omni_total`` says what kind each
        is and is null for ordinary rows. By default they are dropped.
    names : {"field", "label"}, default "field"
        Call the columns by field (``users.state``) or by Omni's label (``State``).
    client : Client, optional
        Default: that of the ``with`` block, else one from the environment.

    Returns
    -------
    pandas.DataFrame
        One column per field, in the order of the query, with the Arrow types that Omni sent:
        decimals stay decimals, instants are UTC. Lists and structs are JSON text.
        ``df.attrs["omni"]`` has job id, SQL, labels, formats and cache kind, where known, the
        ``limit``, and in ``limit_reached`` whether it may have cut rows off.

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
        If the result is cut or damaged. Never is a part of it returned.

    Warns
    -----
    OmniWarning
        If the result has as many rows as the limit: there may be more. Should Omni send more rows
        than that, all are returned.

    See Also
    --------
    run_query_arrow : The same as a pyarrow.Table.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox() as omni:
    ...     df = omnipd.run_query({
    ...         "modelId": omni.models["flights"],
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
    table, facts = _run(
        query,
        limit,
        model_id,
        branch_id,
        user_id,
        cache,
        timeout,
        totals,
        names,
        current_client(client),
        scalar_columns,
    )
    return to_frame(table, facts)


def run_query_arrow(
    query: Mapping[str, Any] | str | os.PathLike[str],
    *,
    limit: int | Literal["all"] | None = None,
    model_id: str | None = None,
    branch_id: str | None = None,
    user_id: str | None = None,
    cache: str | None = None,
    timeout: float | None = None,
    totals: bool = False,
    names: str = "field",
    client: Client | None = None,
) -> pa.Table:
    """Run a governed query and return its rows as an Arrow table.

    Parameters
    ----------
    query, limit, model_id, branch_id, user_id, cache, timeout, totals, names, client
        As for :func:`run_query`.

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
    >>> with omnipd.sandbox() as omni:
    ...     table = omnipd.run_query_arrow({
    ...         "modelId": omni.models["flights"], "join_paths_from_topic_name": "flights",
    ...         "fields": ["flights.origin", "flights.count"],
    ...     })
    >>> polars.from_arrow(table)["flights.count"].sum()
    336776
    """
    table, facts = _run(
        query,
        limit,
        model_id,
        branch_id,
        user_id,
        cache,
        timeout,
        totals,
        names,
        current_client(client),
        lambda table: table,
    )
    return table.replace_schema_metadata({"omni": json.dumps(facts)})


def _run(
    query: Mapping[str, Any] | str | os.PathLike[str],
    limit: int | Literal["all"] | None,
    model_id: str | None,
    branch_id: str | None,
    user_id: str | None,
    cache: str | None,
    timeout: float | None,
    totals: bool,
    names: str,
    client: Client,
    finish: Callable[[pa.Table], pa.Table],
) -> tuple[pa.Table, dict[str, Any]]:
    check_choice("names", names, ("field", "label"))
    check_timeout(timeout)
    request = envelope.build(
        query,
        limit=limit,
        model_id=model_id,
        branch_id=branch_id,
        user_id=user_id,
        client_user_id=client.user_id,
        cache=cache,
    )
    outcome = jobs.run(client, request, timeout=timeout)
    _check_filters(outcome, request)
    table = _table_of(outcome, request, finish, totals=totals)
    rows = table.column(results.TOTAL_COLUMN).null_count if totals else table.num_rows
    limit_reached = _say_whether_cut(rows, request)
    facts = _facts(outcome, client) | {"limit": request.limit, "limit_reached": limit_reached}
    return results.labelled(
        table, outcome.summary.get("fields")
    ) if names == "label" else table, facts


def _say_whether_cut(rows: int, request: envelope.Envelope) -> bool:
    """Return whether there may be more rows than came, and warn of it."""
    if request.is_sql:
        if rows == _SQL_CAP:
            notice(f"The result has {rows:,} rows, where Omni cuts SQL without a limit of its own.")
        return rows == _SQL_CAP
    if request.limit is None or rows < request.limit:
        return False
    # Rows above the limit are kept: which of them are too many, nothing tells.
    has = f"exactly {rows:,} rows" if rows == request.limit else f"{rows:,} rows"
    which = "which is its limit" if rows == request.limit else f"and its limit is {request.limit:,}"
    notice(f'The result has {has}, {which}: there may be more. Pass limit="all" for all of them.')
    return True


def _check_filters(outcome: jobs.Outcome, request: envelope.Envelope) -> None:
    """Refuse a result that a filter of the wrong type did not narrow: Omni says nothing of it."""
    described = outcome.summary.get("fields")
    types = {
        name: str(field.get("data_type"))
        for name, field in (described if isinstance(described, dict) else {}).items()
        if isinstance(field, dict)
    }
    wrong = [] if request.is_sql else filters.ignored(request.body["query"]["filters"], types)
    if wrong:
        shown = ", ".join(f"{name} ({types.get(name, 'TIMESTAMP')})" for name in wrong)
        raise QueryError(
            f"The filter is of another type than its field, and Omni did not apply it: {shown}.",
            hint="STRING takes string filters, NUMBER number, TIMESTAMP date, BOOLEAN boolean.",
            error_type="FILTER_IGNORED",
            job_id=outcome.job_id,
        )


def _table_of(
    outcome: jobs.Outcome,
    request: envelope.Envelope,
    finish: Callable[[pa.Table], pa.Table],
    *,
    totals: bool,
) -> pa.Table:
    said = outcome.line.get("cache_metadata")
    count = said.get("num_rows") if isinstance(said, dict) else None
    known = isinstance(count, int) and not isinstance(count, bool)
    try:
        table = results.decode(outcome.payload, count if known else None)
        table = results.normalise(table, request.fields, totals=totals, pivoted=request.pivoted)
        return finish(table)
    except OmniError as error:
        error.job_id = outcome.job_id
        raise
    except (pa.ArrowException, ValueError, TypeError, NotImplementedError) as error:
        reason = str(error)[:200]
    raise ResponseError(
        f"The result is not laid out as Omni's results are: {reason}",
        job_id=outcome.job_id,
        status=200,
    )


def _facts(outcome: jobs.Outcome, client: Client) -> dict[str, Any]:
    """Return what is worth knowing of the run, small and fit for JSON."""
    summary = outcome.summary
    fields = summary.get("fields")
    described = {
        name: field
        for name, field in (fields if isinstance(fields, dict) else {}).items()
        if isinstance(field, dict)
    }
    return {
        "instance": client.base_url,
        "endpoint": jobs.RUN,
        "job_id": outcome.job_id,
        "sql": summary.get("display_sql") or None,
        "cache": summary.get("cache_type"),
        "labels": {name: field["label"] for name, field in described.items() if field.get("label")},
        "formats": {
            name: field["format"] for name, field in described.items() if field.get("format")
        },
        "complete": True,
    }
