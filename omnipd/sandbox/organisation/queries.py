"""The queries that documents hold, in the form ``query/run`` takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omnipd.sandbox.organisation import chance
from omnipd.sandbox.organisation.records import StoredQuery


@dataclass(frozen=True)
class ModelReference:
    """Name a model of the sandbox, and the connection it reads from."""

    id: str
    name: str
    connection_id: str


def _topic(topic: str, *fields: str, **rest: Any) -> dict[str, Any]:
    return {
        "table": topic if topic != "orders" else "order_items",
        "join_paths_from_topic_name": topic,
        "fields": list(fields),
        "filters": {},
        "sorts": [],
        "limit": 1000,
        "pivots": [],
        "calculations": [],
        "version": 9,
        **rest,
    }


def _by(column: str, *, descending: bool = True) -> list[dict[str, Any]]:
    return [{"column_name": column, "sort_descending": descending}]


_TEMPLATES: Mapping[str, Mapping[str, dict[str, Any]]] = {
    "flights": {
        "Flights by origin": _topic("flights", "flights.origin", "flights.count"),
    },
    "orders": {
        "Orders by status": _topic("orders", "order_items.status", "order_items.count"),
    },
}


def invent_queries(place: int, model: ModelReference) -> tuple[StoredQuery, ...]:
    """Invent up to four queries for the document at a place."""
    templates = _TEMPLATES.get(model.name)
    if not templates:
        return ()
    chosen = chance.some(list(templates), 30, "queries", place)[:4]
    return tuple(
        StoredQuery(
            id=chance.stable_uuid("query", place, name),
            name=name,
            query={"modelId": model.id, **templates[name]},
        )
        for name in chosen
    )
