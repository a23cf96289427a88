"""The endpoints of schedules, and what each lets itself be asked."""

from __future__ import annotations

from omnipd_sandbox.api.schedules.changes import create_schedule, delete_schedule, replace_schedule
from omnipd_sandbox.api.schedules.list import list_schedules
from omnipd_sandbox.api.schedules.recipients import (
    add_recipients,
    list_recipients,
    remove_recipients,
)
from omnipd_sandbox.api.schedules.record import show_schedule
from omnipd_sandbox.api.schedules.running import (
    give_schedule,
    pause_schedule,
    resume_schedule,
    trigger_schedule,
)
from omnipd_sandbox.calls.checks import Key, one_of, text, uuid
from omnipd_sandbox.calls.parameters import pages, sorting
from omnipd_sandbox.calls.routing import Endpoint

_SCHEDULES = "/api/v1/schedules"
_SCHEDULE = f"{_SCHEDULES}/{{scheduleId}}"
_FOR = {"userId": Key(uuid)}
_DESTINATIONS = ("email", "google_sheets", "s3", "sftp", "slack", "webhook")
_FIELDS = ("scheduleName", "dashboardName", "ownerName", "lastRun", "lastRunStatus")


def schedule_endpoints() -> list[Endpoint]:
    """Write out the table."""
    return [
        Endpoint(
            "GET",
            _SCHEDULES,
            list_schedules,
            {
                **pages(),
                "q": Key(text()),
                "status": Key(one_of("success", "error", "canceled", "none")),
                "destination": Key(one_of(*_DESTINATIONS)),
                "contentType": Key(one_of("dashboard", "single tile")),
                "scheduleType": Key(one_of("alert", "schedule")),
                "identifier": Key(text()),
                "ownerId": Key(uuid),
                "embedEntity": Key(text()),
                **sorting(*_FIELDS, by="scheduleName", direction="desc"),
            },
        ),
        Endpoint("GET", _SCHEDULE, show_schedule, _FOR),
        Endpoint("GET", f"{_SCHEDULE}/recipients", list_recipients),
        Endpoint("POST", _SCHEDULES, create_schedule, _FOR),
        Endpoint("PUT", _SCHEDULE, replace_schedule),
        Endpoint("DELETE", _SCHEDULE, delete_schedule),
        Endpoint("PUT", f"{_SCHEDULE}/pause", pause_schedule),
        Endpoint("PUT", f"{_SCHEDULE}/resume", resume_schedule),
        Endpoint("POST", f"{_SCHEDULE}/trigger", trigger_schedule),
        Endpoint("PUT", f"{_SCHEDULE}/transfer-ownership", give_schedule),
        Endpoint("PUT", f"{_SCHEDULE}/add-recipients", add_recipients),
        Endpoint("PUT", f"{_SCHEDULE}/remove-recipients", remove_recipients),
    ]
