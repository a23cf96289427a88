"""The table of endpoints: what the sandbox answers, and what it lets itself be asked."""

from __future__ import annotations

from dataclasses import replace

from omnipd.sandbox.ai.endpoints import ai_endpoints
from omnipd.sandbox.behaviour import Behaviour
from omnipd.sandbox.connections.endpoints import connection_endpoints
from omnipd.sandbox.content.endpoints import content_endpoints
from omnipd.sandbox.models.endpoints import model_endpoints
from omnipd.sandbox.parameters import Parameter, text, uuid, uuids
from omnipd.sandbox.people.endpoints import people_endpoints
from omnipd.sandbox.query.run import run_query
from omnipd.sandbox.query.wait import wait_for_jobs
from omnipd.sandbox.routing import Endpoint
from omnipd.sandbox.schedules.endpoints import schedule_endpoints
from omnipd.sandbox.whoami import who_am_i

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


def endpoints(behaviour: Behaviour) -> list[Endpoint]:
    """Write out the table, chapter by chapter."""
    size = behaviour.default_page_size
    table = _chapters(behaviour)
    if behaviour.removed_routes:
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


def _chapters(behaviour: Behaviour) -> list[Endpoint]:
    return [
        *content_endpoints(behaviour),
        *model_endpoints(behaviour),
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
