"""The endpoints of connections, and what each lets itself be asked."""

from __future__ import annotations

from omnipd_sandbox.api.connections import dbt
from omnipd_sandbox.api.connections.environments import list_environments
from omnipd_sandbox.api.connections.list import list_connections
from omnipd_sandbox.api.connections.record import show_connection
from omnipd_sandbox.api.connections.schedules import list_refreshes, show_refresh
from omnipd_sandbox.calls.checks import Key, text
from omnipd_sandbox.calls.identity import ADMINISTRATORS
from omnipd_sandbox.calls.parameters import comma_separated, flag, pages, sorting
from omnipd_sandbox.calls.routing import Endpoint

_CONNECTION = "/api/v1/connections/{connectionId}"


def connection_endpoints() -> list[Endpoint]:
    """Write out the table."""
    return [
        Endpoint(
            "GET",
            "/api/v1/connections",
            list_connections,
            {
                "database": Key(text()),
                "name": Key(text()),
                "dialect": Key(comma_separated),
                "includeDeleted": Key(flag, False),
                **sorting("database", "dialect", "name", direction="asc"),
            },
            ADMINISTRATORS,
        ),
        Endpoint("GET", _CONNECTION, show_connection, audience=ADMINISTRATORS),
        Endpoint("GET", f"{_CONNECTION}/schedules", list_refreshes, audience=ADMINISTRATORS),
        Endpoint(
            "GET", f"{_CONNECTION}/schedules/{{scheduleId}}", show_refresh, audience=ADMINISTRATORS
        ),
        Endpoint("GET", f"{_CONNECTION}/dbt", dbt.show_project, audience=ADMINISTRATORS),
        Endpoint(
            "GET",
            f"{_CONNECTION}/dbt/environments",
            dbt.list_environments,
            {**pages(), **sorting("name", by="name", direction="desc")},
            ADMINISTRATORS,
        ),
        Endpoint(
            "GET", "/api/v1/connection-environments", list_environments, audience=ADMINISTRATORS
        ),
    ]
