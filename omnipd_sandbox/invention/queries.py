"""The queries that documents hold, in the form ``query/run`` takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omnipd_sandbox.invention import chance
from omnipd_sandbox.organization.derived import stable_uuid
from omnipd_sandbox.organization.models import ModelReference
from omnipd_sandbox.organization.records import StoredQuery

_AT_MOST = 4


def _query(topic: str, table: str, fields: list[str], **rest: Any) -> dict[str, Any]:
    return {
        "table": table,
        "join_paths_from_topic_name": topic,
        "fields": fields,
        "filters": {},
        "sorts": [],
        "limit": 1000,
        "pivots": [],
        "fill_fields": [],
        "calculations": [],
        "column_totals": {},
        "row_totals": {},
        "userEditedSQL": "",
        "version": 9,
        **rest,
    }


def _flights(*fields: str, **rest: Any) -> dict[str, Any]:
    return _query("flights", "flights", list(fields), **rest)


def _orders(*fields: str, **rest: Any) -> dict[str, Any]:
    return _query("orders", "order_items", list(fields), **rest)


def _users(*fields: str, **rest: Any) -> dict[str, Any]:
    return _query("users", "users", list(fields), **rest)


def _down(*columns: str) -> list[dict[str, Any]]:
    return [{"column_name": column, "sort_descending": True} for column in columns]


def _up(*columns: str) -> list[dict[str, Any]]:
    return [{"column_name": column, "sort_descending": False} for column in columns]


_QUERIES: Mapping[str, Mapping[str, dict[str, Any]]] = {
    "flights": {
        "Flights by origin": _flights(
            "flights.origin", "flights.count", sorts=_down("flights.count")
        ),
        "Delay by airline": _flights(
            "airlines.name",
            "flights.average_dep_delay",
            "flights.average_arr_delay",
            sorts=_down("flights.average_dep_delay"),
        ),
        "Cancellations by month": _flights(
            "flights.date[month]",
            "flights.cancellations",
            "flights.cancellation_rate",
            sorts=_up("flights.date[month]"),
        ),
        "Top 10 destinations": _flights(
            "dest_airport.name", "flights.count", sorts=_down("flights.count"), limit=10
        ),
        "February, by hour": _flights(
            "flights.time_hour[hour_of_day]",
            "flights.count",
            filters={
                "flights.date": {
                    "type": "date",
                    "kind": "TIME_FOR_UNIT_DURATION",
                    "left_side": "2013-02",
                }
            },
            sorts=_up("flights.time_hour[hour_of_day]"),
        ),
        "Planes & seats": _flights(
            "planes.manufacturer", "flights.planes", "planes.average_seats", limit=None
        ),
        "Rain and delay": _flights(
            "weather.precip",
            "flights.average_dep_delay",
            filters={"weather.precip": {"type": "number", "kind": "GREATER_THAN", "values": ["0"]}},
            sorts=_up("weather.precip"),
        ),
    },
    "orders": {
        "Orders by status": _orders("order_items.status", "order_items.count"),
        "Revenue by month": _orders(
            "order_items.created_at[month]",
            "order_items.total_sale_price",
            sorts=_up("order_items.created_at[month]"),
        ),
        "Revenue by category": _orders(
            "products.category",
            "order_items.total_sale_price",
            "order_items.average_sale_price",
            sorts=_down("order_items.total_sale_price"),
            column_totals={"::total::": {"type": "aggregation"}},
        ),
        "Items sold at full price": _orders(
            "order_items.id",
            "products.name",
            "order_items.sale_price",
            filters={"order_items.is_full_price": {"type": "boolean", "is_negative": False}},
            sorts=_up("order_items.id"),
        ),
        "Returned, by state": _orders(
            "users.state",
            "order_items.returned_sale_price",
            filters={
                "order_items.status": {"type": "string", "kind": "EQUALS", "values": ["returned"]}
            },
        ),
        "Customers by state": _users(
            "users.state", "users.count", "order_items.total_quantity", sorts=_down("users.count")
        ),
        "Who never ordered": _users(
            "users.name",
            "users.email",
            filters={"order_items.id": {"type": "null", "is_negative": False}},
            sorts=_up("users.name"),
        ),
    },
}


def invent_queries(place: int, model: ModelReference) -> tuple[StoredQuery, ...]:
    """Invent up to four queries for the document at a place; some documents have none."""
    known = _QUERIES.get(model.subject, {})
    chosen = chance.some(list(known), 30, "queries", place)[:_AT_MOST]
    return tuple(
        StoredQuery(
            id=stable_uuid("query", place, name),
            name=name,
            query=_of(model, known[name]),
        )
        for name in chosen
    )


def _of(model: ModelReference, query: Mapping[str, Any]) -> dict[str, Any]:
    topic = model.topic_now(query["join_paths_from_topic_name"])
    return {"modelId": model.id, **query, "join_paths_from_topic_name": topic}
