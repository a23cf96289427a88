"""Documents and folders, written as the lists of content write them."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import quote

from omnipd_sandbox.calls.world import World
from omnipd_sandbox.http.refusals import user_not_found
from omnipd_sandbox.moods.behavior import Behavior
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.organization import WEB_ADDRESS
from omnipd_sandbox.organization.records import Absent, Document, Folder

Item = Document | Folder


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


def folder_address(folder: Folder) -> str:
    """Give the page of a folder."""
    return f"{WEB_ADDRESS}/f/{quote(folder.path)}"


def owner(item: Item, world: World) -> dict[str, str]:
    """Write who owns an item."""
    user = world.organization.person(item.owner_id)
    return {"id": owner_id(user.membership_id, world.behavior), "name": user.name}


def owner_id(membership_id: str, behavior: Behavior) -> str:
    """Give the id by which content names a person; on some tenants no user has it (docs/wire.md)."""
    if behavior.owner_ids == "membership":
        return membership_id
    return derived.stable_uuid("other id", membership_id)


def owned_by(asked: str, world: World) -> str | None:
    """Give the member whom content is asked for by an owner's id; None where nobody has it."""
    users, behavior = world.organization.users, world.behavior
    if behavior.owner_ids == "membership":
        found = asked if asked in users else None
    else:
        found = next((each for each in users if owner_id(each, behavior) == asked), None)
    if found is None and behavior.unknown_owner == "not_found":
        raise user_not_found(asked)
    return found


def add_optional(
    records: list[dict[str, Any]], items: list[Any], include: frozenset[str], world: World
) -> None:
    """Add the keys that are there only when asked for."""
    if "_count" in include:
        in_folder = world.organization.documents_per_folder()
        for record, item in zip(records, items, strict=True):
            record["_count"] = _counts(item, in_folder)
    if "labels" in include:
        for record, item in zip(records, items, strict=True):
            record["labels"] = _labels(item, world)


def _counts(item: Item, in_folder: Counter[str]) -> dict[str, int]:
    favorites = len(item.favorited_by)
    if isinstance(item, Document):
        return {"favorites": favorites, "views": item.views}
    return {"documents": in_folder[item.id], "favorites": favorites}


def _labels(item: Item, world: World) -> list[Any]:
    if not (world.behavior.labels_as_objects or world.behavior.old_shapes):
        return list(item.labels)
    return [
        {"name": name, "verified": world.organization.labels[name].verified} for name in item.labels
    ]
