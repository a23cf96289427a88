"""The schedules on which the schema of a connection is read."""

from __future__ import annotations

from omnipd_sandbox.api.connections.record import find_connection
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.segments import uuid_in_path
from omnipd_sandbox.calls.tables import find_row, rows_of
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.tables import Row


def list_refreshes(call: Call) -> Reply:
    """Answer with the schedules on which a connection's schema is read."""
    return json_reply({"schedules": _refreshes(call)})


def show_refresh(call: Call) -> Reply:
    """Answer with one of them."""
    wanted = uuid_in_path(call, "scheduleId")
    return json_reply(find_row(_refreshes(call), wanted, "Schedule", "scheduleId"))


def _refreshes(call: Call) -> list[Row]:
    return rows_of(call, "refreshes", connectionId=find_connection(call).id)
