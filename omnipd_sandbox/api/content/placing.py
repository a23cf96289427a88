"""Move documents, throw them away, and give them to others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from omnipd_sandbox.api.content.rights import author, document_to_change
from omnipd_sandbox.api.content.visible import may_view
from omnipd_sandbox.calls.body_keys import Key, nullable, one_of, read_body, text, uuid
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import BadRequest, NotFound, user_not_found
from omnipd_sandbox.http.reply import Reply, done
from omnipd_sandbox.organization.records import Folder, Scope

SCOPE = one_of("restricted", "organization")
_MOVE = {"folderPath": Key(nullable(text()), required=True), "scope": Key(SCOPE)}
NEW_OWNER = {"userId": Key(uuid, required=True)}


def move_document(call: Call) -> Reply:
    """Move a document to a folder, or to the top; its scope is then the folder's."""
    document = document_to_change(call, "MANAGER")
    body = read_body(call, _MOVE)
    folder = folder_by_path(body["folderPath"], call)
    call.world.organization.keep_document(
        replace(
            document,
            folder_id=folder.id if folder else None,
            scope=scope_in(folder, body, document.scope),
        )
    )
    return done()


def delete_document(call: Call) -> Reply:
    """Put a document into the Trash; no call takes it out again."""
    document = document_to_change(call, "MANAGER")
    call.world.organization.keep_document(replace(document, deleted=True))
    return done()


def give_document(call: Call) -> Reply:
    """Give a document to another member."""
    document = document_to_change(call, "MANAGER")
    user_id: str = read_body(call, NEW_OWNER)["userId"]
    organization = call.world.organization
    user = organization.users.get(user_id)
    if user is None:
        raise user_not_found(user_id)
    if not user.active:
        raise BadRequest("User is not active", at="userId")
    organization.keep_document(replace(document, owner_id=user_id))
    return done()


def folder_by_path(path: str | None, call: Call) -> Folder | None:
    """Find the folder that a path names; none for the top."""
    wanted = (path or "").removeprefix("/")
    if not wanted:
        return None
    organization = call.world.organization
    folder = organization.folder_at(wanted)
    user = author(call)
    seer = None if user.organization_role == "ORG_ADMIN" else user.membership_id
    if folder is None or not may_view(seer, folder, organization):
        # Whether Omni would make the folder is not known: assumed not.
        raise NotFound(f"Folder with path {path} does not exist")
    return folder


def scope_in(folder: Folder | None, body: dict[str, Any], otherwise: Scope) -> Scope:
    """Give the scope of what comes into a folder, or to the top where any scope may be."""
    chosen: Scope | None = body.get("scope")
    if folder is not None and chosen not in {None, folder.scope}:
        raise BadRequest(f"Scope must be that of the folder, {folder.scope}", at="scope")
    return folder.scope if folder else (chosen or otherwise)
