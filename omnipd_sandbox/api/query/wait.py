"""Wait for submitted queries: ``GET /query/wait``."""

from __future__ import annotations

import json

from omnipd_sandbox.api.query.lines import footer, write_line
from omnipd_sandbox.api.query.run import NDJSON, check_query_api
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.parameters import comma_separated
from omnipd_sandbox.http.refusals import BadRequest
from omnipd_sandbox.http.reply import Reply, Sink, Stream


def wait_for_jobs(call: Call) -> Reply:
    """Answer with the lines of the jobs that are done, and a footer of those that are not.

    There is no header, and no line for a job that is still running.
    """
    check_query_api(call)
    job_ids = _job_ids(call)

    def body(sink: Sink) -> None:
        remaining = []
        for job_id in job_ids:
            job, finished = call.world.jobs.wait(job_id)
            if job is None:
                write_line(sink, _unknown(job_id))
            elif finished:
                job.write_line(sink)
            else:
                remaining.append(job_id)
        write_line(sink, footer(remaining))

    return Stream(body, NDJSON)


def _unknown(job_id: str) -> dict[str, str]:
    return {
        "job_id": job_id,
        "status": "FAILED",
        "error_type": "UNKNOWN",
        "error_message": "Unable to find job",
    }


def _job_ids(call: Call) -> list[str]:
    current, legacy = call.parameters["jobIds"], call.parameters["job_ids"]
    if current is not None and legacy is not None:
        raise BadRequest("jobIds and job_ids cannot be combined", at="job_ids")
    if current is not None:
        job_ids = comma_separated(current)
    elif legacy is not None:
        # The older spelling came as a JSON array, and is still taken either way.
        job_ids = (
            _json_array(legacy) if legacy.lstrip().startswith("[") else comma_separated(legacy)
        )
    else:
        raise BadRequest("Required", at="jobIds")
    if not job_ids:
        raise BadRequest("at least one job id is required", at="jobIds")
    return list(dict.fromkeys(job_ids))


def _json_array(text: str) -> list[str]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise BadRequest("Expected a JSON array of strings", at="job_ids")
    return given
