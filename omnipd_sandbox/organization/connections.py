"""Connections to databases, and what is set up on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from omnipd_sandbox.organization import chance
from omnipd_sandbox.organization.moments import some_moment, written
from omnipd_sandbox.organization.queries import ModelReference


@dataclass(frozen=True)
class Connection:
    """A connection; secrets are never part of it."""

    id: str
    name: str
    dialect: str
    database: str | None
    default_schema: str | None = None
    base_role: str | None = None
    deleted_at: str | None = None
    attribute_for_environments: str | None = None
    attribute_values_for_default: tuple[str, ...] | None = None
    switches_schema_model: bool | None = None
    branch_overrides_attribute: bool | None = None


@dataclass(frozen=True)
class ConnectionEnvironment:
    """Another connection to take the place of one, for those with certain attributes."""

    id: str
    base_connection_id: str
    connection_id: str
    attribute_values: tuple[str, ...]


@dataclass(frozen=True)
class RefreshSchedule:
    """When a connection's schema is read again; six fields, in the form of EventBridge."""

    id: str
    connection_id: str
    schedule: str
    timezone: str
    description: str
    created_at: str
    updated_at: str
    disabled_at: str | None = None


@dataclass(frozen=True)
class DbtProject:
    """The dbt project of a connection."""

    connection_id: str
    branch: str
    version: str
    ssh_url: str
    root: str | None


@dataclass(frozen=True)
class DbtVariable:
    """A variable of a dbt environment; the value of a secret one is not shown."""

    id: str
    name: str
    is_secret: bool
    value: str | None


@dataclass(frozen=True)
class DbtEnvironment:
    """An environment of a connection's dbt project."""

    id: str
    connection_id: str
    name: str
    is_default: bool
    owner_id: str | None
    target_schema: str
    target_database: str | None
    target_name: str | None
    target_role: str | None
    variables: tuple[DbtVariable, ...]


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
            deleted_at=written(some_moment("connection deleted")),
        ),
    ]


def invent_environments(models: Sequence[ModelReference]) -> list[ConnectionEnvironment]:
    """Invent an environment of the last model's connection."""
    return [
        ConnectionEnvironment(
            chance.stable_uuid("connection environment", model.connection_id),
            model.connection_id,
            _id("staging"),
            ("east", "west"),
        )
        for model in models[-1:]
    ]


def invent_refreshes(models: Sequence[ModelReference]) -> list[RefreshSchedule]:
    """Invent schedules: one on the first connection, two on the others."""
    plans = (
        ("0 6 * * ? *", "UTC", "Every morning"),
        ("0 0/4 ? * MON-FRI *", "America/New_York", "Every four hours on working days"),
    )
    found = []
    for place, model in enumerate(models):
        for schedule, timezone, description in plans[: place + 1]:
            created = some_moment("refresh", model.id, description)
            found.append(
                RefreshSchedule(
                    chance.stable_uuid("refresh", model.id, description),
                    model.connection_id,
                    schedule,
                    timezone,
                    description,
                    written(created),
                    written(created + timedelta(days=1)),
                    written(created + timedelta(days=90)) if timezone != "UTC" else None,
                )
            )
    return found


def invent_dbt_projects(models: Sequence[ModelReference]) -> list[DbtProject]:
    """Invent a dbt project on the last model's connection."""
    return [
        DbtProject(
            model.connection_id, "main", "1.9", "git@git.example:sandbox/dbt.git", "warehouse"
        )
        for model in models[-1:]
    ]


def invent_dbt_environments(projects: Sequence[DbtProject], owner_id: str) -> list[DbtEnvironment]:
    """Invent environments of each project."""
    return [
        DbtEnvironment(
            id=chance.stable_uuid("dbt environment", project.connection_id, name),
            connection_id=project.connection_id,
            name=name,
            is_default=name == "Production",
            owner_id=owner_id if name == "Development" else None,
            target_schema=name.lower(),
            target_database=None if name == "Staging" else "orders",
            target_name=name[:4].lower() if name != "Staging" else None,
            target_role=None,
            variables=_variables(name) if name == "Production" else (),
        )
        for project in projects
        for name in ("Production", "Staging", "Development")
    ]


def _variables(name: str) -> tuple[DbtVariable, ...]:
    return (
        DbtVariable(
            chance.stable_uuid("dbt variable", name, 1), "DBT_START_DATE", False, "2020-01-01"
        ),
        DbtVariable(chance.stable_uuid("dbt variable", name, 2), "DBT_TOKEN", True, None),
    )


def _id(word: str) -> str:
    return chance.stable_uuid("connection", word)
