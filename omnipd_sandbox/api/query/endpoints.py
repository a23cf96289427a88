"""The endpoints of queries, and what each lets itself be asked."""

from __future__ import annotations

from omnipd_sandbox.api.query.run import run_query
from omnipd_sandbox.api.query.wait import wait_for_jobs
from omnipd_sandbox.calls.checks import Key, text, uuid
from omnipd_sandbox.calls.routing import Endpoint

_JOBS = {"jobIds": Key(text()), "job_ids": Key(text())}
_FOR_AND_ON = {"userId": Key(uuid), "branch_id": Key(uuid)}


def query_endpoints() -> list[Endpoint]:
    """Write out the table."""
    return [
        Endpoint("POST", "/api/v1/query/run", run_query, _FOR_AND_ON, only_reads=True),
        Endpoint("GET", "/api/v1/query/wait", wait_for_jobs, _JOBS),
    ]
