"""Calls that Omni answers and the sandbox does not: it says so by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from omnipd_sandbox.calls.routing import Endpoint
from omnipd_sandbox.http.refusals import RefusedRequest

if TYPE_CHECKING:
    from omnipd_sandbox.calls.call import Call

# Methods by path, from Omni's OpenAPI file of May 2026 and docs/wire.md.
_UNSERVED = {
    "/api/v1/ai/jobs": "POST",
    "/api/v1/ai/jobs/{jobId}/cancel": "POST",
    "/api/v1/ai/jobs/{jobId}/vis": "GET",
    "/api/v1/ai/pick-topic": "POST",
    "/api/v1/ai/search-omni-docs": "POST",
    "/api/v1/connection-environments": "POST",
    "/api/v1/connection-environments/{id}": "PUT DELETE",
    "/api/v1/connections": "POST",
    "/api/v1/connections/{id}": "PATCH",
    "/api/v1/connections/{connectionId}/dbt": "PUT DELETE",
    "/api/v1/connections/{connectionId}/dbt/environments": "POST",
    "/api/v1/connections/{connectionId}/dbt/environments/{environmentId}": "PUT DELETE",
    "/api/v1/connections/{connectionId}/schedules": "POST",
    "/api/v1/connections/{connectionId}/schedules/{scheduleId}": "PUT DELETE",
    "/api/v1/dashboards/{identifier}/download": "POST",
    "/api/v1/dashboards/{identifier}/download/{jobId}": "GET",
    "/api/v1/dashboards/{identifier}/download/{jobId}/status": "GET",
    "/api/v1/documents": "POST",
    "/api/v1/documents/{identifier}": "PUT",
    "/api/v1/embed/sso/generate-session": "POST",
    "/api/v1/models/{modelId}": "PATCH",
    "/api/v1/models/{modelId}/branch/{branchName}": "DELETE",
    "/api/v1/models/{modelId}/branch/{branchName}/dbt": "POST",
    "/api/v1/models/{modelId}/branch/{branchName}/merge": "POST",
    "/api/v1/models/{modelId}/cache_reset/{policyName}": "POST",
    "/api/v1/models/{modelId}/content-validator": "POST",
    "/api/v1/models/{modelId}/field": "POST",
    "/api/v1/models/{modelId}/git": "POST PATCH DELETE",
    "/api/v1/models/{modelId}/git/commit": "POST",
    "/api/v1/models/{modelId}/git/sync": "POST",
    "/api/v1/models/{modelId}/migrate": "POST",
    "/api/v1/models/{modelId}/refresh": "POST",
    "/api/v1/models/{modelId}/topic/{topicName}": "PATCH DELETE",
    "/api/v1/models/{modelId}/view/{viewName}": "PATCH DELETE",
    "/api/v1/models/{modelId}/view/{viewName}/field/{fieldName}": "PATCH DELETE",
    "/api/v1/models/{modelId}/yaml": "DELETE",
    "/api/v1/uploads": "POST",
    "/api/v1/uploads/{uploadId}": "DELETE",
    "/api/v2/documents": "POST",
}


def unserved() -> list[Endpoint]:
    """Write out the table of what is answered 501, whatever its parameters."""
    return [
        Endpoint(method, path, refuse, served=False)
        for path, methods in _UNSERVED.items()
        for method in methods.split()
    ]


def refuse(call: Call) -> NoReturn:
    """Say which call of Omni the sandbox does not do."""
    asked = call.request
    raise RefusedRequest(501, f"The sandbox does not do {asked.method} {asked.path}")
