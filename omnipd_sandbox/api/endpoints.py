"""The table of endpoints: what the sandbox answers, and what it lets itself be asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from omnipd_sandbox.api.ai.endpoints import ai_endpoints
from omnipd_sandbox.api.api_keys.endpoints import api_key_endpoints
from omnipd_sandbox.api.color_palettes import color_palette_endpoints
from omnipd_sandbox.api.connections.endpoints import connection_endpoints
from omnipd_sandbox.api.content.endpoints import content_endpoints
from omnipd_sandbox.api.documents.endpoints import document_endpoints
from omnipd_sandbox.api.embed import embed_endpoints
from omnipd_sandbox.api.folders.endpoints import folder_endpoints
from omnipd_sandbox.api.groups.endpoints import group_endpoints
from omnipd_sandbox.api.labels.endpoints import label_endpoints
from omnipd_sandbox.api.model_roles.endpoints import model_role_endpoints
from omnipd_sandbox.api.models.endpoints import model_endpoints
from omnipd_sandbox.api.query.endpoints import query_endpoints
from omnipd_sandbox.api.schedules.endpoints import schedule_endpoints
from omnipd_sandbox.api.uploads import upload_endpoints
from omnipd_sandbox.api.user_attributes.endpoints import user_attribute_endpoints
from omnipd_sandbox.api.users.endpoints import user_endpoints
from omnipd_sandbox.api.whoami import whoami_endpoints
from omnipd_sandbox.calls.routing import Endpoint
from omnipd_sandbox.http.refusals import BadRequest
from omnipd_sandbox.moods.behavior import Behavior

# What newer servers do not have any more (docs/wire.md).
_REMOVED = frozenset(
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
    table = there_now(_chapters(behavior), behavior)
    return table if size is None else [_with_default_size(each, size) for each in table]


def there_now(table: Iterable[Endpoint], behavior: Behavior) -> list[Endpoint]:
    """Leave out what a server of that age does not have any more, or not yet."""
    return [
        each
        for each in table
        if not (behavior.removed_routes and (each.method, each.path) in _REMOVED)
        and (behavior.v2_changes or not _is_of_v2_changes(each))
    ]


def _is_of_v2_changes(endpoint: Endpoint) -> bool:
    """Tell whether a call makes drafts and documents in the newer way, or reads such a draft."""
    is_state = endpoint.path == "/api/v2/documents/{identifier}"
    return endpoint.path.startswith("/api/v2/") and not is_state


def _with_default_size(endpoint: Endpoint, size: int) -> Endpoint:
    parameter = endpoint.parameters.get("pageSize")
    if parameter is None:
        return endpoint
    try:
        parameter.check(str(size))
    except BadRequest:
        # More than this list allows.
        return endpoint
    sized = {**endpoint.parameters, "pageSize": replace(parameter, default=size)}
    return replace(endpoint, parameters=sized)


def _chapters(behavior: Behavior) -> list[Endpoint]:
    return [
        *content_endpoints(behavior),
        *document_endpoints(behavior),
        *folder_endpoints(behavior),
        *label_endpoints(),
        *model_endpoints(behavior),
        *user_endpoints(),
        *group_endpoints(),
        *user_attribute_endpoints(),
        *model_role_endpoints(),
        *api_key_endpoints(),
        *connection_endpoints(),
        *upload_endpoints(),
        *schedule_endpoints(),
        *ai_endpoints(),
        *color_palette_endpoints(),
        *whoami_endpoints(),
        *query_endpoints(),
        *embed_endpoints(),
    ]
