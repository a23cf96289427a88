"""What a query would do and return, without its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd import display
from omnipd.call import one_call
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.frames.columns import TEXT
from omnipd.frames.to_pandas import scalar_columns, to_frame
from omnipd.queries.check_topic import check_first
from omnipd.queries.job import job
from omnipd.queries.job.model_ids import with_model_ids
from omnipd.queries.job.options import QueryOptions
from omnipd.queries.job.run import Run
from omnipd.queries.language.request import AnyQuery, build_request

_MOST_FIELDS = 20
_LONGEST_NAME = 40
_MOST_LINES = 60
_NO_SQL = "The key may not see the SQL."
_MOST_WARNINGS = 10
_LONGEST_WARNING = 200


@dataclass(frozen=True, eq=False, repr=False)
class QueryPlan:
    """How Omni would run a query, as :func:`explain` returns it.

    Attributes
    ----------
    sql : str or None
        What the database would be sent; None where the key may not see SQL.
    fields : pandas.DataFrame
        One row per column of the result: ``name``, ``label``, ``kind`` (dimension, measure or
        calculation), ``data_type`` (STRING, NUMBER, TIMESTAMP, BOOLEAN and others).
    warnings : tuple of str
        What Omni warns of.
    """

    sql: str | None
    fields: pd.DataFrame
    warnings: tuple[str, ...]

    def __repr__(self) -> str:
        columns = self.fields.to_string(
            index=False, max_rows=_MOST_FIELDS, line_width=display.WIDTH, max_colwidth=_LONGEST_NAME
        )
        head = display.text(self._title, self._warned)
        return "\n".join(
            [
                head,
                display.printable_lines(columns),
                "",
                display.printable_lines(self._code or _NO_SQL),
            ]
        )

    @property
    def _code(self) -> str:
        lines = (self.sql or "").splitlines()
        more = len(lines) - _MOST_LINES
        cut = [f"-- {more:,} more lines: .sql has all"] if more > 0 else []
        return "\n".join([*lines[:_MOST_LINES], *cut])

    @property
    def _title(self) -> str:
        return (
            f"omnipd.QueryPlan: {len(self.fields)} {'field' if len(self.fields) == 1 else 'fields'}"
        )

    @property
    def _warned(self) -> list[display.Row]:
        shown = [display.shortened(one, _LONGEST_WARNING) for one in self.warnings]
        return [("warnings", display.first_lines(shown, _MOST_WARNINGS))] if shown else []

    def _repr_html_(self) -> str:
        columns = self.fields.to_html(index=False, max_rows=_MOST_FIELDS)
        warned = [display.table(self._warned)] if self.warnings else []
        code = display.sql(self._code) if self._code else f"<p>{_NO_SQL}</p>"
        return display.page(self._title, *warned, columns, code)


def explain(
    query: AnyQuery,
    *,
    model: str | None = None,
    branch_id: str | None = None,
    user_id: str | None = None,
    timezone: str | None = None,
    timeout: float | None = None,
    check: bool | None = None,
    client: Client | None = None,
) -> QueryPlan:
    """Plan a query and run nothing.

    Parameters
    ----------
    query, model, branch_id, user_id, timezone, timeout, check, client
        As for :func:`run_query`.

    Returns
    -------
    QueryPlan
        SQL, fields and warnings.

    Raises
    ------
    ArgumentError
        For a query that Omni would refuse or misread; nothing was sent.
    MissingFieldsError, PlanError, QueryError
        If the model lacks a field, or the query cannot be planned.

    See Also
    --------
    schema : The columns of the result with their Arrow types.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     query = omnipd.Query("flights", "flights")
    ...     plan = omnipd.explain(query.select("flights.origin", "flights.count"))
    >>> plan.fields
                 name    label       kind data_type
    0  flights.origin   Origin  dimension    STRING
    1   flights.count  Flights    measure    NUMBER
    >>> "GROUP BY" in plan.sql
    True
    """
    outcome = job.Outcome()
    with one_call(timeout):
        client = current_client(client)
        request = build_request(
            query,
            model=model,
            branch_id=branch_id,
            user_id=user_id,
            timezone=timezone,
            client_user_id=client.user_id,
            plan_only=True,
        )
        request = with_model_ids(request, client)
        check_first(query, request, client, check)
        for _ in job.stream(client, request, outcome):
            pass  # a plan has no rows
    summary = outcome.summary
    fields = _objects(summary.get("fields"))
    order = [name for name in request.fields if name in fields]
    rows = [
        {
            "name": name,
            "label": fields[name].get("label"),
            "kind": _kind(fields[name]),
            "data_type": fields[name].get("data_type"),
        }
        for name in dict.fromkeys([*order, *fields])
    ]
    schema_ = pa.schema([(name, TEXT) for name in ("name", "label", "kind", "data_type")])
    facts = {"instance": client.base_url, "endpoint": job.RUN, "job_id": outcome.job_id}
    return QueryPlan(
        sql=summary.get("display_sql") or None,
        fields=to_frame(pa.Table.from_pylist(rows, schema_), facts),
        warnings=tuple(_warnings(summary)),
    )


def schema(
    query: AnyQuery,
    *,
    model: str | None = None,
    branch_id: str | None = None,
    user_id: str | None = None,
    timezone: str | None = None,
    timeout: float | None = None,
    totals: bool = False,
    names: str = "field",
    decimals: str | None = None,
    check: bool | None = None,
    client: Client | None = None,
) -> pd.DataFrame:
    """Return the empty frame that a query would fill: its columns and their types.

    A plan tells kinds of types only, such as NUMBER for integers and decimals alike. So the query is
    run with a limit of one row, and that row is thrown away: the database does its work. SQL has no
    limit but its own and is run whole.

    Parameters
    ----------
    query, model, branch_id, user_id, timezone, timeout, totals, names, decimals, check, client
        As for :func:`run_query`.

    Returns
    -------
    pandas.DataFrame
        No rows, and the columns of :func:`run_query` with their Arrow types. One thing may
        differ: a time before the year 1 or after 9999, which pandas cannot show, makes its whole
        column text in the real result, and one that its zone cannot show moves it to UTC.

    Raises
    ------
    ArgumentError
        As for :func:`run_query`.
    OmniError
        As for :func:`run_query`.

    See Also
    --------
    explain : Asks for the plan only.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     query = omnipd.Query("flights", "flights")
    ...     empty = omnipd.schema(query.select("flights.date[month]", "flights.count"))
    >>> len(empty)
    0
    >>> empty.dtypes
    flights.date[month]    timestamp[us][pyarrow]
    flights.count                  int64[pyarrow]
    dtype: object
    """
    with one_call(timeout):
        run = Run(
            query,
            QueryOptions(
                limit=1,
                model=model,
                branch_id=branch_id,
                user_id=user_id,
                timezone=timezone,
                totals=totals,
                names=names,
                decimals=decimals,
            ),
            client=current_client(client),
        )
        run.look_up_models()
        check_first(query, run.request, run.client, check)
        columns = run.guarded(run.columns)
    return to_frame(run.guarded(lambda: scalar_columns(columns.empty_table())), run.facts())


def _objects(value: Any) -> dict[str, dict[str, Any]]:
    given = value if isinstance(value, dict) else {}
    return {name: field for name, field in given.items() if isinstance(field, dict)}


def _kind(field: dict[str, Any]) -> str | None:
    if field.get("is_calc"):
        return "calculation"
    said = field.get("is_dimension")
    return None if said is None else "dimension" if said else "measure"


def _warnings(summary: dict[str, Any]) -> list[str]:
    stages = summary.get("stage_summaries")
    told = [
        str(warning)
        for stage in (stages if isinstance(stages, list) else ())
        if isinstance(stage, dict)
        for warning in stage.get("warnings") or ()
    ]
    return told + [words for _, words in job.failed_calculations(summary)]
