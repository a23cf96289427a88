"""Rename documents, move and copy them, throw them away, and give them to others."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from omnipd_sandbox.api.documents.drafts import publish
from omnipd_sandbox.api.documents.record import document_to_change
from omnipd_sandbox.api.items.roles import author
from omnipd_sandbox.api.items.visible import SCOPE, member_sees
from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, boolean, nullable, text, uuid
from omnipd_sandbox.calls.identity import member_with_id
from omnipd_sandbox.http.refusals import BadRequest, not_found
from omnipd_sandbox.http.reply import Reply, done, json_reply
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.dashboards import dashboard_of
from omnipd_sandbox.organization.models import workbook_model_id
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Absent, Document, Folder, Scope


def identifier_text(value: Any) -> str:
    """Take what may be the identifier of a document."""
    # Which signs Omni takes is not known.
    if not re.fullmatch(r"[A-Za-z0-9_-]+", text(2, 48)(value)):
        raise BadRequest("Only letters, digits, - and _")
    return str(value)


_MOVED = {"folderPath": Key(nullable(text()), required=True), "scope": Key(SCOPE)}
_NEW_OWNER = {"userId": Key(uuid, required=True)}
_COPIED = {
    "name": Key(text(1, 254), required=True),
    "folderPath": Key(nullable(text())),
    "scope": Key(SCOPE),
}
_UPDATED = {
    "name": Key(text(1, 254)),
    "description": Key(nullable(text())),
    "identifier": Key(identifier_text),
    "clearExistingDraft": Key(boolean, default=False),
}


def update_document(call: Call) -> Reply:
    """Change what a document is called; it is published at once."""
    document = document_to_change(call, "EDITOR")
    body = read_body(call, _UPDATED)
    clear: bool = body.pop("clearExistingDraft")
    if not body:
        raise BadRequest("At least one of name, description or identifier must be provided")
    identifier: str = body.pop("identifier", document.identifier)
    organization = call.organization
    check_identifier(identifier, document, organization)
    changed = replace(publish(document, call, clear_draft=clear), **body)
    organization.keep_document(changed)
    changed = readdressed(changed, identifier, organization)
    answer: dict[str, Any] = {"identifier": changed.identifier, "name": changed.name}
    if not isinstance(changed.description, Absent):
        answer["description"] = changed.description
    return json_reply(answer)


def move_document(call: Call) -> Reply:
    """Move a document to a folder, or to the top; its scope is then the folder's."""
    document = document_to_change(call, "MANAGER")
    body = read_body(call, _MOVED)
    folder = folder_by_path(body["folderPath"], call)
    at_the_top: Scope = document.scope
    if call.world.behavior.root_scope == "restricted":
        at_the_top = "restricted"
    call.organization.keep_document(
        replace(
            document,
            folder_id=folder.id if folder else None,
            scope=scope_in(folder, body, at_the_top),
        )
    )
    return done()


def delete_document(call: Call) -> Reply:
    """Put a document into the Trash; no call takes it out again."""
    document = document_to_change(call, "MANAGER")
    call.organization.keep_document(replace(document, deleted=True))
    return done()


def give_document(call: Call) -> Reply:
    """Give a document to another member."""
    document = document_to_change(call, "MANAGER")
    user = member_with_id(read_body(call, _NEW_OWNER)["userId"], call.organization)
    if not user.active:
        raise BadRequest("User is not active", at="userId")
    call.organization.keep_document(replace(document, owner_id=user.membership_id))
    return done()


def duplicate_document(call: Call) -> Reply:
    """Make a copy, which belongs to the caller; a second time makes a second one."""
    original = document_to_change(call, "VIEWER")
    body = read_body(call, _COPIED)
    organization = call.organization
    # Beside the original, unless another place is named: assumed.
    folder = (
        folder_by_path(body["folderPath"], call)
        if "folderPath" in body
        else organization.folders.get(original.folder_id or "")
    )
    identifier = organization.new_identifier()
    copy = Document(
        identifier=identifier,
        name=body["name"],
        owner_id=author(call).membership_id,
        folder_id=folder.id if folder else None,
        scope=scope_in(folder, body, original.scope),
        model_id=original.model_id,
        connection_id=original.connection_id,
        deleted=False,
        has_dashboard=original.has_dashboard,
        has_app=original.has_app,
        updated_at=call.world.timestamp(),
        views=0,
        description=original.description,
        queries=tuple(
            replace(query, id=derived.stable_uuid("copied query", identifier, query.id))
            for query in original.queries
        ),
        dashboard=dashboard_of(original, organization),
        imported=True,
        grants=(),
    )
    organization.keep_document(copy)
    return json_reply(
        {
            "identifier": identifier,
            "name": copy.name,
            "dashboardId": derived.stable_uuid("dashboard", identifier),
            "workbookId": workbook_model_id(copy),
        },
        status=201,
    )


def folder_by_path(path: str | None, call: Call) -> Folder | None:
    """Find the folder that a path names; none for the top."""
    wanted = (path or "").removeprefix("/")
    if not wanted:
        return None
    folder = call.organization.folder_at(wanted)
    if folder is None or not member_sees(author(call), folder, call.organization):
        # Whether Omni would make the folder is not known: assumed not.
        raise not_found("Folder", path or "", by="path")
    return folder


def scope_in(folder: Folder | None, body: dict[str, Any], otherwise: Scope) -> Scope:
    """Give the scope of what comes into a folder, or to the top where any scope may be."""
    chosen: Scope | None = body.get("scope")
    if folder is not None and chosen not in {None, folder.scope}:
        raise BadRequest(f"Scope must be that of the folder, {folder.scope}", at="scope")
    return folder.scope if folder else (chosen or otherwise)


def check_identifier(identifier: str, document: Document, organization: Organization) -> None:
    """Refuse the identifier of another document."""
    if identifier != document.identifier and identifier in organization.documents:
        raise BadRequest("Identifier is already in use", at="identifier")


def readdressed(document: Document, identifier: str, organization: Organization) -> Document:
    """Give a document another identifier; the old one leads to it from then on."""
    check_identifier(identifier, document, organization)
    if identifier == document.identifier:
        return document
    changed = replace(document, identifier=identifier, first_identifier=document.topic)
    _readdress(document.identifier, changed, organization)
    return changed


def _readdress(old: str, document: Document, organization: Organization) -> None:
    """Let all that names a document by its identifier name it by the new one."""
    new = document.identifier
    # In the place of the old one, so that no order changes.
    organization.documents = {
        new if key == old else key: document if key == old else each
        for key, each in organization.documents.items()
    }
    moved = {key: new if to == old else to for key, to in organization.moved.items()}
    organization.moved = {key: to for key, to in (moved | {old: new}).items() if key != new}
    organization.schedules = {
        key: replace(each, identifier=new) if each.identifier == old else each
        for key, each in organization.schedules.items()
    }
