"""Calls that Omni answers and the sandbox does not: it says so by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from omnipd_sandbox.calls.routing import Endpoint
from omnipd_sandbox.http.refusals import RefusedRequest

if TYPE_CHECKING:
    from omnipd_sandbox.calls.call import Call
    from omnipd_sandbox.http.request import Request

# Methods by path: those of Omni's OpenAPI file of May 2026.
_OF_THE_SPECIFICATION = {
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

# Newer ones: their addresses stand on Omni's pages, or follow from the names of its clients'
# functions (docs/wire.md).
_NEWER = {
    "/api/v1/ai/branding": "GET",
    "/api/v1/ai/credit-controls": "PATCH",
    "/api/v1/ai/credit-controls/entity-groups": "PATCH",
    "/api/v1/ai/credit-controls/user-groups": "GET PATCH",
    "/api/v1/ai/credit-controls/users": "PATCH",
    "/api/v1/ai/eval/prompt-sets": "POST",
    "/api/v1/ai/eval/prompt-sets/{promptSetId}": "PUT",
    "/api/v1/ai/eval/prompt-sets/{promptSetId}/archive": "POST",
    "/api/v1/ai/eval/prompt-sets/{promptSetId}/unarchive": "POST",
    "/api/v1/ai/eval/runs": "POST",
    "/api/v1/ai/eval/runs/{runId}/archive": "POST",
    "/api/v1/ai/eval/runs/{runId}/cancel": "POST",
    "/api/v1/ai/eval/runs/{runId}/unarchive": "POST",
    "/api/v1/ai/jobs/{jobId}/feedback": "POST",
    "/api/v1/ai/routines": "POST",
    "/api/v1/ai/routines/{routineId}": "GET PUT DELETE",
    "/api/v1/ai/routines/{routineId}/trigger": "POST",
    "/api/v1/connections/{id}": "DELETE",
    "/api/v1/documents/{identifier}/upgrade": "POST",
    "/api/v1/models/{modelId}": "DELETE",
    "/api/v1/models/{modelId}/branch/{branchName}/dbt": "GET",
    "/api/v1/models/{modelId}/dbt-sync": "POST",
    "/api/v1/models/{modelId}/suggestions/generate": "POST",
    "/api/v1/models/{modelId}/suggestions/schedule": "POST DELETE",
    "/api/v1/models/{modelId}/suggestions/runs/{runId}": "GET",
    "/api/v1/models/{modelId}/suggestions/{suggestionId}": "DELETE",
    "/api/v1/models/{modelId}/suggestions/{suggestionId}/ignore": "POST",
    "/api/v1/models/{modelId}/suggestions/{suggestionId}/restore": "POST",
    "/api/v1/user-attribute-selections": "DELETE",
    "/api/v1/user-attributes": "POST",
    "/api/v1/user-attributes/{id}": "DELETE",
    "/api/v2/documents/{identifier}/app": "GET",
    "/api/v2/documents/{identifier}/draft/app": "GET PUT PATCH",
    "/api/v2/documents/{identifier}/draft/{draftId}/app": "GET PUT PATCH",
    "/api/v2/documents/{identifier}/draft/{draftId}/dashboard": "DELETE",
}

# Addresses for embedding, which take a secret, a session or a signature in the place of a key.
_WITHOUT_A_KEY = {
    "/embed/sso/generate-url": "POST",
    "/embed/sso/redeem-session": "GET",
}


def unserved() -> list[Endpoint]:
    """Write out the table of what is answered 501, whatever its parameters."""
    return [
        Endpoint(method, path, refuse, served=False, needs_key=table is not _WITHOUT_A_KEY)
        for table in (_OF_THE_SPECIFICATION, _NEWER, _WITHOUT_A_KEY)
        for path, methods in table.items()
        for method in methods.split()
    ]


def refuse(call: Call) -> NoReturn:
    """Say which call of Omni the sandbox does not do."""
    raise not_done(call.request)


def not_done(asked: Request) -> RefusedRequest:
    """Give the refusal of a call of Omni that the sandbox does not do."""
    return RefusedRequest(501, f"The sandbox does not do {asked.method} {asked.path}")
