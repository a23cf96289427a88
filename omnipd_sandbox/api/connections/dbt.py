"""The dbt project of a connection, and its environments."""

from __future__ import annotations

from operator import itemgetter

from omnipd_sandbox.api.connections.record import find_connection
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.tables import rows_of, show_page, without
from omnipd_sandbox.http.refusals import Forbidden
from omnipd_sandbox.http.reply import Reply, json_reply

# Which dialects can: assumed, but that not all of them can is documented.
_WITHOUT_DBT = frozenset({"mysql", "mariadb"})


def show_project(call: Call) -> Reply:
    """Answer with the project, or with why there is none."""
    connection = find_connection(call)
    for project in rows_of(call, "dbt_projects", connectionId=connection.id):
        return json_reply(without(project, "connectionId"))
    supported = connection.dialect not in _WITHOUT_DBT
    message = (
        "dbt not configured for this connection"
        if supported
        else f"{connection.dialect} does not support dbt"
    )
    return json_reply({"supportsDbt": supported, "message": message})


def list_environments(call: Call) -> Reply:
    """Answer with one page of the environments of a connection's project."""
    connection = find_connection(call)
    if connection.dialect in _WITHOUT_DBT:
        raise Forbidden(f"{connection.dialect} does not support dbt")
    return show_page(
        call,
        rows_of(call, "dbt_environments", connectionId=connection.id),
        itemgetter("name"),
        descending=call.parameters["sortDirection"] == "desc",
        hidden=("connectionId",),
    )
