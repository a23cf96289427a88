"""What dashboards hold beside their queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from omnipd_sandbox.invention import chance
from omnipd_sandbox.organization.derived import base62, number
from omnipd_sandbox.organization.records import Dashboard, Document

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
# Where a filter works on another field of a tile, its field → that one.
_ELSEWHERE = {
    "flights.origin": "flights.dest",
    "order_items.created_at": "order_items.shipped_on",
}
# What viewers may add to a tile.
_ADDED: Mapping[str, str] = {"flights": "flights.cancellations", "orders": "order_items.count"}
# Renamed in the model since, and still in some dashboards: the content validator finds them.
_GONE: Mapping[str, _Choice] = {
    "flights": ("Tail", "flights.tail_number", "EQUALS", []),
    "orders": ("Channel", "order_items.sales_channel", "EQUALS", ["web"]),
}


def invent_dashboard(document: Document, subject: str) -> Dashboard:
    """Invent the filters and controls of a document's dashboard."""
    topic = document.topic
    chosen = chance.some(_FILTERS.get(subject, ()), 45, "dashboard filter", topic)
    if subject in _GONE and chance.one_in(25, "gone", topic):
        chosen.append(_GONE[subject])
    filters = {base62(8, "filter", topic, each[0]): each for each in chosen}
    first = next(iter(filters), None)
    controls = {}
    if first is not None and chance.one_in(3, "control", topic):
        controls[base62(8, "control", topic)] = {
            "controlType": "FIELD_PICKER",
            "filterId": first,
            "label": "Shown by",
            "options": [{"label": "More", "value": _ADDED[subject]}],
            # What is chosen of them: mostly nothing.
            "values": [_ADDED[subject]] if chance.one_in(4, "added", topic) else [],
        }
    return Dashboard(
        filters={key: _filter(each) for key, each in filters.items()},
        controls=controls,
        order=(*filters, *controls),
        facet_filters=chance.one_in(2, "facets", topic),
        refresh_interval=chance.pick((None, None, 60, 3600), "refresh", topic),
        tile_filters=_bound(document, filters),
    )


def _bound(document: Document, filters: Mapping[str, _Choice]) -> dict[str, dict[str, Any]]:
    """Give the tiles that do not obey a filter as it is: a few, of a few dashboards."""
    topic = document.topic
    bound: dict[str, dict[str, Any]] = {}
    for place in range(1, len(document.queries) + 1):
        for key, choice in filters.items():
            dice = number(26, "bound", key, topic, place)
            if dice == 0:
                bound.setdefault(str(place), {})[key] = False
            elif dice == 1 and choice[1] in _ELSEWHERE:
                bound.setdefault(str(place), {})[key] = _ELSEWHERE[choice[1]]
    return bound


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
