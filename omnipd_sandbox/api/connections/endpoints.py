"""The endpoints of connections, and what each lets itself be asked."""

from __future__ import annotations

from typing import Final

from omnipd_sandbox.api.connections import dbt
from omnipd_sandbox.api.connections.listing import (
    list_connections,
    list_environments,
    list_refreshes,
    show_connection,
    show_refresh,
)
from omnipd_sandbox.api.connections.uploads import list_uploads
from omnipd_sandbox.calls.parameters import (
    Parameter,
    at_most,
    boolean,
    comma_separated,
    one_of,
    page_size,
    text,
    uuid,
)
from omnipd_sandbox.calls.routing import Endpoint

_DIRECTION = one_of("asc", "desc")
_CONNECTION = "/api/v1/connections/{connectionId}"
_ADMIN: Final = "administrators"


def connection_endpoints() -> list[Endpoint]:
    """Write out the table."""
    return [
        Endpoint(
            "GET",
            "/api/v1/connections",
            list_connections,
            {
                "database": Parameter(text),
                "name": Parameter(text),
                "dialect": Parameter(comma_separated),
                "includeDeleted": Parameter(boolean, False),
                "sortField": Parameter(one_of("database", "dialect", "name")),
                "sortDirection": Parameter(_DIRECTION, "asc"),
            },
            _ADMIN,
        ),
        Endpoint("GET", _CONNECTION, show_connection, audience=_ADMIN),
        Endpoint("GET", f"{_CONNECTION}/schedules", list_refreshes, audience=_ADMIN),
        Endpoint("GET", f"{_CONNECTION}/schedules/{{scheduleId}}", show_refresh, audience=_ADMIN),
        Endpoint("GET", f"{_CONNECTION}/dbt", dbt.show_project, audience=_ADMIN),
        Endpoint(
            "GET",
            f"{_CONNECTION}/dbt/environments",
            dbt.list_environments,
            {
                "cursor": Parameter(text),
                "pageSize": Parameter(page_size(100), 20),
                "sortField": Parameter(one_of("name"), "name"),
                "sortDirection": Parameter(_DIRECTION, "desc"),
            },
            _ADMIN,
        ),
        Endpoint("GET", "/api/v1/connection-environments", list_environments, audience=_ADMIN),
        Endpoint(
            "GET",
            "/api/v1/uploads",
            list_uploads,
            {
                "cursor": Parameter(text),
                "pageSize": Parameter(page_size(100), 20),
                "connectionId": Parameter(uuid),
                "modelId": Parameter(uuid),
                "searchTerm": Parameter(at_most(256)),
                "type": Parameter(one_of("csv", "spreadsheet"), "csv"),
                "sortField": Parameter(one_of("createdAt", "fileName", "updatedAt"), "updatedAt"),
                "sortDirection": Parameter(_DIRECTION, "desc"),
            },
        ),
    ]
