"""Run a query job to its end: post once, wait while it runs, judge what came.

The post is never repeated once Omni may have seen it. Job lines come once: they are gathered over
all answers, the first final line of our own job counts, and what is said of other jobs is ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from omnipd.client import Client
from omnipd.clock import Deadline
from omnipd.envelope import Envelope
from omnipd.errors import (
    DeadlineError,
    MissingFieldsError,
    NetworkError,
    OmniError,
    OutcomeUnknownError,
    PlanError,
    QueryError,
    QueryTimeoutError,
    ResponseError,
)
from omnipd.ndjson import Line, LineReader

RUN, WAIT = "/api/v1/query/run", "/api/v1/query/wait"
QUERY_SECONDS = 600.0

_FINAL = {"COMPLETE", "ERROR", "FAILED"}
_BROKEN_WAITS = 5
_EMPTY_WAITS = 2


@dataclass
class Outcome:
    """What a finished job said.

    Attributes
    ----------
    job_id : str
    line : dict
        Its final line, without the result.
    payload : bytes
        The Arrow stream.
    polls : int
        How often it was waited for.
    """

    job_id: str
    line: dict[str, Any]
    payload: bytearray
    polls: int

    @property
    def summary(self) -> dict[str, Any]:
        """The job's summary: fields, SQL, cache."""
        return _mapping(self.line.get("summary"))


def run(client: Client, envelope: Envelope, *, timeout: float | None = None) -> Outcome:
    """Run a query to its end.

    Parameters
    ----------
    timeout : float, optional
        Wall-clock seconds for the whole query. Default: the client's, else 600.

    Raises
    ------
    QueryError
        Or one of its kinds: the job failed, could not be planned, lacks fields, or ran too long.
    OutcomeUnknownError
        If the answer to the post was lost before it named a job.
    NetworkError, ResponseError, APIError
        As for every request; ``job_id`` is set where it is known.
    """
    seconds = timeout or client.timeout
    deadline = Deadline(seconds or QUERY_SECONDS, client.clock, patient=seconds is None)
    job = _Job()
    try:
        _post(client, envelope, deadline, job)
        polls = _wait(client, deadline, job)
    except OmniError as error:
        error.job_id = error.job_id or job.id
        error.message = client.hide_key(error.message)
        raise
    return _verdict(job, polls, client)


@dataclass
class _Job:
    """What is known of the job so far."""

    id: str | None = None
    final: Line | None = None
    remaining: set[str] | None = None
    #: Words of an upstream failure at the end of an answer.
    broken_off: str | None = None

    @property
    def settled(self) -> bool:
        return self.final is not None

    def take(self, line: Line) -> None:
        content = line.content
        if isinstance(submitted := content.get("jobs_submitted"), dict):
            if len(submitted) != 1:
                raise ResponseError(f"Omni submitted {len(submitted)} jobs for one query.")
            self.id = self.id or str(next(iter(submitted)))
        elif "job_id" in content:
            self.id = self.id or str(content["job_id"])
            ours = content["job_id"] == self.id  # what is said of other jobs is ignored
            if ours and self.final is None and str(content.get("status")) in _FINAL:
                self.final = line
        elif "remaining_job_ids" in content or "timed_out" in content:
            listed = content.get("remaining_job_ids")
            self.remaining = {str(one) for one in listed} if isinstance(listed, list) else set()
        elif not line.terminated and ("message" in content or "reason" in content):
            self.broken_off = str(content.get("message") or content.get("reason"))

    def take_end(self, reader: LineReader) -> None:
        line, tail = reader.finish()
        if line is not None:
            self.take(line)
        elif tail:
            self.broken_off = tail.decode("utf-8", "replace")


def _post(client: Client, envelope: Envelope, deadline: Deadline, job: _Job) -> None:
    """Post the query and read its first answer; a break after the job is named is no loss."""
    reader = LineReader()
    failure: OmniError | None = None
    try:
        for chunk in client.stream(
            "POST", RUN, params=envelope.params, body=envelope.body, deadline=deadline
        ):
            for line in reader.feed(chunk):
                job.take(line)
        job.take_end(reader)
    except (NetworkError, ResponseError, OutcomeUnknownError) as error:
        failure = error
    if isinstance(failure, DeadlineError | OutcomeUnknownError) and deadline.remaining() <= 0:
        raise _too_late(deadline, job)
    named = job.id is not None
    if isinstance(failure, NetworkError) or (failure is not None and not named):
        raise failure  # never sent, or lost before it named a job
    if isinstance(failure, ResponseError) and not failure.retryable:
        raise failure  # the result itself is bad; a job hands it out once
    if not named:
        raise ResponseError(
            "Omni's answer to the query names no job"
            + (f": {client.scrub(job.broken_off)!r}" if job.broken_off else "."),
            url=client.base_url + RUN,
            status=200,
        )
    if job.settled and job.broken_off is not None:
        raise _broken_off(client, job)


def _wait(client: Client, deadline: Deadline, job: _Job) -> int:
    """Wait until the job has said its last; return how often it was asked for."""
    polls = empty = broken = 0
    before: set[str] | None = None
    while not job.settled:
        shrank = before is not None and job.remaining is not None and job.remaining < before
        if polls and not shrank:
            client.clock.sleep(max(0.0, min(1.0, deadline.remaining())))
        if deadline.remaining() <= 0:
            raise _too_late(deadline, job)
        before = job.remaining
        polls += 1
        reader = LineReader()
        job.broken_off = None
        failure: OmniError | None = None
        try:
            for chunk in client.stream(
                "GET", WAIT, params={"jobIds": str(job.id)}, deadline=deadline
            ):
                for line in reader.feed(chunk):
                    job.take(line)
            job.take_end(reader)
        except (NetworkError, ResponseError) as error:
            failure = error
        if isinstance(failure, DeadlineError):
            raise _too_late(deadline, job)
        if isinstance(failure, ResponseError) and not failure.retryable:
            raise failure
        broken += failure is not None or job.broken_off is not None
        if broken and not job.settled and broken >= _BROKEN_WAITS:
            raise failure or _broken_off(client, job)
        if job.settled and job.broken_off is not None:
            raise _broken_off(client, job)
        if (
            failure is None
            and not job.settled
            and job.remaining is not None
            and job.id not in job.remaining
        ):
            empty += 1
            if empty >= _EMPTY_WAITS:
                raise QueryError(
                    f"Omni says that job {job.id} is done, and sent no result for it.",
                    hint="Run the query again; an answer may have been lost on the way.",
                    job_id=job.id,
                )
    return polls


def _verdict(job: _Job, polls: int, client: Client) -> Outcome:
    """Apply the tests of failure in Omni's order: status, plan, requery, missing fields, no result."""
    assert job.final is not None  # noqa: S101 - _wait returns only then
    line, payload = job.final.content, job.final.payload
    summary = _mapping(line.get("summary"))
    sql = summary.get("display_sql")
    sql = client.hide_key(sql) if isinstance(sql, str) and sql else None
    facts: dict[str, Any] = {"job_id": job.id, "sql": sql}
    if line["status"] in {"ERROR", "FAILED"}:
        kind = client.scrub(str(line.get("error_type") or line["status"]))
        words = client.scrub(
            str(line.get("error_message") or line.get("error") or "no reason given")
        )
        error = PlanError if kind.startswith("PLAN") or "No such field" in words else QueryError
        raise error(
            f"Omni could not run the query ({kind}): {words}",
            hint=_HINTS.get(kind),
            error_type=kind,
            **facts,
        )
    if isinstance(sql, str) and "Failed to plan query" in sql:
        raise PlanError(
            f"Omni could not plan the query: {client.scrub(sql)}", error_type="PLAN", **facts
        )
    if payload is None and line.get("requery_sql"):
        raise QueryError(
            "Omni asked for a second query and sent no result.",
            hint='Run it with cache="SkipCache".',
            error_type="REQUERY",
            **facts,
        )
    missing = summary.get("missing_fields")
    if missing:
        names = missing if isinstance(missing, list) else [missing]
        raise MissingFieldsError(
            f"The model has no {client.scrub(', '.join(map(str, names)))}.",
            hint="Check field names and grains against the topic; a grain must fit the field's type.",
            error_type="MISSING_FIELDS",
            **facts,
        )
    if payload is None:
        raise QueryError("Omni says COMPLETE and sent no result.", error_type="NO_RESULT", **facts)
    return Outcome(str(job.id), line, payload, polls)


_HINTS = {
    "FORBIDDEN": "The key's role does not allow this query; omnipd.whoami() shows its roles.",
    "PLAN_PK_REQUIRED_DUE_TO_JOIN_FANOUT": "The joined view needs a primary key in the model.",
    "RATE_LIMITED": "Too many queries run at once; try again in a minute.",
    "OAUTH_AUTHENTICATION_REQUIRED": "Sign in to the connection in Omni first.",
}


def _too_late(deadline: Deadline, job: _Job) -> QueryTimeoutError:
    running = f"Job {job.id} is still running" if job.id else "The query was not answered"
    kept = " Omni keeps the job running." if job.id else " Omni may be running it."
    return QueryTimeoutError(
        f"{running} after {deadline.seconds:g} s.",
        hint=f"Give it more: timeout=…, or narrow the query.{kept}",
        job_id=job.id,
        retryable=True,
    )


def _broken_off(client: Client, job: _Job) -> NetworkError:
    return NetworkError(
        f"Omni broke off its answer: {client.scrub(job.broken_off or '')!r}",
        hint="Something behind Omni failed; run the query again.",
        url=client.base_url + RUN,
        job_id=job.id,
        retryable=True,
    )


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
