"""From a checked request to the job line that ends it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from omnipd_sandbox.api.query import variants
from omnipd_sandbox.api.query.lines import write_line, write_result_line
from omnipd_sandbox.http.reply import Sink, without_nulls
from omnipd_sandbox.refused_query import BadFilter, Refused

if TYPE_CHECKING:
    import pyarrow as pa

    from omnipd_sandbox.api.query.request import QueryRequest
    from omnipd_sandbox.calls.world import World
    from omnipd_sandbox.engine.model.model import Model
    from omnipd_sandbox.engine.protocols import QueryPlan

# Said in place of any detail to those without VIEW_SQL, in Omni's own words (docs/wire.md).
REDACTED = "Query failed. Error details are only visible to users with permission to view SQL."
# Bytes.
_LARGEST_KEPT = 8_000_000
_FROM_KEPT_RESULTS = frozenset({"Standard", "SkipRequery"})


@dataclass(frozen=True)
class Submission:
    """Hold one planned, or refused, query, and for whom it runs."""

    request: QueryRequest
    user_attributes: Mapping[str, Any]
    may_view_sql: bool
    outcome: QueryPlan | Refused

    @property
    def query(self) -> dict[str, Any]:
        """Give the query to echo: as planned, or as sent when it was never planned."""
        return self.request.query if isinstance(self.outcome, Refused) else self.outcome.query


def plan(
    request: QueryRequest,
    user_attributes: Mapping[str, Any],
    *,
    may_view_sql: bool,
    world: World,
    model: Model | None = None,
) -> Submission:
    """Plan a query; a refusal is an outcome like any other, and stands in the job's line."""
    try:
        if request.query.get("userEditedSQL") and not world.behavior.manual_sql_allowed:
            # The job fails here, not the request (docs/wire.md).
            raise Refused("FORBIDDEN", "SQL by hand is not allowed here")
        # None is the model that the query names, as it is served.
        composed = {} if model is None else {"model": model}
        outcome = world.engine.plan(
            request.query,
            now=world.now(),
            user_attributes=user_attributes,
            totals="last" if world.behavior.totals == "last" else "behind_group",
            zone=_zone(request, world),
            **composed,
        )
        if world.behavior.failed_calculations == "job":
            for name, why in outcome.invalid_calculations.items():
                raise Refused("CALCS_FAILED", f'The calculation "{name}" failed: {why}')
    except Refused as refusal:
        outcome = refusal
    except BadFilter:
        raise
    except Exception as error:  # noqa: BLE001 - a fault of the planner must not look like an answer
        outcome = _fault(error, world)
    return Submission(request, user_attributes, may_view_sql, outcome)


def _zone(request: QueryRequest, world: World) -> str | None:
    """Give the zone to compute in; an organization that has none of it ignores it (docs/wire.md)."""
    return request.timezone if world.behavior.query_timezones == "applied" else None


def write_outcome(sink: Sink, job_id: str, submission: Submission, world: World) -> None:
    """Run a submission and write its terminal line."""
    planned = submission.outcome
    if isinstance(planned, Refused):
        write_line(sink, _error(job_id, submission, planned, world))
        return
    if submission.request.plan_only:
        write_line(sink, _opening(job_id, "PLANNED", submission, planned, None, world))
        return
    try:
        table, cache_type = result(submission, world)
    except Refused as refusal:
        write_line(sink, _error(job_id, submission, refusal, world))
        return
    line = _opening(job_id, "COMPLETE", submission, planned, cache_type, world, table.num_rows)
    write_result_line(sink, line, variants.table_of(table, submission.query, world.behavior))


def result(submission: Submission, world: World) -> tuple[pa.Table, str]:
    """Run a submission, or find its kept result; give the rows and where they come from.

    Raises
    ------
    Refused
        When the query was refused, or fails.
    """
    if isinstance(submission.outcome, Refused):
        raise submission.outcome
    try:
        return _result(submission, submission.outcome, world)
    except Refused:
        raise
    except Exception as error:
        raise _fault(error, world) from error


def _result(submission: Submission, planned: QueryPlan, world: World) -> tuple[pa.Table, str]:
    key = _result_key(planned.sql, planned.query, submission.user_attributes)
    if submission.request.cache in _FROM_KEPT_RESULTS:
        kept = world.results.find(key)
        if kept is not None:
            return kept, "EXACT"
    table = world.engine.execute(planned)
    if table.nbytes <= _LARGEST_KEPT:
        world.results.keep(key, table)
    return table, "MISS"


def _result_key(sql: str, query: Mapping[str, Any], user_attributes: Mapping[str, Any]) -> str:
    """Name a result by all that it depends on.

    The SQL is part of it because a relative date reads differently tomorrow; the acting
    user's attributes are, so that nobody is served rows planned for somebody else.
    """
    whole = json.dumps([sql, query, user_attributes], sort_keys=True, default=str)
    return sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def _opening(
    job_id: str,
    status: str,
    submission: Submission,
    planned: QueryPlan,
    cache_type: str | None,
    world: World,
    rows: int | None = None,
) -> dict[str, Any]:
    summary = _summary(planned, cache_type, may_view_sql=submission.may_view_sql)
    return without_nulls(
        {
            "job_id": job_id,
            "client_result_id": variants.client_result_id(job_id, world.behavior),
            "status": status,
            "summary": variants.summary_of(summary, world.behavior),
            "cache_metadata": None if rows is None else {"num_rows": rows},
            "query": variants.echo_of(submission.query, world.behavior),
        }
    )


def _summary(planned: QueryPlan, cache_type: str | None, *, may_view_sql: bool) -> dict[str, Any]:
    fields = {name: without_nulls(field) for name, field in planned.fields.items()}
    sql, omni_sql = planned.sql, planned.omni_sql
    if not may_view_sql:
        sql, omni_sql = "", None if omni_sql is None else ""
        fields = {
            name: {**field, "sql": ""} if "sql" in field else field
            for name, field in fields.items()
        }
    return without_nulls(
        {
            "fields": fields,
            "display_sql": sql,
            "omni_sql": omni_sql,
            "omni_sql_parse_failed": planned.omni_sql_parse_failed,
            "cache_type": cache_type,
            "missing_fields": list(planned.missing_fields),
            "invalid_calculations": {
                name: why if may_view_sql else REDACTED
                for name, why in planned.invalid_calculations.items()
            },
        }
    )


def _error(job_id: str, submission: Submission, refusal: Refused, world: World) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "status": "ERROR",
        "query": variants.echo_of(submission.query, world.behavior),
        "error_type": refusal.error_type,
        "error_message": message(refusal, submission),
    }


def message(refusal: Refused, submission: Submission) -> str:
    """Give what may be said of a refusal."""
    return refusal.message if submission.may_view_sql else REDACTED


def _fault(error: Exception, world: World) -> Refused:
    world.report(error)
    return Refused("INTERNAL", f"{type(error).__name__}: {error}")
