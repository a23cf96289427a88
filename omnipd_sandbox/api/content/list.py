"""List folders and documents together: ``GET /content``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from omnipd_sandbox.api.documents.list import by_update
from omnipd_sandbox.api.documents.record import document_record
from omnipd_sandbox.api.folders.record import folder_address
from omnipd_sandbox.api.items.record import Item, items_reply, owned_by, owner, without_absent
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.identity import Caller
from omnipd_sandbox.calls.paging import Rank, Ranks, asked_order, cut_page
from omnipd_sandbox.calls.world import World
from omnipd_sandbox.http.refusals import BadRequest, not_found
from omnipd_sandbox.http.reply import Reply
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Document, Folder


def list_content(call: Call) -> Reply:
    """Answer with one page of the folders and documents that match."""
    _check(call)
    order = asked_order(call, _RANKS, _identity)
    return items_reply(cut_page(call, lambda: _found(call), order), _record, call)


def _check(call: Call) -> None:
    """Refuse what cannot be asked together, and who is unknown."""
    asked = call.parameters
    if asked["folderId"] is not None and asked["path"]:
        raise BadRequest("Cannot filter by both folderId and path")
    if asked["scope"] == "restricted" and asked["creatorId"] is None:
        raise BadRequest("creatorId is required when scope is restricted", at="creatorId")
    if asked["creatorId"] is not None:
        owned_by(asked["creatorId"], call.world)


def _found(call: Call) -> list[Item]:
    asked = call.parameters
    items = list(_visible(call.organization, asked["scope"], call.caller))
    if asked["creatorId"] is not None:
        creator = owned_by(asked["creatorId"], call.world)
        items = [item for item in items if item.owner_id == creator]
    if asked["folderId"] is not None:
        items = [item for item in items if _parent(item) == asked["folderId"]]
    if asked["path"]:
        items = _under(asked["path"], items, call.organization)
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
        raise not_found("Folder", path, by="path")
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


def _by_update(item: Item) -> Rank:
    # Folders have no time of update and count as oldest: assumed.
    return by_update(item) if isinstance(item, Document) else 0


_RANKS: Ranks[Item] = {
    "name": lambda item: item.name,
    "favorites": lambda item: len(item.favorited_by),
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
    return document_record(item, world) | without_absent(usage)
