"""One run of a query: what was asked, the rows as they arrive, and what is known of it at the end.

Every way to have a result goes through here, so that all of them have the same rows: totals
dropped or told apart, Omni's bookkeeping removed, columns in the order of the request.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import pyarrow as pa

from omnipd.arguments import argument
from omnipd.client.client import Client
from omnipd.errors import OmniError, QueryError, ResponseError, warn
from omnipd.frames import times
from omnipd.frames.columns import format_name
from omnipd.frames.decimals import as_floats
from omnipd.message import changed
from omnipd.queries.job import job, pivot, result, totals
from omnipd.queries.job.column_facts import by_column
from omnipd.queries.job.model_ids import with_model_ids
from omnipd.queries.job.options import QueryOptions
from omnipd.queries.job.seen import Seen
from omnipd.queries.language import filters
from omnipd.queries.language.request import AnyQuery, build_request

#: Verbatim SQL without a limit of its own is cut by Omni here, plus one row (docs/wire.md).
SQL_CAP = 50_001

T = TypeVar("T")


class Run:
    """A query that is ready to be run; making one checks everything and sends nothing.

    Parameters
    ----------
    query
        As for :func:`omnipd.run_query`.
    options : QueryOptions
        What it goes by.
    client : Client
        Who asks.
    warns : bool
        Whether a result that may have been cut off is a warning.
    sql_is_cut : bool
        Whether Omni ends a result of the SQL at its own number of rows, should there be more.

    Attributes
    ----------
    request : QueryRequest
        What is sent.
    timeout : float or None
        Wall-clock seconds for the call that runs it; None is the client's.
    """

    def __init__(
        self,
        query: AnyQuery,
        options: QueryOptions,
        *,
        client: Client,
        warns: bool = True,
        sql_is_cut: bool = True,
    ) -> None:
        self.request = build_request(
            query,
            limit=options.limit,
            model=options.model,
            branch_id=options.branch_id,
            user_id=options.user_id,
            timezone=options.timezone,
            client_user_id=client.user_id,
            cache=options.cache,
        )
        self.client = client
        self.totals = bool(options.totals)
        self.pivot = options.pivot
        self.names = options.names
        self.decimals = options.decimals or client.decimals
        self.timeout = options.timeout
        self._warns = warns
        self._sql_is_cut = sql_is_cut
        self._outcome = job.Outcome()
        self._names: list[str] = []
        self._seen = Seen(self.totals)
        self._limit_reached = False
        self._totals_missing: totals.Missing = {}
        self._columns: dict[str, str] = {}

    def look_up_models(self) -> None:
        """Put ids in place of names of models; where there are such, the models are read."""
        self.request = with_model_ids(self.request, self.client)

    def table(self) -> pa.Table:
        """Run the query and return all rows, whole or not at all.

        Those of a pivoted query are in the order of the pivot, say where they stand in it, and are
        called by their fields: see :mod:`omnipd.queries.job.pivot`.
        """
        schema: pa.Schema | None = None
        batches: list[pa.RecordBatch] = []
        for part in self._parts(again=True, places=True):
            if isinstance(part, pa.Schema):
                schema, batches = part, []
            else:
                batches.append(part)
        table = pivot.in_display_order(pa.Table.from_batches(batches, schema))
        if self.totals and not self.request.is_sql:
            by_field = table.rename_columns(self._names)
            self._totals_missing |= totals.groups_without(by_field, self.query, self._described)
        return table

    def batches(self) -> Generator[pa.RecordBatch, None, None]:
        """Run the query and yield its rows as they arrive; at least one batch, that may be empty."""
        schema, none = None, True
        told: set[str] = set()
        for part in self._parts(again=False):
            if isinstance(part, pa.Schema):
                schema = part
            elif part.num_rows:
                none = False
                times.tell(part, told)
                yield part
            del part
        facts = self.facts()
        totals.warn_of_missing(facts.get("totals_missing", {}))
        if "pivot" in facts:
            pivot.warn_of_columns(facts["pivot"])
        if none:
            yield pa.RecordBatch.from_pylist([], schema)

    def columns(self) -> pa.Schema:
        """Run the query and return the columns of its result; that it is cut is no surprise then."""
        schema: pa.Schema | None = None
        for part in self._parts(again=True, sample=True):
            if isinstance(part, pa.Schema):
                schema = part
        return schema

    def facts(self) -> dict[str, Any]:
        """Return what is worth knowing of the run when it is over, small and fit for JSON."""
        summary, described = self._outcome.summary, self._described
        facts = {
            "instance": self.client.base_url,
            "endpoint": job.RUN,
            "fetched_at": datetime.fromtimestamp(self.client.clock.wall(), UTC).isoformat(
                timespec="seconds"
            ),
            "job_id": self._outcome.job_id,
            "trace_id": self._outcome.received.trace_id,
            "sql": summary.get("display_sql") or None,
            "cache": summary.get("cache_type"),
            "labels": {
                name: field["label"] for name, field in described.items() if field.get("label")
            },
            "formats": {
                name: format_name(field["format"])
                for name, field in described.items()
                if field.get("format")
            },
            "limit": self.request.limit,
            "limit_reached": self._limit_reached,
            "complete": True,
        }
        if not self.request.is_sql:
            if self.totals and totals.asked_for(self.query):
                facts["totals_missing"] = self._totals_missing
            if (pivoted := pivot.facts_of(self.query, self._names, described)) is not None:
                facts["pivot"] = pivoted | {"columns": self._seen.pivot_columns}
        return by_column(facts, self._columns)

    @property
    def query(self) -> Mapping[str, Any]:
        """The query object as it is sent."""
        query: Mapping[str, Any] = self.request.body["query"]
        return query

    @property
    def _described(self) -> dict[str, dict[str, Any]]:
        """What Omni says of the columns of the result, by their names."""
        fields = self._outcome.summary.get("fields")
        return {
            name: field
            for name, field in (fields if isinstance(fields, dict) else {}).items()
            if isinstance(field, dict)
        }

    def guarded(self, work: Callable[[], T]) -> T:
        """Do something with a result; what cannot be done with it is a ResponseError."""
        try:
            return work()
        except OmniError as error:
            error.job_id = error.job_id or self._outcome.job_id or None
            error.message = changed(error.message, self.client.hide_key)
            raise
        except (pa.ArrowException, ValueError, TypeError, NotImplementedError) as error:
            reason = self.client.redact(str(error))
        raise ResponseError(
            f"The result is not laid out as Omni's results are: {reason}",
            job_id=self._outcome.job_id or None,
            status=200,
        )

    @property
    def was_parsed(self) -> bool:
        """Whether Omni planned the SQL of a query over the model; False where it ran it as it is."""
        return not self._outcome.summary.get("omni_sql_parse_failed")

    @property
    def asks_anew(self) -> bool:
        """Whether Omni's cache is to be skipped, and with it any other."""
        return str(self.request.body.get("cache")).startswith("SkipCache")

    @property
    def canonical(self) -> str:
        """All that decides which rows come, as text."""
        body = {key: value for key, value in self.request.body.items() if key != "cache"}
        asked = [body, self.request.params, self.totals, self.names, self.decimals]
        return json.dumps(asked, sort_keys=True, ensure_ascii=True)

    def warn_of_limit(self, table: pa.Table) -> None:
        """Warn when a result may have been cut off at its limit."""
        seen = Seen(self.totals)
        seen.add(table)
        self._check_limit(seen)

    def _check_limit(self, seen: Seen) -> None:
        """Note whether there may be more rows than came, and warn of it."""
        limit, rows = self.request.limit, seen.rows
        if self.request.is_sql:
            self._limit_reached = self._sql_is_cut and rows == SQL_CAP
            if self._limit_reached and self._warns:
                warn(
                    f"The result has {rows:,} rows, where Omni cuts SQL without a limit of its own."
                )
            return
        at_limit = seen.at_limit(limit)
        self._limit_reached = at_limit is not None
        if limit is not None and at_limit is not None and self._warns:
            warn(words_of_limit(at_limit, limit, pivoted=bool(self.query.get("pivots"))))

    def _parts(
        self, *, again: bool, sample: bool = False, places: bool = False
    ) -> Iterator[pa.Schema | pa.RecordBatch]:
        """Yield the schema of the result and its batches as they are wanted.

        What Omni says of the columns may come after the rows. Where it decides which columns were
        asked for, or what they are called, the rows wait for it.
        """
        held: list[pa.Table] = []
        waits = False
        fields: Any = None
        for part in job.stream(self.client, self.request, self._outcome, again=again):
            begins = isinstance(part, job.Begin)
            if isinstance(part, job.Begin):
                held, self._seen = [], Seen(self.totals)
                fields = job.summary_of(part.head).get("fields")
                waits = fields is None and (self.names == "label" or self._depends_on_fields)
                if fields is not None:
                    self._check_filters(fields)
                table = part.schema.empty_table()
            else:
                table = pa.Table.from_batches([part])
            if waits:
                held.append(table)
            else:
                yield self._named(self._noted(table, fields), fields, begins, places)
            del part, table  # or they would be held while the next batch is read
        fields = self._outcome.summary.get("fields")
        self._check_filters(fields)
        for number, waiting in enumerate(held):
            yield self._named(self._noted(waiting, fields), fields, number == 0, places)
        if not sample:
            self._check_limit(self._seen)
            self._totals_missing = totals.absent(self.query, self._seen)

    @property
    def _depends_on_fields(self) -> bool:
        """Whether only Omni's description of the result says which of its columns were asked for."""
        return self.request.is_sql or result.has_wildcard(self.request.fields)

    def _normalized(self, sent: pa.Table, described: Any) -> pa.Table:
        transposed = self.query.get("transposed_measures")

        def work() -> pa.Table:
            asked = result.normalize(
                sent,
                self.request.fields,
                totals=self.totals,
                sql=self.request.is_sql,
                described=described if isinstance(described, dict) else (),
                transposed=transposed if isinstance(transposed, list) else (),
                places=bool(self.query.get("pivots")),
            )
            held = times.in_known_zones(asked)
            return held if self.decimals == "exact" else as_floats(held)

        return self.guarded(work)

    def _noted(self, sent: pa.Table, described: Any) -> pa.Table:
        """Return what was asked for of rows that came, and note what is counted of them."""
        table = self._normalized(sent, described)
        self._names = table.column_names
        self._seen.add(table)
        return table

    def _named(
        self, table: pa.Table, fields: Any, whole: bool, places: bool
    ) -> pa.Schema | pa.RecordBatch:
        is_long = not (places and self.query.get("pivots"))
        if is_long:
            table = result.without_places(table)
        sent = table.column_names
        if is_long and self.names == "label":
            table = result.labeled(table, fields)
        self._columns = dict(zip(sent, table.column_names, strict=True))
        if whole:
            return table.schema
        [batch] = table.combine_chunks().to_batches() or [
            pa.RecordBatch.from_pylist([], table.schema)
        ]
        return batch

    def _check_filters(self, described: Any) -> None:
        """Refuse a result that a filter of the wrong type did not narrow: Omni says nothing of it."""
        types = {
            name: str(field.get("data_type"))
            for name, field in (described if isinstance(described, dict) else {}).items()
            if isinstance(field, dict)
        }
        wrong: list[str] = []
        if not self.request.is_sql:
            for name, condition in filters.conditions_of(self.query):
                wrong += filters.ignored({name: condition}, types)
        if wrong:
            shown = ", ".join(f"{name} ({types.get(name, 'TIMESTAMP')})" for name in wrong)
            raise QueryError(
                f"The filter is of another type than its field, and Omni did not apply it: {shown}.",
                hint="STRING takes string filters, NUMBER number, TIMESTAMP date, BOOLEAN boolean.",
                error_type="FILTER_IGNORED",
                job_id=self._outcome.job_id or None,
            )


def words_of_limit(rows: int, limit: int, *, pivoted: bool = False) -> str:
    """Return what to say of a result that may have been cut off at its limit."""
    # Rows above the limit are kept: which of them are too many, nothing tells.
    has = f"{rows:,} {'row' if rows == 1 else 'rows'}"
    which = "which is its limit" if rows == limit else f"and its limit is {limit:,}"
    exactly = "exactly " if rows == limit else ""
    more = f"The result has {exactly}{has}, {which}: there may be more."
    if pivoted:
        return more + " Give a larger limit; with pivots Omni needs a number."
    return more + " Pass " + argument("limit", "all") + " for all of them."
