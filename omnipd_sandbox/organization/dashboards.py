"""What dashboards hold beside their queries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Dashboard, Document


def dashboard_of(document: Document, organization: Organization) -> Dashboard | None:
    """Give a document's dashboard, if it has one."""
    if document.dashboard is not None or not document.has_dashboard:
        return document.dashboard
    return organization.dashboards.get(document.topic, Dashboard({}, {}, ()))


def field_of(filter_: Mapping[str, Any]) -> str:
    """Give the field that a filter is on, with its view."""
    view, name = filter_.get("viewName"), filter_.get("fieldName")
    return f"{view}.{name}" if view else str(name)


def as_typed(filter_: Mapping[str, Any]) -> dict[str, Any]:
    """Write a filter as a filter object, with what people see of it; one that is so stays so."""
    if "type" in filter_:
        return dict(filter_)
    kind, default = filter_.get("kind"), filter_.get("defaultValue")
    typed: dict[str, Any]
    if kind == "GREATER_THAN":
        typed = {"type": "number", "values": [] if default is None else [str(default)]}
    elif default is None and str(kind).startswith("TIME_"):
        typed = {"type": "date"}
    elif kind == "TIME_FOR_UNIT_DURATION":
        typed = {"type": "date", "left_side": default}
    elif kind == "TIME_FOR_INTERVAL_DURATION":
        typed = {
            "type": "date",
            "ui_type": "PAST",
            "left_side": f"{default} ago",
            "right_side": default,
        }
    else:
        values = default if isinstance(default, list) else [default]
        typed = {"type": "string", "values": values if default else []}
    return {
        "label": filter_.get("label"),
        "fieldName": field_of(filter_),
        "kind": kind,
        "is_negative": False,
        **typed,
    }
