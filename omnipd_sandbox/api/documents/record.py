"""One document: found by those who may see or change it, and written."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from omnipd_sandbox.api.items.record import owner, without_absent
from omnipd_sandbox.api.items.roles import require_role
from omnipd_sandbox.api.items.visible import caller_sees
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.world import World
from omnipd_sandbox.http.refusals import NotFound, RefusedRequest, not_found
from omnipd_sandbox.organization.organization import WEB_ADDRESS
from omnipd_sandbox.organization.records import Document


def find_document(call: Call) -> Document:
    """Give the document that the path names; 404 also for what the caller may not see."""
    identifier = call.segments["identifier"]
    organization = call.organization
    if identifier not in organization.documents and identifier in organization.moved:
        raise _moved_permanently(call, organization.moved[identifier])
    document = organization.documents.get(identifier)
    # What is in the Trash is not found: assumed.
    if document is None or document.deleted or not caller_sees(document, call):
        raise not_found("Document", identifier, by="identifier")
    return document


def _moved_permanently(call: Call, identifier: str) -> RefusedRequest:
    """Send who asks for an identifier that was changed to the one it is now."""
    parts = call.request.path.split("/")
    # As in /api/v1/documents/{identifier}/queries.
    parts[4] = quote(identifier, safe="")
    query = f"?{urlencode(call.request.query)}" if call.request.query else ""
    # A status that keeps the method; which one Omni sends is not known.
    return RefusedRequest(308, "Permanent Redirect", {"Location": "/".join(parts) + query})


def find_dashboard(call: Call) -> Document:
    """Give the document that the path names, if it has a dashboard."""
    document = find_document(call)
    if not document.has_dashboard:
        raise NotFound(f"Document with identifier {document.identifier} does not have a dashboard")
    return document


def document_to_change(call: Call, lowest: str) -> Document:
    """Give the document that the path names to somebody with such a role on it, or a higher."""
    document = find_document(call)
    require_role(lowest, document, call)
    return document


def document_record(document: Document, world: World) -> dict[str, Any]:
    """Write a document as ``/documents`` does."""
    organization = world.organization
    parent = organization.folders[document.folder_id] if document.folder_id else None
    record = {
        "type": "document",
        "identifier": document.identifier,
        "name": document.name,
        "scope": document.scope,
        "connectionId": document.connection_id,
        "deleted": document.deleted,
        "description": document.description,
        "folder": parent
        and {
            "id": parent.id,
            "name": parent.name,
            "path": parent.path,
            "scope": parent.scope,
        },
        "hasDashboard": document.has_dashboard,
        "hasApp": document.has_app,
        "updatedAt": document.updated_at,
        "url": document_address(document),
        "owner": owner(document, world),
    }
    if world.behavior.old_shapes:
        del record["hasApp"]
    return without_absent(record)


def document_address(document: Document) -> str:
    """Give the page of a document: its dashboard, its app or its workbook."""
    page = "dashboards" if document.has_dashboard else "apps" if document.has_app else "w"
    return f"{WEB_ADDRESS}/{page}/{document.identifier}"
