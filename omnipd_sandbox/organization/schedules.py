"""Deliveries of dashboards, and alerts on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Alert:
    """When an alert is sent; the query is one of the dashboard's."""

    condition: str
    query_name: str | None
    query_key: str | None


@dataclass(frozen=True)
class Schedule:
    """A delivery of a dashboard, or of one of its tiles, to one destination."""

    id: str
    name: str
    identifier: str
    content: str
    format: str
    destination: str
    destination_id: str
    member_ids: tuple[str, ...]
    stranger_ids: tuple[str, ...]
    group_ids: tuple[str, ...]
    schedule: str
    timezone: str
    owner_id: str
    created_at: str
    updated_at: str
    disabled_at: str | None
    system_disabled_at: str | None
    system_disabled_reason: str | None
    last_completed_at: str | None
    last_status: str | None
    slack_recipient_type: str | None
    alert: Alert | None
    metadata: Mapping[str, Any] | None
    fan_out: bool = False
    kill_jobs_on_failure: bool = False
    filter_config: Any = field(default_factory=dict)
    triggered_at: str | None = None

    @property
    def recipient_count(self) -> int:
        """Count the recipients; -1 where there is nothing to count (docs/wire.md)."""
        if self.destination != "email":
            return -1
        return len(self.member_ids) + len(self.stranger_ids) + len(self.group_ids)
