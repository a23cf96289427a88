"""Schedules: deliveries and alerts, and who receives them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Literal

import pandas as pd

from omnipd.arguments import IDS_OF_SCHEDULES
from omnipd.client.client import Client
from omnipd.errors import ResponseError
from omnipd.frames.columns import COUNT, TEXT, Column, as_json, count, flag, instant, text
from omnipd.frames.records import Record
from omnipd.lists import paging
from omnipd.lists.editable import Editable
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut
from omnipd.lists.manual import manual
from omnipd.lists.params import SORT_DIRECTION, Param, choices
from omnipd.lists.parents import Parents
from omnipd.readers.record_parts import objects_in

_PARENT = ("schedule_id",)
_STOPS = ("disabledAt", "systemDisabledAt")


def _with_activity(schedule: Record) -> Iterator[Record]:
    """Say whether a schedule runs: it does unless people or Omni have stopped it."""
    stopped = any(schedule.get(stop) is not None for stop in _STOPS)
    known = stopped or all(stop in schedule for stop in _STOPS)
    yield schedule | {"is_active": not stopped if known else None}


SCHEDULES = Endpoint(
    "/api/v1/schedules",
    key=("schedule_id",),
    editable=Editable(
        "schedule",
        ("schedule_id",),
        columns={"owner_id": "owner_id", "is_active": "is_active"},
        name="name",
        row="exists",
    ),
    pages=paging.numbered,
    unfold=_with_activity,
    params={
        "q": Param("q"),
        "status": Param("status", "choice", choices("success", "error", "canceled", "none")),
        "destination": Param(
            "destination",
            "choice",
            choices("email", "google_sheets", "s3", "sftp", "slack", "webhook"),
        ),
        "content_type": Param("contentType", "choice", choices("dashboard", "single tile")),
        "schedule_type": Param("scheduleType", "choice", choices("alert", "schedule")),
        "identifier": Param("identifier"),
        "owner_id": Param("ownerId", "id"),
        "embed_entity": Param("embedEntity"),
        "sort": Param(
            "sortField",
            "choice",
            choices(
                schedule_name="scheduleName",
                dashboard_name="dashboardName",
                owner_name="ownerName",
                last_run="lastRun",
                last_run_status="lastRunStatus",
            ),
        ),
        "direction": SORT_DIRECTION,
    },
    columns={
        "schedule_id": text("id", doc="Id of the schedule"),
        "name": text("name", doc="Name as people see it"),
        "document_identifier": text("identifier", doc="Dashboard that is delivered"),
        "dashboard_name": text("dashboardName", doc="Name of the dashboard"),
        "content": text("content", doc="dashboard or single tile"),
        "format": text("format", doc="pdf, png, csv and others; null from older servers"),
        "destination_type": text("destinationType", doc="email, slack, webhook and others"),
        "recipient_count": count(
            "recipientCount", doc="Recipients; null for what is not an email", none=-1
        ),
        "schedule": text("schedule", doc="When it runs: six fields, as EventBridge has them"),
        "timezone": text("timezone", doc="Time zone of that"),
        "owner_id": text("ownerId", doc="Membership id of the owner; null from older servers"),
        "owner_name": text("ownerName", doc="Name of the owner; not unique"),
        "disabled_at": instant("disabledAt", doc="When it was paused; null when it was not"),
        "system_disabled_at": instant("systemDisabledAt", doc="When Omni stopped it"),
        "system_disabled_reason": text("systemDisabledReason", doc="Why Omni stopped it"),
        "last_completed_at": instant("lastCompletedAt", doc="End of the last run"),
        "last_status": text("lastStatus", doc="COMPLETE, ERROR, KILLED and others"),
        "slack_recipient_type": text("slackRecipientType", doc="Channel or Users; for slack"),
        "is_active": flag("is_active", doc="Whether it is neither paused nor stopped"),
        "alert_condition_type": text("alert.conditionType", doc="When it alerts; for alerts"),
        "alert_query_name": text("alert.conditionQueryName", doc="Query that the alert watches"),
    },
)


@manual(SCHEDULES)
def read_schedules(
    *,
    q: str | None = None,
    status: str | None = None,
    destination: str | None = None,
    content_type: str | None = None,
    schedule_type: str | None = None,
    identifier: str | None = None,
    owner_id: str | None = None,
    embed_entity: str | None = None,
    sort: str = "schedule_name",
    direction: str = "asc",
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read scheduled deliveries and alerts, one row each.

    Parameters
    ----------
    q : str, optional
        Words in the name of the schedule, its dashboard or its owner.
    status : {"success", "error", "canceled", "none"}, optional
        Only those whose last run ended so.
    destination : {"email", "google_sheets", "s3", "sftp", "slack", "webhook"}, optional
        Only those that go there.
    content_type : {"dashboard", "single tile"}, optional
        Only those that deliver this.
    schedule_type : {"alert", "schedule"}, optional
        Only alerts, or only the others.
    identifier : str, optional
        Only those of this dashboard.
    owner_id : str, optional
        Membership id (UUID) of the owner.
    embed_entity : str, optional
        Only those of this embed entity.
    sort : {"schedule_name", "dashboard_name", "owner_name", "last_run", "last_run_status"}
        What to sort by. Default: ``schedule_name``.

    See Also
    --------
    omnipd.read_schedule_recipients : Who receives them.
    omnipd.read_connection_schedules : When connections are read again; something else.

    Notes
    -----
    Omni pages this list by number: a schedule that is made or deleted meanwhile shifts the rows.
    The reader notices, and reads a short list again.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     schedules = omnipd.read_schedules(destination="email")
    >>> bool((schedules["recipient_count"] >= 0).all())
    True
    """
    return SCHEDULES.read(locals())


def _without_secrets(schedule: Record) -> Iterator[Record]:
    """Leave out how destinations are reached, which may hold credentials, whatever its shape."""
    kept = {key: schedule[key] for key in schedule.keys() - {"id"}}  # which is the parent's key
    held = schedule.get("destinations")
    if held is not None:
        if not isinstance(held, list) or not all(isinstance(each, dict) for each in held):
            raise ResponseError("The destinations of a schedule are not a list of objects.")
        known = ("id", "format", "lastCompletedAt", "lastStatus")
        kept["destinations"] = [{key: each.get(key) for key in known} for each in held]
    yield kept


SCHEDULE_DETAILS = FanOut(
    Endpoint(
        "/api/v1/schedules/{schedule_id}",
        pages=paging.single,
        rows=None,
        unfold=_without_secrets,
        params={"user_id": Param("userId", "id")},
        columns={
            "name": text("name", doc="Name as people see it"),
            "entity_id": text("entityId", doc="Omni's inner id of the dashboard"),
            "organization_id": text("organizationId", doc="Id of the organization"),
            "owner_id": text("ownerId", doc="Membership id of the owner"),
            "owner_name": text("owner.name", doc="Name of the owner; not unique"),
            "schedule": text("schedule", doc="When it runs: six fields, as EventBridge has them"),
            "timezone": text("timezone", doc="Time zone of that"),
            "created_at": instant("createdAt", doc="When it was made"),
            "updated_at": instant("updatedAt", doc="Last change"),
            "disabled_at": instant("disabledAt", doc="When it was paused; null when it was not"),
            "system_disabled_at": instant("systemDisabledAt", doc="When Omni stopped it"),
            "system_disabled_reason": text("systemDisabledReason", doc="Why Omni stopped it"),
            "fan_out": flag("fanOut", doc="Whether each recipient gets their own view"),
            "kill_jobs_on_failure": flag(
                "killJobsOnFailure", doc="Whether one failed query stops the rest"
            ),
            "condition_type": text("conditionType", doc="When it alerts; for alerts"),
            "condition_query_map_key": text(
                "conditionQueryMapKey", doc="Key of the tile that the alert watches"
            ),
            "filter_config": Column(
                TEXT, ("filterConfig",), "Filters that it sets, as JSON", as_json
            ),
            "metadata": Column(
                TEXT, ("metadata",), "Options of format and the like, as JSON", as_json
            ),
            "destination_count": Column(COUNT, ("destinations",), "Number of destinations", len),
            "destinations": Column(
                TEXT,
                ("destinations",),
                "Id, format and last run of each, as JSON; never how it is reached",
                as_json,
            ),
        },
    ),
    parent=_PARENT,
    ids={"schedule_id": IDS_OF_SCHEDULES},
)


@manual(SCHEDULE_DETAILS)
def read_schedule_details(
    schedules: Parents,
    *,
    user_id: str | None = None,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read schedules in detail, one row each, with one call each.

    Parameters
    ----------
    user_id : str, optional
        Membership id (UUID) of the person whose access is checked. Default: that of the client.

    See Also
    --------
    omnipd.read_schedule_recipients : Who receives them.

    Notes
    -----
    How a destination is reached may hold credentials; it is in no column.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     schedules = omnipd.read_schedules(limit=3)
    ...     details = omnipd.read_schedule_details(schedules)
    >>> details["schedule_id"].tolist() == schedules["schedule_id"].tolist()
    True
    """
    return SCHEDULE_DETAILS.read(schedules, locals())


def _recipient_rows(answer: Record) -> Iterator[Record]:
    """Yield a row for each recipient of an email, and for each member of a group that gets it."""
    kind = answer.get("type")
    if kind not in ("email", None):
        return  # what Omni says of other destinations may hold credentials
    known = {"type", "recipients", "userGroupRecipients"}
    rest = {key: answer[key] for key in answer.keys() - known}
    for person in objects_in(answer, "recipients"):
        yield rest | person | {"destination_type": kind}
    for group in objects_in(answer, "userGroupRecipients"):
        via = {key: group[key] for key in group.keys() - {"recipients", "id", "name"}}
        via |= {"via_group_id": group.get("id"), "via_group_name": group.get("name")}
        # A group that nobody is in, or whose members are not told, is still a recipient.
        for person in objects_in(group, "recipients") or [{}]:
            yield rest | via | person | {"destination_type": kind}


SCHEDULE_RECIPIENTS = FanOut(
    Endpoint(
        "/api/v1/schedules/{schedule_id}/recipients",
        pages=paging.single,
        rows=None,
        unfold=_recipient_rows,
        # Who is in two groups comes twice.
        key=("via_group_id", "recipient_id", "email"),
        # Those who get it by a group are no recipients of their own: their rows are all the group's.
        editable=Editable(
            "schedule",
            ("schedule_id",),
            part=("via_group_id", "recipient_id", "email"),
            row="recipient",
        ),
        columns={
            "destination_type": text("destination_type", doc="email"),
            "recipient_id": text("id", doc="Membership id of the recipient"),
            "email": text("email", doc="Address it goes to"),
            "name": text("name", doc="Name of the recipient"),
            "email_only": flag(
                "emailOnly", doc="Whether they have no login; null where the server does not say"
            ),
            "via_group_id": text("via_group_id", doc="Group through which they get it"),
            "via_group_name": text("via_group_name", doc="Name of that group"),
        },
    ),
    parent=_PARENT,
    ids={"schedule_id": IDS_OF_SCHEDULES},
)


@manual(SCHEDULE_RECIPIENTS)
def read_schedule_recipients(
    schedules: Parents,
    *,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read who receives schedules by email, one row per schedule, recipient and group.

    Parameters
    ----------
    schedules : str, iterable of str, or DataFrame
        Schedule ids, or a frame with ``schedule_id``, such as that of
        :func:`omnipd.read_schedules`. Those that are no emails have no rows.

    Returns
    -------
    pandas.DataFrame
        The group is null for who is named in person; a group that nobody is in has one row without
        a recipient.

    Notes
    -----
    One call per schedule: ``read_schedules(destination="email")`` leaves out those that have none.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     schedules = omnipd.read_schedules(destination="email", limit=5)
    ...     recipients = omnipd.read_schedule_recipients(schedules)
    >>> recipients["destination_type"].unique().tolist()
    ['email']
    """
    return SCHEDULE_RECIPIENTS.read(schedules, locals())
