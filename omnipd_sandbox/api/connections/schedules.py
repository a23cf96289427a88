"""The schedules on which the schema of a connection is read."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.api.connections.record import find_connection
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.segments import uuid_in_path
from omnipd_sandbox.http.refusals import not_found
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.connections import RefreshSchedule


def list_refreshes(call: Call) -> Reply:
    """Answer with the schedules on which a connection's schema is read."""
    return json_reply({"schedules": [_refresh(each) for each in _refreshes(call)]})


def show_refresh(call: Call) -> Reply:
    """Answer with one of them."""
    wanted = uuid_in_path(call, "scheduleId")
    for each in _refreshes(call):
        if each.id == wanted:
            return json_reply(_refresh(each))
    raise not_found("Schedule", call.segments["scheduleId"])


def _refreshes(call: Call) -> list[RefreshSchedule]:
    connection = find_connection(call)
    return [each for each in call.organization.refreshes if each.connection_id == connection.id]


def _refresh(schedule: RefreshSchedule) -> dict[str, Any]:
    return {
        "scheduleId": schedule.id,
        "connectionId": schedule.connection_id,
        "schedule": schedule.schedule,
        "timezone": schedule.timezone,
        "description": schedule.description,
        "createdAt": schedule.created_at,
        "updatedAt": schedule.updated_at,
        "disabledAt": schedule.disabled_at,
    }
