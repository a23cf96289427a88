"""What the dashboard of a document is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from omnipd_sandbox.api.documents.record import document_address, find_dashboard, find_document
from omnipd_sandbox.api.items.record import without_absent
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.world import World
from omnipd_sandbox.http.refusals import BadRequest
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.dashboards import as_typed, dashboard_of
from omnipd_sandbox.organization.records import Dashboard, Document, StoredQuery


def show_document(call: Call) -> Reply:
    """Answer with what a dashboard is made of; 400 for a document without one."""
    document = find_document(call)
    organization = call.organization
    dashboard = dashboard_of(document, organization)
    if dashboard is None:
        raise BadRequest("Document has no dashboard", at="identifier")
    record = {
        "name": document.name,
        "description": document.description,
        "modelId": document.model_id,
        "facetFilters": dashboard.facet_filters,
        "filterConfig": written_filters(dashboard, call.world),
        "filterOrder": list(dashboard.order),
        "refreshInterval": dashboard.refresh_interval,
        "documentMetadata": {"layout": "grid", "tileFilterMap": dict(dashboard.tile_filters)},
        "queryPresentations": [
            {"name": query.name, "queryIdentifierMapKey": key, "query": query.query}
            for key, query in numbered(document.queries)
        ],
    }
    return json_reply(without_absent(record))


def list_queries(call: Call) -> Reply:
    """Answer with the queries of a dashboard; 404 for a document without one."""
    document = find_dashboard(call)
    return json_reply(
        {
            "queries": [
                {
                    "id": query.id,
                    "name": query.name,
                    "query": query.query,
                    "queryIdentifierMapKey": key,
                    "url": f"{document_address(document)}?tile={key}",
                }
                for key, query in numbered(document.queries)
            ]
        }
    )


def written_filters(dashboard: Dashboard, world: World) -> dict[str, Any]:
    """Write the filters of a dashboard in the form that the server has."""
    if world.behavior.typed_dashboard_filters:
        return {key: as_typed(each) for key, each in dashboard.filters.items()}
    return dict(dashboard.filters)


def numbered(queries: Iterable[StoredQuery]) -> list[tuple[str, StoredQuery]]:
    """Give each query with the key of its tile."""
    return [(str(place), query) for place, query in enumerate(queries, start=1)]


def dashboard_in(document: Document, world: World) -> Dashboard:
    """Give the dashboard of a document that has one."""
    return dashboard_of(document, world.organization) or Dashboard({}, {}, ())
