"""Connections, as their list writes them, never with a secret."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.organization.connections import Connection


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
