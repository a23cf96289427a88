"""One document: what its dashboard is made of, its queries, drafts and admirers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from omnipd_sandbox.api.content.records import document_address
from omnipd_sandbox.api.content.visible import find_dashboard, find_document
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.identity import acting_user
from omnipd_sandbox.calls.paging import Order, cut_page
from omnipd_sandbox.calls.world import World
from omnipd_sandbox.http.refusals import BadRequest, RefusedRequest
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.dashboards import as_typed, dashboard_of
from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.derived import instant
from omnipd_sandbox.organization.drafts import drafts_of
from omnipd_sandbox.organization.models import workbook_model_id
from omnipd_sandbox.organization.records import Absent, Dashboard, Document, StoredQuery, User


def show_document(call: Call) -> Reply:
    """Answer with what a dashboard is made of; 400 for a document without one."""
    document = find_document(call)
    organization = call.world.organization
    dashboard = dashboard_of(document, organization)
    if dashboard is None:
        raise BadRequest("Document has no dashboard", at="identifier")
    record = {
        "name": document.name,
        "description": document.description,
        "modelId": organization.shared_models[document.connection_id].id,
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
    return json_reply(
        {key: value for key, value in record.items() if not isinstance(value, Absent)}
    )


def show_state(call: Call) -> Reply:
    """Answer with a document as newer servers do: its published state, in slices."""
    document = find_document(call)
    if not document.has_dashboard:
        raise RefusedRequest(422, "Document does not have a dashboard in the advanced layout")
    dashboard = dashboard_in(document, call.world)
    # Filters and controls stand together, each with the tiles that do not obey it as it is.
    controls = written_filters(dashboard, call.world) | dict(dashboard.controls)
    tiles = numbered(document.queries)
    return json_reply(
        {
            "identifier": document.identifier,
            "name": document.name,
            "workbookModelId": workbook_model_id(document),
            "queryPresentations": {
                "data": {key: {"name": each.name, "query": each.query} for key, each in tiles},
                "order": [key for key, _ in tiles],
            },
            "controls": {
                "data": {
                    key: {
                        "config": config,
                        "map": {
                            tile: held[key]
                            for tile, held in dashboard.tile_filters.items()
                            if key in held
                        },
                    }
                    for key, config in controls.items()
                },
                "order": list(dashboard.order),
            },
            "containers": {},
            "settings": {
                "facetFilters": dashboard.facet_filters,
                "refreshInterval": dashboard.refresh_interval,
            },
        }
    )


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


def show_filters(call: Call) -> Reply:
    """Answer with the filters and controls of a dashboard."""
    acting_user(call.caller, call.parameters["userId"], call.world.organization)
    document = find_dashboard(call)
    return json_reply(filters_record(document, dashboard_in(document, call.world), call.world))


def filters_record(document: Document, dashboard: Dashboard, world: World) -> dict[str, Any]:
    """Write the filters and controls of a dashboard."""
    return {
        "identifier": document.identifier,
        "filterOrder": list(dashboard.order),
        "filters": written_filters(dashboard, world),
        "controls": dict(dashboard.controls),
    }


def written_filters(dashboard: Dashboard, world: World) -> dict[str, Any]:
    """Write the filters of a dashboard in the form that the server has."""
    if world.behavior.typed_dashboard_filters:
        return {
            key: as_typed(each) if isinstance(each, dict) else each
            for key, each in dashboard.filters.items()
        }
    return dict(dashboard.filters)


def list_drafts(call: Call) -> Reply:
    """Answer with a document's drafts, as a bare array, the newest first."""
    document = find_document(call)
    with_archived = call.parameters["include"] == "archived"
    drafts = [
        draft
        for draft in drafts_of(document, call.world.organization)
        if with_archived or draft.status == "active"
    ]
    drafts.sort(key=lambda draft: draft.created_at, reverse=True)
    return json_reply(
        [
            {
                "identifier": draft.identifier,
                "publishedIdentifier": draft.document.identifier,
                "status": draft.status,
                "draftOutOfDate": draft.out_of_date,
                "branch": draft.branch and {"id": draft.branch.id, "name": draft.branch.name},
                "createdBy": {"name": draft.created_by.name},
                "lastEditedBy": {"name": draft.last_edited_by.name},
                "createdAt": draft.created_at,
                "updatedAt": draft.updated_at,
                "workbookModelId": draft.workbook_model_id,
            }
            for draft in drafts
        ]
    )


@dataclass(frozen=True)
class _Admirer:
    user: User
    since: str


def list_favorites(call: Call) -> Reply:
    """Answer with one page of the members who marked a document, the first of them first."""
    document = find_document(call)
    organization = call.world.organization

    def admirers() -> Iterable[_Admirer]:
        return (
            _Admirer(
                organization.person(each),
                document.favorited_at.get(each)
                or written(instant("favorited", document.topic, each)),
            )
            for each in document.favorited_by
        )

    order: Order[_Admirer] = Order(
        rank=lambda each: each.since,
        identity=lambda each: each.user.membership_id,
        descending=False,
    )
    page, info = cut_page(call, admirers, order)
    records: list[dict[str, Any]] = [
        {
            "userId": each.user.membership_id,
            "name": each.user.name,
            "email": each.user.email,
            "favoritedAt": each.since,
        }
        for each in page
    ]
    return json_reply({"records": records, "pageInfo": info})


def numbered(queries: Iterable[StoredQuery]) -> list[tuple[str, StoredQuery]]:
    """Give each query with the key of its tile."""
    return [(str(place), query) for place, query in enumerate(queries, start=1)]


def dashboard_in(document: Document, world: World) -> Dashboard:
    """Give the dashboard of a document that has one."""
    return dashboard_of(document, world.organization) or Dashboard({}, {}, ())
