"""The table of endpoints: what the sandbox answers, and what it lets itself be asked."""

from __future__ import annotations

from dataclasses import replace

from omnipd_sandbox.api.ai.endpoints import ai_endpoints
from omnipd_sandbox.api.connections.endpoints import connection_endpoints
from omnipd_sandbox.api.content.endpoints import content_endpoints
from omnipd_sandbox.api.models.endpoints import model_endpoints
from omnipd_sandbox.api.people.endpoints import people_endpoints
from omnipd_sandbox.api.people.whoami import who_am_i
from omnipd_sandbox.api.query.run import run_query
from omnipd_sandbox.api.query.wait import wait_for_jobs
from omnipd_sandbox.api.schedules.endpoints import schedule_endpoints
from omnipd_sandbox.calls.parameters import Parameter, text, uuid, uuids
from omnipd_sandbox.calls.routing import Endpoint
from omnipd_sandbox.moods.behavior import Behavior

# What newer servers do not have any more (docs/wire.md).
REMOVED = frozenset(
    {
        ("GET", "/api/v1/connection-environments"),
        ("GET", "/api/v1/dashboards/{identifier}/filters"),
        ("PATCH", "/api/v1/dashboards/{identifier}/filters"),
        ("PATCH", "/api/v1/documents/{identifier}"),
        ("PUT", "/api/v1/documents/{identifier}"),
    }
)


def endpoints(behavior: Behavior) -> list[Endpoint]:
    """Write out the table, chapter by chapter."""
    size = behavior.default_page_size
    table = _chapters(behavior)
    if behavior.removed_routes:
        table = [each for each in table if (each.method, each.path) not in REMOVED]
    return table if size is None else [_with_default_size(each, size) for each in table]


def _with_default_size(endpoint: Endpoint, size: int) -> Endpoint:
    parameter = endpoint.parameters.get("pageSize")
    if parameter is None:
        return endpoint
    try:
        parameter.read(str(size))
    except ValueError:
        # More than this list allows.
        return endpoint
    sized = {**endpoint.parameters, "pageSize": replace(parameter, default=size)}
    return replace(endpoint, parameters=sized)


def _chapters(behavior: Behavior) -> list[Endpoint]:
    return [
        *content_endpoints(behavior),
        *model_endpoints(behavior),
        *people_endpoints(),
        *connection_endpoints(),
        *schedule_endpoints(),
        *ai_endpoints(),
        Endpoint("GET", "/api/v1/whoami", who_am_i, {"modelId": Parameter(uuids)}),
        Endpoint(
            "POST",
            "/api/v1/query/run",
            run_query,
            {"userId": Parameter(uuid), "branch_id": Parameter(uuid)},
        ),
        Endpoint(
            "GET",
            "/api/v1/query/wait",
            wait_for_jobs,
            {"jobIds": Parameter(text), "job_ids": Parameter(text)},
        ),
    ]
