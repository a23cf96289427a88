"""Take documents out as JSON and put them in again."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.api.documents.changes import folder_by_path, identifier_text
from omnipd_sandbox.api.documents.dashboard import dashboard_in, numbered
from omnipd_sandbox.api.documents.record import find_document
from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import (
    Key,
    anything,
    boolean,
    items,
    nullable,
    record,
    table,
    text,
    uuid,
)
from omnipd_sandbox.calls.query_object import integer, query_object
from omnipd_sandbox.http.refusals import BadRequest, RefusedRequest, not_found
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.models import ModelReference, workbook_model_id
from omnipd_sandbox.organization.records import Dashboard, Document, Folder, StoredQuery

_VERSION = "0.1"


def _version(value: Any) -> str:
    if text()(value) != _VERSION:
        raise BadRequest(f"Invalid literal value, expected '{_VERSION}'")
    return _VERSION


_OBJECTS = nullable(table(table(anything)))
# What is read of each; what else is in them is Omni's own business.
_METADATA = record({"tileFilterMap": Key(_OBJECTS, None)})
_DASHBOARD = record(
    {
        "filterConfig": Key(_OBJECTS, None),
        "controls": Key(_OBJECTS, None),
        "filterOrder": Key(nullable(items(text())), None),
        "facetFilters": Key(nullable(boolean), None),
        "refreshInterval": Key(nullable(integer), None),
        "metadata": Key(nullable(_METADATA), None),
    }
)
_STORED_QUERY = record(
    {"name": Key(nullable(text()), None), "query": Key(nullable(query_object), None)}
)

_KEYS = {
    "baseModelId": Key(uuid, required=True),
    "document": Key(record({"name": Key(text(1, 255), required=True)}), required=True),
    "exportVersion": Key(_version, required=True),
    "queryModels": Key(table(_STORED_QUERY), required=True),
    "dashboard": Key(nullable(_DASHBOARD), None),
    "fileUploads": Key(table(anything)),
    "folderPath": Key(text()),
    "identifier": Key(identifier_text),
    "workbookModel": Key(anything),
}


def export_document(call: Call) -> Reply:
    """Answer with everything a document is made of; what is inside is Omni's own business."""
    document = find_document(call)
    return json_reply(
        {
            "document": {"name": document.name},
            "dashboard": _dashboard(document, call) if document.has_dashboard else None,
            "exportVersion": _VERSION,
            "workbookModel": {
                "id": workbook_model_id(document),
                "base_model_id": document.model_id,
                "model_kind": "WORKBOOK",
            },
            "queryModels": {
                query.id: {"name": query.name, "query": query.query, "tile": key}
                for key, query in numbered(document.queries)
            },
        }
    )


def _dashboard(document: Document, call: Call) -> dict[str, Any]:
    dashboard = dashboard_in(document, call.world)
    return {
        "filterConfig": dict(dashboard.filters),
        "controls": dict(dashboard.controls),
        "filterOrder": list(dashboard.order),
        "facetFilters": dashboard.facet_filters,
        "refreshInterval": dashboard.refresh_interval,
        "metadata": {"tileFilterMap": dict(dashboard.tile_filters)},
    }


def import_document(call: Call) -> Reply:
    """Make a document of an export; a second time makes a second one."""
    body = read_body(call, _KEYS, strict=True)
    organization = call.organization
    model = organization.shared_models.get(body["baseModelId"])
    if model is None:
        raise not_found("Model", body["baseModelId"])
    folder = folder_by_path(body.get("folderPath"), call)
    chosen: str | None = body.get("identifier")
    if chosen is not None and chosen in organization.documents:
        raise RefusedRequest(409, f"A document with identifier {chosen} already exists")
    identifier = chosen or organization.new_identifier()
    organization.keep_document(_document(body, identifier, model, folder, call))
    return json_reply(_made(identifier, call), status=201)


def _made(identifier: str, call: Call) -> dict[str, Any]:
    document_id = derived.stable_uuid("document", identifier)
    if call.world.behavior.import_answer == "document":
        return {"documentId": document_id, "identifier": identifier}
    return {
        "dashboard": {"dashboardId": derived.stable_uuid("dashboard", identifier)},
        "miniUuidMap": {},
        "workbook": {"id": derived.stable_uuid("workbook", identifier), "identifier": identifier},
    }


def _document(
    body: dict[str, Any], identifier: str, model: ModelReference, folder: Folder | None, call: Call
) -> Document:
    dashboard = body["dashboard"]
    return Document(
        identifier=identifier,
        name=body["document"]["name"],
        owner_id=call.caller.user.membership_id,
        folder_id=folder.id if folder else None,
        scope=folder.scope if folder else "organization",
        model_id=model.id,
        connection_id=model.connection_id,
        deleted=False,
        has_dashboard=dashboard is not None,
        has_app=False,
        updated_at=call.world.timestamp(),
        views=0,
        queries=tuple(_queries(body["queryModels"], identifier, model)),
        dashboard=None if dashboard is None else _read_dashboard(dashboard),
        imported=True,
        grants=(),
    )


def _queries(models: dict[str, Any], identifier: str, model: ModelReference) -> list[StoredQuery]:
    """Read the queries of an export of this sandbox; those of another are not understood."""
    return [
        StoredQuery(
            id=derived.stable_uuid("imported query", identifier, key),
            name=entry["name"] or "",
            query={**entry["query"], "modelId": model.id},
        )
        for key, entry in models.items()
        if entry["query"] is not None
    ]


def _read_dashboard(exported: dict[str, Any]) -> Dashboard:
    metadata = exported["metadata"] or {}
    return Dashboard(
        filters=exported["filterConfig"] or {},
        controls=exported["controls"] or {},
        order=tuple(exported["filterOrder"] or ()),
        facet_filters=exported["facetFilters"] or False,
        refresh_interval=exported["refreshInterval"],
        tile_filters=metadata.get("tileFilterMap") or {},
    )
