"""Submit a query: ``POST /query/run``."""

from __future__ import annotations

from dataclasses import replace

from omnipd_sandbox.api.query.display import shown
from omnipd_sandbox.api.query.lines import footer, header, write_line
from omnipd_sandbox.api.query.outcome import Submission, message, plan, result, write_outcome
from omnipd_sandbox.api.query.planned_model import planned_model
from omnipd_sandbox.api.query.request import read_request, unreadable_filter
from omnipd_sandbox.api.query.result_file import result_file, timed_out
from omnipd_sandbox.api.query.variants import client_result_id
from omnipd_sandbox.api.query.wide import wide
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.identity import acting_user
from omnipd_sandbox.calls.jobs import Job
from omnipd_sandbox.calls.query_object import QueryObject
from omnipd_sandbox.calls.world import World
from omnipd_sandbox.engine.plan.helper_columns import PIVOT_ROW
from omnipd_sandbox.http.refusals import BadRequest, Forbidden, RefusedRequest
from omnipd_sandbox.http.reply import Document, Reply, Sink, Stream
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.attributes import effective_values
from omnipd_sandbox.organization.organization import WEB_ADDRESS
from omnipd_sandbox.organization.records import User
from omnipd_sandbox.refused_query import BadFilter, Refused

NDJSON = "text/ndjson"
_OF_THE_SERVER = frozenset({"INTERNAL", "KILL", "QUERY"})


def run_query(call: Call) -> Reply:
    """Answer with the job's id, its one line unless it is slow, and a footer of what is left."""
    world = call.world
    check_query_api(call)
    request = read_request(call.request.body)
    if request.timezone is not None and world.behavior.query_timezones == "refused":
        raise BadRequest(
            "The timezone parameter requires user-specific timezones to be enabled on the"
            " connection.",
            at="timezone",
        )
    user = acting_for(call, request.user_id)
    # The body's branch wins over the older query parameter.
    branch_id = request.branch_id or call.parameters["branch_id"]
    model = planned_model(call, request.model_id, branch_id)
    permissions = world.permissions_on(request.model_id, user)
    if not _needed_permissions(QueryObject(request.query)) <= permissions:
        raise Forbidden

    try:
        submission = plan(
            request,
            effective_values(user, world.organization.attributes),
            may_view_sql="VIEW_SQL" in permissions,
            world=world,
            model=model,
        )
    except BadFilter:
        raise unreadable_filter() from None
    job_id = world.jobs.next_id()

    def finish(sink: Sink) -> None:
        write_outcome(sink, job_id, submission, world)

    alone = world.behavior.first_answer != "lines"
    # A job that the first answer only names is waited for once, if it is fast.
    slow = max(world.behavior.slow_job_polls, int(alone))
    is_slow = slow > 0 and not request.plan_only
    if is_slow:
        world.jobs.hold(Job(job_id, slow, finish))

    headers = {}
    if request.workbook_url and "USE_WORKBOOKS" in permissions:
        headers["X-Omni-Workbook-Url"] = workbook_address(job_id)

    if request.result_type is not None:
        reply = timed_out(job_id) if is_slow else _document(submission, world)
        return replace(reply, headers=headers)
    if is_slow and world.behavior.first_answer == "408":
        return replace(timed_out(job_id), headers=headers)

    def body(sink: Sink) -> None:
        if not (is_slow and alone):
            write_line(sink, header(job_id, client_result_id(job_id, world.behavior)))
            sink.flush()
        if not is_slow:
            finish(sink)
        write_line(sink, footer([job_id] if is_slow else []))

    return Stream(body, NDJSON, headers)


def workbook_address(job_id: str) -> str:
    """Give the address of the workbook that a job's query was put into."""
    return f"{WEB_ADDRESS}/e/{derived.base62(8, job_id)}/1"


def _document(submission: Submission, world: World) -> Document:
    """Answer with the result alone, in the kind of document that was asked for."""
    request = submission.request
    query = submission.query
    # Over SQL they are only heard where sorts are.
    heard = not query.get("userEditedSQL") or query.get("sqlSortsEnabled")
    if query.get("column_totals") and heard:
        raise BadRequest(
            "the sandbox does not write totals into a document; leave resultType out",
            at="query.column_totals",
        )
    try:
        table, _ = result(submission, world)
    except Refused as refusal:
        # What cannot be planned or computed is the caller's fault, what fails in the database is not.
        status = 500 if refusal.error_type in _OF_THE_SERVER else 400
        raise RefusedRequest(status, message(refusal, submission)) from None
    assert not isinstance(submission.outcome, Refused)  # noqa: S101 - it has a result
    fields = submission.outcome.fields
    if PIVOT_ROW in table.column_names:
        rows = wide(table, fields, query, formatted=request.format_results)
    else:
        rows = shown(table, fields, formatted=request.format_results)
    return result_file(rows, request.result_type or "json")


def check_query_api(call: Call) -> None:
    """Refuse when the organization has no query API."""
    if call.world.behavior.feature_flag_off:
        raise Forbidden("Feature not enabled")


def acting_for(call: Call, in_body: str | None) -> User:
    """Give the user a call acts as; the body is the older place to say so."""
    in_address: str | None = call.parameters["userId"]
    if in_address is not None and in_body is not None:
        raise BadRequest("userId may be given in the address or in the body, not both", at="userId")
    return acting_user(call.caller, in_address or in_body, call.organization)


def _needed_permissions(query: QueryObject) -> set[str]:
    if query.sql:
        return {"QUERY_SQL"}
    needed = {"QUERY_TOPICS" if query.topic else "QUERY_FULL_MODEL"}
    return needed.union(*map(_needed_permissions, query.static_queries))
