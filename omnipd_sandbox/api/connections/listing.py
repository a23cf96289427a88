"""Connections, their environments and the schedules on which their schemas are read."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.segments import uuid_in_path
from omnipd_sandbox.calls.tables import find_row, rows_of
from omnipd_sandbox.http.refusals import NotFound
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.connections import Connection
from omnipd_sandbox.organization.tables import Row


def list_connections(call: Call) -> Reply:
    """Answer with every connection that matches; never with a secret."""
    asked = call.parameters
    found = [each for each in call.world.organization.connections.values() if _matches(each, call)]
    if asked["sortField"] is not None:
        keys = {"database": lambda each: each.database or "", "dialect": lambda each: each.dialect}
        found.sort(
            key=keys.get(asked["sortField"], lambda each: each.name.casefold()),
            reverse=asked["sortDirection"] == "desc",
        )
    return json_reply({"connections": [_record(each) for each in found]})


def _matches(connection: Connection, call: Call) -> bool:
    asked = call.parameters
    return (
        (connection.deleted_at is None or asked["includeDeleted"])
        and (not asked["name"] or asked["name"].casefold() in connection.name.casefold())
        and (
            not asked["database"]
            or asked["database"].casefold() in (connection.database or "").casefold()
        )
        and (not asked["dialect"] or connection.dialect in asked["dialect"])
    )


def find_connection(call: Call) -> Connection:
    """Give the connection that the path names."""
    connection = call.world.organization.connections.get(uuid_in_path(call, "connectionId"))
    if connection is None or connection.deleted_at:
        raise NotFound(f"Connection with id {call.segments['connectionId']} does not exist")
    return connection


def show_connection(call: Call) -> Reply:
    """Answer with one connection."""
    return json_reply(_record(find_connection(call)))


def _record(connection: Connection) -> dict[str, Any]:
    values = connection.attribute_values_for_default
    return {
        "id": connection.id,
        "name": connection.name,
        "dialect": connection.dialect,
        "database": connection.database,
        "defaultSchema": connection.default_schema,
        "baseRole": connection.base_role,
        "deletedAt": connection.deleted_at,
        "branchConnectionEnvironmentOverridesUserAttr": connection.branch_overrides_attribute,
        "environmentConnectionSwitchesSchemaModel": connection.switches_schema_model,
        "userAttributeNameForConnectionsEnvironments": connection.attribute_for_environments,
        "userAttributeValuesForDefaultEnvironment": None if values is None else list(values),
    }


def list_environments(call: Call) -> Reply:
    """Answer with every connection that may take the place of another."""
    return json_reply({"connectionEnvironments": rows_of(call, "environments")})


def list_refreshes(call: Call) -> Reply:
    """Answer with the schedules on which a connection's schema is read."""
    return json_reply({"schedules": _refreshes(call)})


def show_refresh(call: Call) -> Reply:
    """Answer with one of them."""
    wanted = uuid_in_path(call, "scheduleId")
    return json_reply(find_row(_refreshes(call), wanted, "Schedule", "scheduleId"))


def _refreshes(call: Call) -> list[Row]:
    return rows_of(call, "refreshes", connectionId=find_connection(call).id)
