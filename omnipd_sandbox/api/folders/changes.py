"""Make, rename and delete folders. No call moves one (docs/wire.md)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from omnipd_sandbox.api.folders.record import folder_to_change
from omnipd_sandbox.api.items.visible import SCOPE, member_sees
from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, boolean, text, uuid
from omnipd_sandbox.calls.identity import acting_user
from omnipd_sandbox.http.refusals import BadRequest, RefusedRequest, not_found
from omnipd_sandbox.http.reply import Reply, done, json_reply
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.folders import slug
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Folder, Scope, User

_DEEPEST = 7
_MOST_AT_ONCE = 100
# Which words are is not known.
_RESERVED = frozenset({"my-documents", "shared", "trash"})


def _segment(value: Any) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9-]+", text(1)(value)):
        raise BadRequest("Invalid")
    return str(value)


_CREATED = {
    "name": Key(text(1), required=True),
    "parentFolderId": Key(uuid),
    "scope": Key(SCOPE),
    "userId": Key(uuid),
}
_UPDATED = {
    "name": Key(text(1)),
    "path": Key(_segment),
    "resolvePathConflict": Key(boolean, default=False),
}


def create_folder(call: Call) -> Reply:
    """Make a folder; a second one of the same name gets another path."""
    body = read_body(call, _CREATED)
    organization = call.organization
    user = acting_user(call.caller, body.get("userId"), organization)
    parent = _parent(body.get("parentFolderId"), user, organization)
    # At the top it is the organization's unless asked otherwise: assumed.
    scope: Scope = body.get("scope", parent.scope if parent else "organization")
    if parent is not None and scope != parent.scope:
        raise BadRequest("Scope must be that of the parent folder", at="scope")
    if parent is not None and scope == "restricted" and parent.owner_id != user.membership_id:
        raise BadRequest("A restricted folder of another user", at="parentFolderId")
    own_path = slug(body["name"]) or "folder"
    if call.world.behavior.taken_folder_name == "refused":
        _new_path(parent, own_path, organization)
    now = call.world.timestamp()
    folder = Folder(
        id=derived.stable_uuid(*organization.fresh_topic("folder")),
        name=body["name"],
        path=_free_path(own_path, parent, organization),
        parent_id=parent.id if parent else None,
        owner_id=user.membership_id,
        scope=scope,
        labels=(),
        favorited_by=(),
        grants=(),
        created_at=now,
        updated_at=now,
    )
    organization.keep_folder(folder)
    record = {"id": folder.id, "name": folder.name, "path": folder.path}
    return json_reply(record | {"scope": scope, "ownerId": folder.owner_id}, status=201)


def update_folder(call: Call) -> Reply:
    """Change a folder's name, or the last part of its path, or both."""
    folder = folder_to_change(call, "EDITOR")
    body = read_body(call, _UPDATED)
    if "name" not in body and "path" not in body:
        raise BadRequest("At least one of name or path must be provided")
    organization = call.organization
    path = folder.path
    if "path" in body:
        parent = organization.folders.get(folder.parent_id or "")
        resolve: bool = body["resolvePathConflict"]
        path = _new_path(parent, body["path"], organization, besides=folder, resolve=resolve)
    changed = replace(
        folder,
        name=body.get("name", folder.name),
        path=path,
        updated_at=call.world.timestamp(),
    )
    below = f"{folder.path}/"
    organization.folders = {
        key: replace(each, path=f"{path}/{each.path.removeprefix(below)}")
        if each.path.startswith(below)
        else each
        for key, each in organization.folders.items()
    } | {folder.id: changed}
    return json_reply({"id": folder.id, "name": changed.name, "path": changed.path})


def delete_folder(call: Call) -> Reply:
    """Delete a folder for good; by force also those below it, and documents into the Trash."""
    folder = folder_to_change(call, "MANAGER")
    organization = call.organization
    gone = {
        each.id
        for each in organization.folders.values()
        if each.id == folder.id or each.path.startswith(f"{folder.path}/")
    }
    inside = [
        each
        for each in organization.documents.values()
        if each.folder_id in gone and not each.deleted
    ]
    held = len(inside) + len(gone) - 1
    if held and not call.parameters["force"]:
        raise BadRequest("Folder is not empty")
    if held > _MOST_AT_ONCE:
        raise BadRequest(f"Folder holds more than {_MOST_AT_ONCE} items")
    # In the Trash a document has no folder that is gone: assumed.
    organization.documents = {
        key: replace(each, deleted=True, folder_id=None) if each.folder_id in gone else each
        for key, each in organization.documents.items()
    }
    organization.folders = {
        key: each for key, each in organization.folders.items() if key not in gone
    }
    return done()


def _parent(folder_id: str | None, user: User, organization: Organization) -> Folder | None:
    if folder_id is None:
        return None
    parent = organization.folders.get(folder_id)
    if parent is None or not member_sees(user, parent, organization):
        raise not_found("Folder", folder_id)
    if parent.path.count("/") + 2 > _DEEPEST:
        raise BadRequest(f"Folders are {_DEEPEST} levels deep at most", at="parentFolderId")
    return parent


def _free_path(own: str, parent: Folder | None, organization: Organization) -> str:
    stem = f"{parent.path}/{own}" if parent else own
    path, number = stem, 0
    while organization.folder_at(path) is not None or path in _RESERVED:
        number += 1
        path = f"{stem}-{number}"
    return path


def _new_path(
    parent: Folder | None,
    own: str,
    organization: Organization,
    *,
    besides: Folder | None = None,
    resolve: bool = False,
) -> str:
    if own.lower() in _RESERVED:
        raise BadRequest(f"'{own}' is reserved", at="path")
    path = f"{parent.path}/{own}" if parent else own
    taken = organization.folder_at(path)
    if taken is None or (besides is not None and taken.id == besides.id):
        return path
    if not resolve:
        raise RefusedRequest(409, f"Folder with path {path} already exists")
    return _free_path(own, parent, organization)
