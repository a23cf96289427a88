"""Give a document another name, description or identifier."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from omnipd_sandbox.api.content.rights import document_to_change
from omnipd_sandbox.calls.body_keys import Key, boolean, nullable, read_body, text
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import BadRequest, RefusedRequest
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.drafts import draft_in_the_way
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Absent, Document

_KEYS = {
    "name": Key(text(1, 254)),
    "description": Key(nullable(text())),
    "identifier": Key(text(2, 48)),
    "clearExistingDraft": Key(boolean, default=False),
}


def update_document(call: Call) -> Reply:
    """Change what a document is called; it is published at once."""
    document = document_to_change(call, "EDITOR")
    body = read_body(call, _KEYS)
    clear: bool = body.pop("clearExistingDraft")
    if not body:
        raise BadRequest("At least one of name, description or identifier must be provided")
    identifier = body.get("identifier", document.identifier)
    organization = call.world.organization
    if identifier != document.identifier:
        _check_identifier(identifier, organization)
    published = publish(document, call, clear_draft=clear)
    changed = replace(published, **body)
    if identifier != document.identifier:
        changed = replace(changed, first_identifier=document.topic)
        _readdress(document.identifier, changed, organization)
    organization.keep_document(changed)
    answer: dict[str, Any] = {"identifier": changed.identifier, "name": changed.name}
    if not isinstance(changed.description, Absent):
        answer["description"] = changed.description
    return json_reply(answer)


def publish(document: Document, call: Call, *, clear_draft: bool) -> Document:
    """Give a document that may be changed now: 409 if somebody works on a draft of it."""
    draft = draft_in_the_way(document, call.world.organization)
    if draft is not None and not clear_draft:
        raise RefusedRequest(
            409, "Draft already exists. Set clearExistingDraft to true to discard it and proceed."
        )
    gone = (draft.identifier,) if draft else ()
    return replace(
        document,
        discarded_drafts=(*document.discarded_drafts, *gone),
        updated_at=written(call.world.now()),
    )


def _check_identifier(identifier: str, organization: Organization) -> None:
    # Which signs Omni takes is not known.
    if not re.fullmatch(r"[A-Za-z0-9_-]+", identifier):
        raise BadRequest("Only letters, digits, - and _", at="identifier")
    if identifier in organization.documents:
        raise BadRequest("Identifier is already in use", at="identifier")


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
