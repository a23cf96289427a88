"""Connections to databases, and what is set up on them."""

from __future__ import annotations

from dataclasses import dataclass


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
