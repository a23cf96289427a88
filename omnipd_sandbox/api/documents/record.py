"""Documents, written as the lists of content write them."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.api.items.record import owner
from omnipd_sandbox.calls.world import World
from omnipd_sandbox.organization.organization import WEB_ADDRESS
from omnipd_sandbox.organization.records import Absent, Document


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
    return {key: value for key, value in record.items() if not isinstance(value, Absent)}


def document_address(document: Document) -> str:
    """Give the page of a document: its dashboard, its app or its workbook."""
    page = "dashboards" if document.has_dashboard else "apps" if document.has_app else "w"
    return f"{WEB_ADDRESS}/{page}/{document.identifier}"
