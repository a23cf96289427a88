"""The endpoints of schedules, and what each lets itself be asked."""

from __future__ import annotations

from omnipd_sandbox.api.schedules.detail import list_recipients, show_schedule
from omnipd_sandbox.api.schedules.listing import list_schedules
from omnipd_sandbox.api.schedules.planning import create_schedule, delete_schedule, replace_schedule
from omnipd_sandbox.api.schedules.recipients import add_recipients, remove_recipients
from omnipd_sandbox.api.schedules.running import (
    give_schedule,
    pause_schedule,
    resume_schedule,
    trigger_schedule,
)
from omnipd_sandbox.calls.parameters import Parameter, one_of, page_size, text, uuid
from omnipd_sandbox.calls.routing import Endpoint

_CHANGES = (
    ("PUT", "", replace_schedule),
    ("DELETE", "", delete_schedule),
    ("PUT", "/pause", pause_schedule),
    ("PUT", "/resume", resume_schedule),
    ("POST", "/trigger", trigger_schedule),
    ("PUT", "/transfer-ownership", give_schedule),
    ("PUT", "/add-recipients", add_recipients),
    ("PUT", "/remove-recipients", remove_recipients),
)


def schedule_endpoints() -> list[Endpoint]:
    """Write out the table."""
    return [
        Endpoint(
            "GET",
            "/api/v1/schedules",
            list_schedules,
            {
                "cursor": Parameter(text),
                "pageSize": Parameter(page_size(100), 20),
                "q": Parameter(text),
                "status": Parameter(one_of("success", "error", "canceled", "none")),
                "destination": Parameter(
                    one_of("email", "google_sheets", "s3", "sftp", "slack", "webhook")
                ),
                "contentType": Parameter(one_of("dashboard", "single tile")),
                "scheduleType": Parameter(one_of("alert", "schedule")),
                "identifier": Parameter(text),
                "ownerId": Parameter(uuid),
                "embedEntity": Parameter(text),
                "sortField": Parameter(
                    one_of(
                        "scheduleName", "dashboardName", "ownerName", "lastRun", "lastRunStatus"
                    ),
                    "scheduleName",
                ),
                "sortDirection": Parameter(one_of("asc", "desc"), "desc"),
            },
        ),
        Endpoint(
            "GET", "/api/v1/schedules/{scheduleId}", show_schedule, {"userId": Parameter(uuid)}
        ),
        Endpoint("GET", "/api/v1/schedules/{scheduleId}/recipients", list_recipients),
        Endpoint(
            "POST", "/api/v1/schedules", create_schedule, {"userId": Parameter(uuid)}, writes=True
        ),
        *(
            Endpoint(method, f"/api/v1/schedules/{{scheduleId}}{rest}", answer, writes=True)
            for method, rest, answer in _CHANGES
        ),
    ]
