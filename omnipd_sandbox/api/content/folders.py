"""List folders: ``GET /folders``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from omnipd_sandbox.api.content.records import add_optional, folder_address, owned_by, owner
from omnipd_sandbox.api.content.visible import is_shared_with
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.identity import acting_user
from omnipd_sandbox.calls.paging import Order, Rank, cut_page
from omnipd_sandbox.calls.world import World
from omnipd_sandbox.http.refusals import BadRequest, NotFound
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.derived import instant
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Folder


def list_folders(call: Call) -> Reply:
    """Answer with one page of the folders that match."""
    asked = call.parameters
    order: Order[Folder] = Order(
        rank=_RANKS[asked["sortField"]],
        identity=lambda folder: folder.id,
        descending=asked["sortDirection"] == "desc",
    )
    page, info = cut_page(call, lambda: _found(call), order)
    records: list[dict[str, Any]] = [_record(each, call.world) for each in page]
    add_optional(records, page, asked["include"], call.world)
    return json_reply({"records": records, "pageInfo": info})


def _found(call: Call) -> list[Folder]:
    folders = _matching(call)
    labels = set(call.parameters["labels"] or ())
    # Any of them, not all: assumed.
    return [each for each in folders if not labels or labels & set(each.labels)]


def _matching(call: Call) -> list[Folder]:
    asked = call.parameters
    organization = call.world.organization
    personal = call.caller.key_scope == "user"
    everything = list(organization.folders.values())
    if "onlySharedWithMe" in asked["include"]:
        if asked["ownerId"] is not None or asked["path"]:
            raise BadRequest("onlySharedWithMe cannot be combined with ownerId or path", "include")
        if asked["userId"] is None and not personal:
            raise BadRequest("userId is required with onlySharedWithMe", at="userId")
        user = acting_user(call.caller, asked["userId"], organization)
        return [
            each for each in everything if is_shared_with(user.membership_id, each, organization)
        ]
    if asked["userId"] is not None:
        raise BadRequest("userId is only allowed with onlySharedWithMe", at="userId")
    owner_id: str | None = asked["ownerId"] and owned_by(asked["ownerId"], call.world)
    if asked["ownerId"] is not None and owner_id is None:
        return []
    if asked["scope"] == "restricted":
        if owner_id is None and not personal:
            raise BadRequest("ownerId is required when scope is restricted", at="ownerId")
        own = call.caller.user.membership_id
        owner_id = owner_id or own
        if personal and owner_id != own:
            return []
    folders = [
        each
        for each in everything
        if each.scope == asked["scope"] and owner_id in {None, each.owner_id}
    ]
    return _at(asked["path"], folders, organization) if asked["path"] else folders


def _at(path: str, folders: list[Folder], organization: Organization) -> list[Folder]:
    """Keep the folder of a path; with ``/*`` what is in it, with ``/**`` all below it."""
    wanted = path.removeprefix("/")
    stem = wanted.removesuffix("/**").removesuffix("/*")
    folder = organization.folder_at(stem)
    if folder is None or folder not in folders:
        raise NotFound(f"Folder with path {path} does not exist")
    if wanted.endswith("/**"):
        return [each for each in folders if each.path.startswith(f"{stem}/")]
    if wanted.endswith("/*"):
        return [each for each in folders if each.parent_id == folder.id]
    return [folder]


def _created(folder: Folder) -> Rank:
    return folder.created_at or written(instant("folder created", folder.id))


def _updated(folder: Folder) -> Rank:
    return folder.updated_at or written(instant("folder updated", folder.id))


_RANKS: dict[str, Callable[[Folder], Rank]] = {
    "name": lambda folder: folder.name,
    "path": lambda folder: folder.path,
    "favorites": lambda folder: len(folder.favorited_by),
    "createdAt": _created,
    "updatedAt": _updated,
}


def _record(folder: Folder, world: World) -> dict[str, Any]:
    record: dict[str, Any] = {
        "id": folder.id,
        "name": folder.name,
        "path": folder.path,
        "url": folder_address(folder),
    }
    if world.behavior.old_shapes:
        # The documentation's examples write paths both with and without the first slash.
        return record | {
            "path": f"/{folder.path}",
            "owner": owner(folder, world),
            "scope": folder.scope,
        }
    return record | {"ownerId": owner(folder, world)["id"]}
