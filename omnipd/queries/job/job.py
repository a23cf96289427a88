"""Run a query job to its end: post once, wait while it runs, judge what came.

The post is never repeated once Omni may have seen it. Job lines come once: they are gathered over
all answers, the first final line of our own job counts, and what is said of other jobs is ignored.
The result is handed on while it arrives. What its line says may come before or after it, so that
the job is judged as soon as something is known, and in any case at the end.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from omnipd.arguments import IDS_OF_MODELS, IDS_OF_PEOPLE, argument, function
from omnipd.client import failures
from omnipd.client.answers import Received
from omnipd.client.client import Client
from omnipd.clock import Deadline
from omnipd.errors import (
    BadRequestError,
    DeadlineError,
    MissingFieldsError,
    NetworkError,
    NotFoundError,
    OmniError,
    OutcomeUnknownError,
    PlanError,
    QueryError,
    QueryTimeoutError,
    ResponseError,
    ServerError,
)
from omnipd.frames.arrow_stream import Ending, read_stream
from omnipd.message import changed, join
from omnipd.queries.job.ndjson import Line, LineReader
from omnipd.queries.language import timeframes
from omnipd.queries.language.request import QueryRequest

RUN, WAIT = "/api/v1/query/run", "/api/v1/query/wait"
QUERY_SECONDS = 600.0

_FINAL = {"COMPLETE", "ERROR", "FAILED"}
_ANY_SIZE = 2**62
_BROKEN_WAITS = 5
_EMPTY_WAITS = 2
#: How long to wait before a query that never began is sent again (docs/wire.md).
_AGAIN_AFTER = (1.0, 2.0, 4.0)


@dataclass
class Outcome:
    """What a finished job said.

    Attributes
    ----------
    job_id : str
    line : dict
        Its final line, without the result.
    received : Received
        What is known of the last answer beside its body.
    """

    job_id: str = ""
    line: dict[str, Any] = field(default_factory=dict)
    received: Received = field(default_factory=Received)

    @property
    def summary(self) -> dict[str, Any]:
        """The job's summary: fields, SQL, cache."""
        return summary_of(self.line)


@dataclass
class Begin:
    """A result begins; what came of one before it counts no more.

    Attributes
    ----------
    schema : pyarrow.Schema
        Of its batches.
    head : dict
        What its line said before it, which may be nothing.
    """

    schema: pa.Schema
    head: dict[str, Any]


def stream(
    client: Client,
    request: QueryRequest,
    outcome: Outcome,
    *,
    again: bool = True,
) -> Iterator[Begin | pa.RecordBatch]:
    """Run a query to its end and yield its result as it arrives, each batch validated.

    Only at the end is it known that the result is whole and the job did not fail.

    Parameters
    ----------
    outcome : Outcome
        Is filled in: the job's id when the result begins, the rest at the end.
    again : bool
        Whether a result that breaks off may be asked for again, from its beginning.

    Raises
    ------
    QueryError
        Or one of its kinds: the job failed, could not be planned, lacks fields, or ran too long.
    OutcomeUnknownError
        If the answer to the post was lost before it named a job.
    NetworkError, ResponseError, APIError
        As for every request; ``job_id`` is set where it is known.
    """
    deadline = client.deadline(QUERY_SECONDS)
    planning = bool(request.body.get("planOnly"))
    swallowed = {
        one.get("calc_name")
        for one in request.body["query"].get("calculations") or ()
        if one.get("swallow_errors")
    }
    job = _Job(client, outcome, again=again, planning=planning, swallowed=swallowed)
    try:
        yield from _post(client, request, deadline, job)
        yield from _wait(client, deadline, job)
        job.check()
    except OmniError as error:
        error.job_id = error.job_id or job.id
        error.trace(outcome.received.trace_id)
        error.message = changed(error.message, client.hide_key)
        if isinstance(error, BadRequestError | NotFoundError):
            error.hint = join([error.hint, _look_up(error.message)])
        raise
    assert job.final is not None  # noqa: S101 - waited for
    outcome.job_id, outcome.line = str(job.id), client.hide_key_in(job.final.content)


def _look_up(refused: str) -> str:
    """Return what to look at first where Omni refuses a request in such words."""
    if "timezone" in refused:
        return _ZONE_REFUSED
    return IDS_OF_PEOPLE if "userId" in refused else IDS_OF_MODELS


@dataclass
class _Job:
    """What is known of the job so far."""

    client: Client
    outcome: Outcome
    again: bool
    #: Whether only a plan was asked for: being planned is its end, and there is no result.
    planning: bool
    #: The calculations that may fail.
    swallowed: Collection[str]
    id: str | None = None
    final: Line | None = None
    remaining: set[str] | None = None
    polls: int = 0
    #: Words of an upstream failure at the end of an answer.
    broken_off: str | None = None
    #: The message that is all of an answer: Omni puts the request off.
    put_off: str | None = None
    #: Words in a line of no known kind.
    words: str | None = None
    #: Whether anything of a result was handed on.
    handed_on: bool = False
    final_ending: Ending | None = None

    @property
    def settled(self) -> bool:
        return self.final is not None

    @property
    def max_bytes(self) -> int | None:
        """The largest answer: one that is handed on and never held may be of any size."""
        return None if self.again else _ANY_SIZE

    @property
    def lost(self) -> bool:
        """Whether a result was handed on in part, and must not begin again."""
        return self.handed_on and not self.again and not self.settled

    def read(self, chunks: Generator[bytes, None, None]) -> Iterator[Begin | pa.RecordBatch]:
        """Read one answer, line by line, and yield the parts of our job's result."""
        self.broken_off = self.put_off = self.words = None
        reader = LineReader(chunks, self.client.hide_key)
        ending, count = None, 0
        with contextlib.closing(chunks):
            for found in reader:
                if isinstance(found, Line):
                    self.take(found, ending)
                    ending, count = None, count + 1
                elif self._is_ours(found.head):
                    if found.head.get("status") == "COMPLETE":
                        _judge(self.client, str(self.id), found.head, has_result=True)
                        _judge_calculations(self, found.head)
                    if self.handed_on and not self.again:
                        raise ResponseError("Omni sent a second result for one query.")
                    ending, self.handed_on = Ending(), True
                    self.outcome.job_id = self.id or ""
                    head = self.client.hide_key_in(found.head)
                    for part in read_stream(found.pieces, ending):
                        yield Begin(part, head) if isinstance(part, pa.Schema) else part
                        del part  # or it would be held while the next is read
        if reader.tail:
            self.broken_off = reader.tail
        if count != 1 or reader.tail:
            self.put_off = None

    def _is_ours(self, head: dict[str, Any]) -> bool:
        """Whether a result may be the one to read, as far as its line has told."""
        if self.settled or head.get("status", "COMPLETE") != "COMPLETE":
            return False
        return self.id is None or head.get("job_id", self.id) == self.id

    def take(self, line: Line, ending: Ending | None) -> None:
        content = line.content
        if isinstance(submitted := content.get("jobs_submitted"), dict):
            if len(submitted) != 1:
                raise ResponseError(f"Omni submitted {len(submitted)} jobs for one query.")
            self.id = self.id or str(next(iter(submitted)))
        elif "job_id" in content:
            self.id = self.id or str(content["job_id"])
            ours = content["job_id"] == self.id  # what is said of other jobs is ignored
            if ours and self.final is None and self._is_final(content.get("status")):
                self.final, self.final_ending = line, ending
        elif "remaining_job_ids" in content or "timed_out" in content:
            listed = content.get("remaining_job_ids")
            self.remaining = {str(one) for one in listed} if isinstance(listed, list) else set()
            if self.id is None and len(self.remaining) == 1:
                # An answer may be the footer alone; there is one job, and this is its only name.
                [self.id] = self.remaining
        elif (words := failures.failure_in(content)) is not None:
            raise failures.refused_with_200(
                self.client.redact(words), url=self.client.base_url + RUN
            )
        else:
            self.words = failures.words_in(content)
            if "message" in content and "reason" not in content:
                self.put_off = str(content["message"])
            if not line.terminated and ("message" in content or "reason" in content):
                self.broken_off = str(content.get("message") or content.get("reason"))

    def _is_final(self, status: Any) -> bool:
        return str(status) in _FINAL or (self.planning and status == "PLANNED")

    def check(self) -> None:
        """Raise unless the job ended well and its result is whole and sound."""
        assert self.final is not None  # noqa: S101 - waited for
        content = self.final.content
        has_result = self.final.has_result or self.planning
        _judge(self.client, str(self.id), content, has_result=has_result)
        if self.planning:
            return
        _judge_calculations(self, content)
        said = content.get("cache_metadata")
        count = said.get("num_rows") if isinstance(said, dict) else None
        known = isinstance(count, int) and not isinstance(count, bool)
        if self.final_ending is None:
            raise ResponseError("The line with the result says two things of its job.")
        self.final_ending.check(count if known else None)


def _post(
    client: Client, request: QueryRequest, deadline: Deadline, job: _Job
) -> Iterator[Begin | pa.RecordBatch]:
    """Post the query and read its first answer; a break after the job is named is no loss.

    An answer of words alone names no job: nothing runs, and the query may be sent again.
    """
    for wait in (*_AGAIN_AFTER, None):
        yield from _post_once(client, request, deadline, job)
        if job.id is not None or job.put_off is None:
            break
        _put_off(client, deadline, job, RUN, wait)
    if job.id is None:
        words = job.broken_off or job.words
        raise ResponseError(
            "Omni's answer to the query names no job"
            + (f": {client.redact(words)!r}" if words else "."),
            url=client.base_url + RUN,
            status=200,
        )
    if job.settled and job.broken_off is not None:
        raise _broken_off(client, job)
    if job.lost:
        raise _cut_short(client, job)


def _put_off(client: Client, deadline: Deadline, job: _Job, path: str, wait: float | None) -> None:
    """Wait after a message in place of an answer, as after a 429; raise where that is not worth it."""
    if wait is not None:
        client.hold(wait)  # also when this call gives up: the others must not run into it
    if wait is None or wait >= deadline.remaining():
        words = client.redact(str(job.put_off))
        raise failures.throttled_with_200(words, url=client.base_url + path)
    client.clock.sleep(wait)


def _post_once(
    client: Client, request: QueryRequest, deadline: Deadline, job: _Job
) -> Iterator[Begin | pa.RecordBatch]:
    failure: OmniError | None = None
    try:
        yield from job.read(
            client.stream(
                "POST",
                RUN,
                params=request.params,
                body=request.body,
                deadline=deadline,
                max_bytes=job.max_bytes,
                into=job.outcome.received,
            )
        )
    except (NetworkError, ResponseError, OutcomeUnknownError) as error:
        failure = error
    except ServerError as error:
        # 408: Omni stopped waiting, and the job goes on.
        if error.job_id is None:
            raise
        job.id = error.job_id
    if job.settled and isinstance(failure, DeadlineError | OutcomeUnknownError):
        return  # what broke off after the last word of the job takes nothing from it
    if isinstance(failure, DeadlineError | OutcomeUnknownError) and deadline.remaining() <= 0:
        raise _too_late(deadline, job, sent=not isinstance(failure, DeadlineError))
    named = job.id is not None
    if isinstance(failure, NetworkError) or (failure is not None and not named):
        raise failure  # never sent, or lost before it named a job
    if isinstance(failure, ResponseError) and not failure.retryable:
        raise failure  # the result itself is bad; a job hands it out once


def _wait(client: Client, deadline: Deadline, job: _Job) -> Iterator[Begin | pa.RecordBatch]:
    """Wait until the job has said its last."""
    empty = broken = 0
    waits = iter(_AGAIN_AFTER)
    before: set[str] | None = None
    while not job.settled:
        shrank = before is not None and job.remaining is not None and job.remaining < before
        if job.polls and not shrank:
            client.clock.sleep(max(0.0, min(1.0, deadline.remaining())))
        if deadline.remaining() <= 0:
            raise _too_late(deadline, job)
        before = job.remaining
        job.polls += 1
        failure: OmniError | None = None
        try:
            yield from job.read(
                client.stream(
                    "GET",
                    WAIT,
                    params={"jobIds": str(job.id)},
                    deadline=deadline,
                    max_bytes=job.max_bytes,
                    into=job.outcome.received,
                )
            )
        except (NetworkError, ResponseError) as error:
            failure = error
        if isinstance(failure, DeadlineError) and not job.settled:
            raise _too_late(deadline, job)
        if isinstance(failure, ResponseError) and not failure.retryable:
            raise failure
        if failure is None and job.put_off is not None:
            _put_off(client, deadline, job, WAIT, next(waits, None))
            continue
        broken += failure is not None or job.broken_off is not None
        if job.lost:
            raise _cut_short(client, job)
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


def _judge(client: Client, job_id: str, line: dict[str, Any], *, has_result: bool) -> None:
    """Apply the tests of failure in Omni's order: status, plan, requery, missing fields, no result."""
    summary = summary_of(line)
    sql = summary.get("display_sql")
    sql = client.hide_key(sql) if isinstance(sql, str) and sql else None
    facts: dict[str, Any] = {"job_id": job_id, "sql": sql}
    if line["status"] in {"ERROR", "FAILED"}:
        kind = client.redact(str(line.get("error_type") or line["status"]))
        words = client.redact(
            str(line.get("error_message") or line.get("error") or "no reason given")
        )
        error = PlanError if kind.startswith("PLAN") or "No such field" in words else QueryError
        raise error(
            f"Omni could not run the query ({kind}): {words}",
            hint=_HANDED_OUT if "Unable to find job" in words else _HINTS.get(kind),
            error_type=kind,
            **facts,
        )
    if isinstance(sql, str) and "Failed to plan query" in sql:
        raise PlanError(
            f"Omni could not plan the query: {client.redact(sql)}", error_type="PLAN", **facts
        )
    if not has_result and line.get("requery_sql"):
        raise QueryError(
            "Omni asked for a second query and sent no result.",
            hint="Run it with " + argument("cache", "SkipCache") + ".",
            error_type="REQUERY",
            **facts,
        )
    missing = summary.get("missing_fields")
    if missing:
        names = missing if isinstance(missing, list) else [missing]
        raise MissingFieldsError(
            f"The model has no {client.redact(', '.join(map(str, names)))}.",
            hint=_FIRST_VALUES if any(map(_is_of_first_values, names)) else _MISSING,
            error_type="MISSING_FIELDS",
            **facts,
        )
    if not has_result:
        raise QueryError("Omni says COMPLETE and sent no result.", error_type="NO_RESULT", **facts)


def _judge_calculations(job: _Job, line: dict[str, Any]) -> None:
    """Refuse a result in which calculations failed that were not to fail."""
    invalid = summary_of(line).get("invalid_calculations")
    if not isinstance(invalid, dict):
        return
    failed = {name: words for name, words in invalid.items() if name not in job.swallowed}
    if failed:
        told = "; ".join(f"{name}: {words}" for name, words in failed.items())
        raise QueryError(
            f"Omni could not compute {_many('calculation', len(failed))}: {job.client.redact(told)}",
            hint=_HINTS["CALCS_FAILED"],
            error_type="INVALID_CALCULATIONS",
            job_id=job.id,
        )


def _many(what: str, count: int) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


# A job hands its result out once (docs/wire.md).
_HANDED_OUT = (
    "The job was taken, and Omni knows it no more: its result may have been sent in an answer that was "
    "lost on the way. Run the query again."
)
_ZONE_REFUSED = (
    "An administrator allows it in the settings of the connection; without "
    + argument("timezone")
    + " times are computed in UTC."
)
_MISSING = (
    "Check field names and timeframes against the topic; a timeframe must fit the field's type."
)
_FIRST_VALUES = (
    "A number in brackets asks for so many first values and the others as one: only of a dimension whose "
    "model says dynamic_top_n."
)


def _is_of_first_values(name: Any) -> bool:
    """Tell whether a field has a number in its brackets, as ``users.state[10]``."""
    return (timeframes.split(str(name))[1] or "").isdigit()


_HINTS = {
    "FORBIDDEN": (
        "The key's role does not allow this query; " + function("whoami") + " shows its roles."
    ),
    "CALCS_FAILED": (
        "A calculation sees nothing but what the query selects. One that may swallow its errors "
        "leaves the other columns whole."
    ),
    "PLAN_CALC_REQUIRES_SORT": "The calculation looks at other rows: sort the query.",
    "PLAN_PK_REQUIRED_DUE_TO_JOIN_FANOUT": "The joined view needs a primary key in the model.",
    "RATE_LIMITED": "Too many queries run at once; try again in a minute.",
    "OAUTH_AUTHENTICATION_REQUIRED": "Sign in to the connection in Omni first.",
}


def _too_late(deadline: Deadline, job: _Job, *, sent: bool = True) -> QueryTimeoutError:
    running = f"Job {job.id} is still running" if job.id else "The query was not answered"
    kept = " Omni keeps the job running." if job.id else " Omni may be running it."
    if not sent:
        running, kept = "The query was not sent: nothing was left of its time", ""
    return QueryTimeoutError(
        f"{running} after {deadline.seconds:g} s.",
        hint="Allow more time with " + argument("timeout", ...) + f", or narrow the query.{kept}",
        job_id=job.id,
        retryable=True,
    )


def _broken_off(client: Client, job: _Job) -> NetworkError:
    return NetworkError(
        f"Omni broke off its answer: {client.redact(job.broken_off or '')!r}",
        hint="Something behind Omni failed; run the query again.",
        url=client.base_url + RUN,
        job_id=job.id,
        retryable=True,
    )


def _cut_short(client: Client, job: _Job) -> NetworkError:
    return NetworkError(
        f"The answer broke off inside the result of job {job.id}.",
        hint="What came of it is not the whole. Run the query again.",
        url=client.base_url + RUN,
        job_id=job.id,
        retryable=True,
    )


def summary_of(line: dict[str, Any]) -> dict[str, Any]:
    """Return what a job's line says of fields, SQL and cache; nothing when it is not an object."""
    summary = line.get("summary")
    return summary if isinstance(summary, dict) else {}
