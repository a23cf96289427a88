"""List folders: ``GET /folders``."""

from __future__ import annotations

from omnipd_sandbox.api.folders.record import folder_record
from omnipd_sandbox.api.items.record import items_reply, owned_by
from omnipd_sandbox.api.items.roles import author
from omnipd_sandbox.api.items.visible import is_shared_with
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.paging import Ranks, asked_order, cut_page
from omnipd_sandbox.http.refusals import BadRequest, not_found
from omnipd_sandbox.http.reply import Reply
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Folder


def list_folders(call: Call) -> Reply:
    """Answer with one page of the folders that match."""
    _check(call)
    order = asked_order(call, _RANKS, lambda folder: folder.id)
    return items_reply(cut_page(call, lambda: _found(call), order), folder_record, call)


def _check(call: Call) -> None:
    """Refuse what cannot be asked together, and who is unknown."""
    asked = call.parameters
    personal = call.caller.key_scope == "user"
    if "onlySharedWithMe" in asked["include"]:
        if asked["ownerId"] is not None or asked["path"]:
            raise BadRequest("onlySharedWithMe cannot be combined with ownerId or path", "include")
        if asked["userId"] is None and not personal:
            raise BadRequest("userId is required with onlySharedWithMe", at="userId")
        return
    if asked["userId"] is not None:
        raise BadRequest("userId is only allowed with onlySharedWithMe", at="userId")
    if asked["ownerId"] is not None:
        owned_by(asked["ownerId"], call.world)
    elif asked["scope"] == "restricted" and not personal:
        raise BadRequest("ownerId is required when scope is restricted", at="ownerId")


def _found(call: Call) -> list[Folder]:
    asked = call.parameters
    folders = _shared(call) if "onlySharedWithMe" in asked["include"] else _owned(call)
    labels = set(asked["labels"] or ())
    # Any of them, not all: assumed.
    return [each for each in folders if not labels or labels & set(each.labels)]


def _shared(call: Call) -> list[Folder]:
    user_id = author(call).membership_id
    return [
        each
        for each in call.organization.folders.values()
        if is_shared_with(user_id, each, call.organization)
    ]


def _owned(call: Call) -> list[Folder]:
    asked = call.parameters
    own = call.caller.user.membership_id
    personal = call.caller.key_scope == "user"
    owner_id: str | None = None
    if asked["ownerId"] is not None:
        owner_id = owned_by(asked["ownerId"], call.world)
        if owner_id is None:
            return []
    if asked["scope"] == "restricted":
        owner_id = owner_id or own
        if personal and owner_id != own:
            return []
    folders = [
        each
        for each in call.organization.folders.values()
        if each.scope == asked["scope"] and owner_id in {None, each.owner_id}
    ]
    return _at(asked["path"], folders, call.organization) if asked["path"] else folders


def _at(path: str, folders: list[Folder], organization: Organization) -> list[Folder]:
    """Keep the folder of a path; with ``/*`` what is in it, with ``/**`` all below it."""
    wanted = path.removeprefix("/")
    stem = wanted.removesuffix("/**").removesuffix("/*")
    folder = organization.folder_at(stem)
    if folder is None or folder not in folders:
        raise not_found("Folder", path, by="path")
    if wanted.endswith("/**"):
        return [each for each in folders if each.path.startswith(f"{stem}/")]
    if wanted.endswith("/*"):
        return [each for each in folders if each.parent_id == folder.id]
    return [folder]


_RANKS: Ranks[Folder] = {
    "name": lambda folder: folder.name,
    "path": lambda folder: folder.path,
    "favorites": lambda folder: len(folder.favorited_by),
    "createdAt": lambda folder: folder.created_at,
    "updatedAt": lambda folder: folder.updated_at,
}
