"""What dashboards hold beside their queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from omnipd.sandbox.organisation import chance
from omnipd.sandbox.organisation.records import Dashboard, Document

# label, field, kind of filter, default value
_Choice = tuple[str, str, str, Any]
_FILTERS: Mapping[str, Sequence[_Choice]] = {
    "flights": (
        ("Airport", "flights.origin", "EQUALS", ["JFK"]),
        ("Airline", "airlines.name", "EQUALS", []),
        ("Date", "flights.date", "TIME_FOR_UNIT_DURATION", "2013-02"),
        ("Distance", "flights.distance", "GREATER_THAN", 500),
    ),
    "orders": (
        ("Status", "order_items.status", "EQUALS", ["complete", "shipped"]),
        ("Ordered", "order_items.created_at", "TIME_FOR_INTERVAL_DURATION", "30 days"),
        ("State", "users.state", "EQUALS", None),
        ("Category", "products.category", "CONTAINS", ["shoes"]),
    ),
}
# Renamed in the model since, and still in some dashboards: the content validator finds them.
_GONE: Mapping[str, _Choice] = {
    "flights": ("Tail", "flights.tail_number", "EQUALS", []),
    "orders": ("Channel", "order_items.sales_channel", "EQUALS", ["web"]),
}


def dashboard_of(document: Document, subject: str) -> Dashboard | None:
    """Give a document's dashboard, if it has one."""
    if document.dashboard is not None or not document.has_dashboard:
        return document.dashboard
    topic = document.topic
    chosen = chance.some(_FILTERS.get(subject, ()), 45, "dashboard filter", topic)
    if subject in _GONE and chance.number(25, "gone", topic) == 0:
        chosen.append(_GONE[subject])
    filters = {chance.base62(8, "filter", topic, each[0]): each for each in chosen}
    first = next(iter(filters), None)
    controls = {}
    if first is not None and chance.number(3, "control", topic) == 0:
        controls[chance.base62(8, "control", topic)] = {
            "controlType": "FIELD_PICKER",
            "filterId": first,
            "label": "Shown by",
        }
    return Dashboard(
        filters={key: _filter(each) for key, each in filters.items()},
        controls=controls,
        order=(*filters, *controls),
        facet_filters=chance.number(2, "facets", topic) == 0,
        refresh_interval=chance.pick((None, None, 60, 3600), "refresh", topic),
    )


def _filter(choice: _Choice) -> dict[str, Any]:
    label, name, kind, default = choice
    view, _, field = name.partition(".")
    return {
        "label": label,
        "fieldName": field,
        "viewName": view,
        "kind": kind,
        "defaultValue": default,
    }
