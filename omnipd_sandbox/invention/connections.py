"""Connections to databases, and what is set up on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from omnipd_sandbox.organization.connections import Connection
from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.derived import instant, stable_uuid
from omnipd_sandbox.organization.models import ModelReference
from omnipd_sandbox.organization.tables import ConnectionEnvironment, RefreshSchedule


def invent_connections(models: Sequence[ModelReference]) -> list[Connection]:
    """Invent one connection for each model, and others that no model of ours reads from."""
    found = [
        Connection(
            id=model.connection_id,
            name=model.subject.title(),
            dialect="duckdb",
            database=model.subject,
            default_schema="main",
            base_role="VIEWER",
            attribute_for_environments="region" if place else None,
            attribute_values_for_default=("north", "south") if place else None,
            switches_schema_model=False if place else None,
            branch_overrides_attribute=True if place else None,
        )
        for place, model in enumerate(models)
    ]
    return [
        *found,
        Connection(_id("staging"), "Orders (staging)", "duckdb", "orders_staging", "main"),
        Connection(
            _id("finance"), "Finance – Snowflake", "snowflake", "FINANCE", None, "NO_ACCESS"
        ),
        Connection(_id("shop"), "Shop", "mysql", "shop"),
        Connection(
            _id("old"),
            "Old warehouse",
            "postgres",
            None,
            deleted_at=written(instant("connection deleted")),
        ),
    ]


def _id(word: str) -> str:
    return stable_uuid("connection", word)


def invent_environments(models: Sequence[ModelReference]) -> list[ConnectionEnvironment]:
    """Invent an environment of the last model's connection."""
    return [
        {
            "id": stable_uuid("connection environment", model.connection_id),
            "baseConnectionId": model.connection_id,
            "connectionId": _id("staging"),
            "userAttributeValues": ["east", "west"],
        }
        for model in models[-1:]
    ]


def invent_refreshes(models: Sequence[ModelReference]) -> list[RefreshSchedule]:
    """Invent schedules: one on the first connection, two on the others."""
    plans = (
        ("0 6 * * ? *", "UTC", "Every morning"),
        ("0 0/4 ? * MON-FRI *", "America/New_York", "Every four hours on working days"),
    )
    found: list[RefreshSchedule] = []
    for place, model in enumerate(models):
        for schedule, timezone, description in plans[: place + 1]:
            created = instant("refresh", model.id, description)
            stopped = None if timezone == "UTC" else written(created + timedelta(days=90))
            found.append(
                {
                    "scheduleId": stable_uuid("refresh", model.id, description),
                    "connectionId": model.connection_id,
                    "schedule": schedule,
                    "timezone": timezone,
                    "description": description,
                    "createdAt": written(created),
                    "updatedAt": written(created + timedelta(days=1)),
                    "disabledAt": stopped,
                }
            )
    return found
