"""List folders and documents together: ``GET /content``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from omnipd.sandbox.identity import Caller
from omnipd.sandbox.organisation.organisation import WEB_ADDRESS, Organisation
from omnipd.sandbox.organisation.records import Absent, Document, Folder
from omnipd.sandbox.paging import Order, Rank, cut_page
from omnipd.sandbox.refusals import BadRequest, NotFound, user_not_found
from omnipd.sandbox.reply import Reply, json_reply
from omnipd.sandbox.request import Call
from omnipd.sandbox.world import World

Item = Document | Folder
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def list_content(call: Call) -> Reply:
    """Answer with one page of the folders and documents that match."""
    asked = call.parameters
    organisation = call.world.organisation
    if asked["folderId"] is not None and asked["path"]:
        raise BadRequest("Cannot filter by both folderId and path")
    if asked["scope"] == "restricted" and asked["creatorId"] is None:
        raise BadRequest("creatorId is required when scope is restricted", at="creatorId")
    if asked["creatorId"] is not None and asked["creatorId"] not in organisation.users:
        raise user_not_found(asked["creatorId"])

    items = list(_visible(organisation, asked["scope"], call.caller))
    if asked["creatorId"] is not None:
        items = [item for item in items if item.owner_id == asked["creatorId"]]
    if asked["folderId"] is not None:
        items = [item for item in items if _parent(item) == asked["folderId"]]
    if asked["path"]:
        items = _under(asked["path"], items, organisation)
    wanted_labels = set(asked.get("labels") or ())
    if wanted_labels:
        # Any of them, not all: assumed.
        items = [item for item in items if wanted_labels & set(item.labels)]

    order: Order[Item] = Order(
        rank=_RANKS[asked["sortField"]],
        identity=_identity,
        descending=asked["sortDirection"] == "desc",
    )
    page, info = cut_page(items, order, asked=asked)
    records = [_record(item, organisation) for item in page]
    if "_count" in asked["include"]:
        in_folder = organisation.documents_per_folder()
        for record, item in zip(records, page, strict=True):
            record["_count"] = _counts(item, in_folder)
    if "labels" in asked["include"]:
        for record, item in zip(records, page, strict=True):
            record["labels"] = _labels(item, call.world)
    return json_reply({"records": records, "pageInfo": info})


def _visible(organisation: Organisation, scope: str, caller: Caller) -> Iterable[Item]:
    everything: list[Item] = [*organisation.folders.values(), *organisation.documents.values()]
    for item in everything:
        # Trashed documents are not listed here: assumed, as only /documents can ask for them.
        trashed = isinstance(item, Document) and item.deleted
        # A personal token shows what its user may see; an organization key, everything.
        hidden = (
            item.scope == "restricted"
            and caller.key_scope == "user"
            and item.owner_id != caller.user.membership_id
        )
        if item.scope == scope and not trashed and not hidden:
            yield item


def _under(path: str, items: list[Item], organisation: Organisation) -> list[Item]:
    """Keep what a path pattern asks for.

    ``/a/b`` is the folder with what is directly in it, ``/a/b/*`` everything below it at any
    depth, ``/`` everything. The leading slash may be left out.
    """
    wanted = path.removeprefix("/")
    if wanted in {"", "*"}:
        return items
    folder_path = wanted.removesuffix("/*")
    folder = organisation.folder_at(folder_path)
    if folder is None or folder not in items:
        raise NotFound(f"Folder with path {path} does not exist")
    if wanted.endswith("/*"):
        below = {
            each.id
            for each in organisation.folders.values()
            if f"{each.path}/".startswith(f"{folder_path}/")
        }
        return [item for item in items if _parent(item) in below]
    return [item for item in items if item is folder or _parent(item) == folder.id]


def _parent(item: Item) -> str | None:
    return item.folder_id if isinstance(item, Document) else item.parent_id


def _identity(item: Item) -> str:
    return f"d{item.identifier}" if isinstance(item, Document) else f"f{item.id}"


def _by_name(item: Item) -> Rank:
    return item.name


def _by_favorites(item: Item) -> Rank:
    return len(item.favorited_by)


def _by_update(item: Item) -> Rank:
    # Folders have no time of update and count as oldest: assumed.
    updated = item.updated_on if isinstance(item, Document) else None
    return int((updated - _EPOCH).total_seconds() * 1_000_000) if updated else 0


_RANKS: dict[str, Callable[[Item], Rank]] = {
    "name": _by_name,
    "favorites": _by_favorites,
    "updatedAt": _by_update,
}


def _record(item: Item, organisation: Organisation) -> dict[str, Any]:
    record = _document(item, organisation) if isinstance(item, Document) else _folder(item)
    owner = organisation.users[item.owner_id]
    return record | {"owner": {"id": owner.membership_id, "name": owner.name}}


def _counts(item: Item, in_folder: Counter[str]) -> dict[str, int]:
    favorites = len(item.favorited_by)
    if isinstance(item, Document):
        return {"favorites": favorites, "views": item.views}
    return {"documents": in_folder[item.id], "favorites": favorites}


def _labels(item: Item, world: World) -> list[Any]:
    if not world.behaviour.labels_as_objects:
        return list(item.labels)
    return [
        {"name": name, "verified": world.organisation.labels[name].verified} for name in item.labels
    ]


def _folder(folder: Folder) -> dict[str, Any]:
    return {
        "type": "folder",
        "id": folder.id,
        "name": folder.name,
        "path": folder.path,
        "scope": folder.scope,
        "url": f"{WEB_ADDRESS}/f/{quote(folder.path)}",
    }


def _document(document: Document, organisation: Organisation) -> dict[str, Any]:
    page = "dashboards" if document.has_dashboard else "apps" if document.has_app else "w"
    parent = organisation.folders[document.folder_id] if document.folder_id else None
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
        "lastViewedAt": document.last_viewed_at,
        "visits": document.visits,
        "url": f"{WEB_ADDRESS}/{page}/{document.identifier}",
    }
    return {key: value for key, value in record.items() if not isinstance(value, Absent)}
