"""List folders and documents together: ``GET /content``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from omnipd_sandbox.api.content.records import (
    Item,
    add_optional,
    document_record,
    folder_address,
    owned_by,
    owner,
)
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.identity import Caller
from omnipd_sandbox.calls.paging import Order, Rank, cut_page
from omnipd_sandbox.calls.world import World
from omnipd_sandbox.http.refusals import BadRequest, NotFound
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Absent, Document, Folder

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def list_content(call: Call) -> Reply:
    """Answer with one page of the folders and documents that match."""
    asked = call.parameters
    if asked["folderId"] is not None and asked["path"]:
        raise BadRequest("Cannot filter by both folderId and path")
    if asked["scope"] == "restricted" and asked["creatorId"] is None:
        raise BadRequest("creatorId is required when scope is restricted", at="creatorId")
    if asked["creatorId"] is not None:
        owned_by(asked["creatorId"], call.world)

    order: Order[Item] = Order(
        rank=_RANKS[asked["sortField"]],
        identity=_identity,
        descending=asked["sortDirection"] == "desc",
    )
    page, info = cut_page(call, lambda: _found(call), order)
    records = [_record(item, call.world) for item in page]
    add_optional(records, page, asked["include"], call.world)
    return json_reply({"records": records, "pageInfo": info})


def _found(call: Call) -> list[Item]:
    asked = call.parameters
    organization = call.world.organization
    items = list(_visible(organization, asked["scope"], call.caller))
    if asked["creatorId"] is not None:
        creator = owned_by(asked["creatorId"], call.world)
        items = [item for item in items if item.owner_id == creator]
    if asked["folderId"] is not None:
        items = [item for item in items if _parent(item) == asked["folderId"]]
    if asked["path"]:
        items = _under(asked["path"], items, organization)
    wanted_labels = set(asked.get("labels") or ())
    if wanted_labels:
        # Any of them, not all: assumed.
        items = [item for item in items if wanted_labels & set(item.labels)]
    return items


def _visible(organization: Organization, scope: str, caller: Caller) -> Iterable[Item]:
    everything: list[Item] = [*organization.folders.values(), *organization.documents.values()]
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


def _under(path: str, items: list[Item], organization: Organization) -> list[Item]:
    """Keep what a path pattern asks for.

    ``/a/b`` is the folder with what is directly in it, ``/a/b/*`` everything below it at any
    depth, ``/`` everything. The leading slash may be left out.
    """
    wanted = path.removeprefix("/")
    if wanted in {"", "*"}:
        return items
    folder_path = wanted.removesuffix("/*")
    folder = organization.folder_at(folder_path)
    if folder is None or folder not in items:
        raise NotFound(f"Folder with path {path} does not exist")
    if wanted.endswith("/*"):
        below = {
            each.id
            for each in organization.folders.values()
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


def _record(item: Item, world: World) -> dict[str, Any]:
    if isinstance(item, Folder):
        return {
            "type": "folder",
            "id": item.id,
            "name": item.name,
            "path": item.path,
            "scope": item.scope,
            "url": folder_address(item),
            "owner": owner(item, world),
        }
    usage = {"lastViewedAt": item.last_viewed_at, "visits": item.visits}
    return document_record(item, world) | {
        key: value for key, value in usage.items() if not isinstance(value, Absent)
    }
