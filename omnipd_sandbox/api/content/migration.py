"""Take documents out as JSON and put them in again."""

from __future__ import annotations

import json
from typing import Any

from omnipd_sandbox.api.content.document import dashboard_in, numbered
from omnipd_sandbox.api.content.placing import folder_by_path
from omnipd_sandbox.api.content.visible import find_document
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.parameters import is_uuid
from omnipd_sandbox.http.refusals import BadRequest, NotFound, RefusedRequest
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.models import ModelReference, workbook_model_id
from omnipd_sandbox.organization.records import Dashboard, Document, Folder, StoredQuery

_VERSION = "0.1"
# key: its type unless it may be anything, and whether it must be there
_KEYS: dict[str, tuple[type | None, bool]] = {
    "baseModelId": (str, True),
    "document": (dict, True),
    "exportVersion": (str, True),
    "queryModels": (dict, True),
    "dashboard": (None, False),
    "fileUploads": (dict, False),
    "folderPath": (str, False),
    "identifier": (str, False),
    "workbookModel": (None, False),
}


def export_document(call: Call) -> Reply:
    """Answer with everything a document is made of; what is inside is Omni's own business."""
    document = find_document(call)
    model = call.world.organization.shared_models[document.connection_id]
    return json_reply(
        {
            "document": {"name": document.name},
            "dashboard": _dashboard(document, call) if document.has_dashboard else None,
            "exportVersion": _VERSION,
            "workbookModel": {
                "id": workbook_model_id(document),
                "base_model_id": model.id,
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
    body = _body(call.request.body)
    organization = call.world.organization
    model = next(
        (each for each in organization.shared_models.values() if each.id == body["baseModelId"]),
        None,
    )
    if model is None:
        raise NotFound(f"Model with id {body['baseModelId']} does not exist")
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


def _body(data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        raise BadRequest("Invalid JSON") from None
    if not isinstance(body, dict):
        raise BadRequest("Expected object")
    unknown = [key for key in body if key not in _KEYS]
    if unknown:
        names = ", ".join(f"'{name}'" for name in unknown)
        raise BadRequest(f"Unrecognized key(s) in object: {names}")
    for key, (kind, required) in _KEYS.items():
        if required and key not in body:
            raise BadRequest("Required", at=key)
        if key in body and kind is not None and not isinstance(body[key], kind):
            expected = "object" if kind is dict else "string"
            raise BadRequest(f"Expected {expected}", at=key)
    if not is_uuid(body["baseModelId"]):
        raise BadRequest("Invalid uuid", at="baseModelId")
    if body["exportVersion"] != _VERSION:
        raise BadRequest(f"Invalid literal value, expected '{_VERSION}'", at="exportVersion")
    _check_length(body["document"].get("name"), 1, 255, at="document.name")
    if "identifier" in body:
        _check_length(body["identifier"], 2, 48, at="identifier")
    return body | {"baseModelId": body["baseModelId"].lower()}


def _check_length(value: object, least: int, most: int, at: str) -> None:
    if not isinstance(value, str):
        raise BadRequest("Expected string", at=at)
    if not least <= len(value) <= most:
        raise BadRequest(f"String must contain {least} to {most} characters", at=at)


def _document(
    body: dict[str, Any], identifier: str, model: ModelReference, folder: Folder | None, call: Call
) -> Document:
    now = call.world.now()
    dashboard = body.get("dashboard")
    return Document(
        identifier=identifier,
        name=body["document"]["name"],
        owner_id=call.caller.user.membership_id,
        folder_id=folder.id if folder else None,
        scope=folder.scope if folder else "organization",
        connection_id=model.connection_id,
        deleted=False,
        has_dashboard=dashboard is not None,
        has_app=False,
        updated_at=written(now),
        views=0,
        queries=tuple(_queries(body["queryModels"], identifier, model)),
        dashboard=_read_dashboard(dashboard) if isinstance(dashboard, dict) else None,
        imported=True,
        grants=(),
    )


def _queries(models: dict[str, Any], identifier: str, model: ModelReference) -> list[StoredQuery]:
    """Read the queries of an export of this sandbox; those of another are not understood."""
    found = []
    for key, entry in models.items():
        query = entry.get("query") if isinstance(entry, dict) else None
        if isinstance(query, dict):
            name = entry.get("name")
            found.append(
                StoredQuery(
                    id=derived.stable_uuid("imported query", identifier, key),
                    name=name if isinstance(name, str) else "",
                    query={**query, "modelId": model.id},
                )
            )
    return found


def _read_dashboard(exported: dict[str, Any]) -> Dashboard:
    filters, controls = exported.get("filterConfig"), exported.get("controls")
    order, interval = exported.get("filterOrder"), exported.get("refreshInterval")
    metadata = exported.get("metadata")
    bound = metadata.get("tileFilterMap") if isinstance(metadata, dict) else None
    return Dashboard(
        filters=filters if isinstance(filters, dict) else {},
        controls=controls if isinstance(controls, dict) else {},
        order=tuple(str(each) for each in order) if isinstance(order, list) else (),
        facet_filters=exported.get("facetFilters") is True,
        refresh_interval=interval if type(interval) is int else None,
        tile_filters=bound if isinstance(bound, dict) else {},
    )
