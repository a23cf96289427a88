"""List connections: ``GET /connections``."""

from __future__ import annotations

from omnipd_sandbox.api.connections.record import connection_record
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.connections import Connection


def list_connections(call: Call) -> Reply:
    """Answer with every connection that matches; never with a secret."""
    asked = call.parameters
    found = [each for each in call.organization.connections.values() if _matches(each, call)]
    if asked["sortField"] is not None:
        keys = {"database": lambda each: each.database or "", "dialect": lambda each: each.dialect}
        found.sort(
            key=keys.get(asked["sortField"], lambda each: each.name.casefold()),
            reverse=asked["sortDirection"] == "desc",
        )
    return json_reply({"connections": [connection_record(each) for each in found]})


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
