"""The dbt project of a connection, and its environments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from omnipd_sandbox.api.connections.record import find_connection
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.paging import Order, cut_page
from omnipd_sandbox.http.refusals import Forbidden
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.connections import DbtEnvironment

# Which dialects can: assumed, but that not all of them can is documented.
_WITHOUT_DBT = frozenset({"mysql", "mariadb"})


def show_project(call: Call) -> Reply:
    """Answer with the project, or with why there is none."""
    connection = find_connection(call)
    project = call.world.organization.dbt_projects.get(connection.id)
    if project is None:
        supported = connection.dialect not in _WITHOUT_DBT
        message = (
            "dbt is not configured" if supported else f"{connection.dialect} does not support dbt"
        )
        return json_reply({"supportsDbt": supported, "message": message})
    return json_reply(
        {
            "supportsDbt": True,
            "branch": project.branch,
            "dbtVersion": project.version,
            "sshUrl": project.ssh_url,
            "projectRootPath": project.root,
            "autogenRelationships": True,
            "enableSemanticLayer": False,
            "enableVirtualSchemas": True,
        }
    )


def list_environments(call: Call) -> Reply:
    """Answer with one page of the environments of a connection's project."""
    connection = find_connection(call)
    if connection.dialect in _WITHOUT_DBT:
        raise Forbidden(f"{connection.dialect} does not support dbt")

    def found() -> Iterable[DbtEnvironment]:
        everything = call.world.organization.dbt_environments
        return (each for each in everything if each.connection_id == connection.id)

    order: Order[DbtEnvironment] = Order(
        rank=lambda each: each.name,
        identity=lambda each: each.id,
        descending=call.parameters["sortDirection"] == "desc",
    )
    page, info = cut_page(call, found, order)
    return json_reply({"records": [_record(each) for each in page], "pageInfo": info})


def _record(environment: DbtEnvironment) -> dict[str, Any]:
    return {
        "id": environment.id,
        "name": environment.name,
        "isDefaultEnvironment": environment.is_default,
        "ownerId": environment.owner_id,
        "targetSchema": environment.target_schema,
        "targetDatabase": environment.target_database,
        "targetName": environment.target_name,
        "targetRole": environment.target_role,
        "variables": [
            {"id": each.id, "name": each.name, "isSecret": each.is_secret, "value": each.value}
            for each in environment.variables
        ],
    }
