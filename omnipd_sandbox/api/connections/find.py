"""The connection that a path names."""

from __future__ import annotations

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.segments import uuid_in_path
from omnipd_sandbox.http.refusals import not_found
from omnipd_sandbox.organization.connections import Connection


def find_connection(call: Call) -> Connection:
    """Give the connection that the path names."""
    connection = call.world.organization.connections.get(uuid_in_path(call, "connectionId"))
    if connection is None or connection.deleted_at:
        raise not_found("Connection", call.segments["connectionId"])
    return connection
