"""One connection: found, and written, never with a secret."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.segments import uuid_in_path
from omnipd_sandbox.http.refusals import not_found
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.connections import Connection


def show_connection(call: Call) -> Reply:
    """Answer with one connection."""
    return json_reply(connection_record(find_connection(call)))


def find_connection(call: Call) -> Connection:
    """Give the connection that the path names."""
    connection = call.organization.connections.get(uuid_in_path(call, "connectionId"))
    if connection is None or connection.deleted_at:
        raise not_found("Connection", call.segments["connectionId"])
    return connection


def connection_record(connection: Connection) -> dict[str, Any]:
    """Write a connection as the list does."""
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
