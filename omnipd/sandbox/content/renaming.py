"""Give a document another name, description or identifier."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from omnipd.sandbox.body_keys import Key, boolean, nullable, read_body, text
from omnipd.sandbox.content.rights import document_to_change
from omnipd.sandbox.organisation.drafts import draft_in_the_way
from omnipd.sandbox.organisation.moments import written
from omnipd.sandbox.organisation.organisation import Organisation
from omnipd.sandbox.organisation.records import Absent, Document
from omnipd.sandbox.refusals import BadRequest, RefusedRequest
from omnipd.sandbox.reply import Reply, json_reply
from omnipd.sandbox.request import Call

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
    organisation = call.world.organisation
    if identifier != document.identifier:
        _check_identifier(identifier, organisation)
    published = publish(document, call, clear_draft=clear)
    changed = replace(published, **body)
    if identifier != document.identifier:
        changed = replace(changed, first_identifier=document.topic)
        _readdress(document.identifier, changed, organisation)
    organisation.keep_document(changed)
    answer: dict[str, Any] = {"identifier": changed.identifier, "name": changed.name}
    if not isinstance(changed.description, Absent):
        answer["description"] = changed.description
    return json_reply(answer)


def publish(document: Document, call: Call, *, clear_draft: bool) -> Document:
    """Give a document that may be changed now: 409 if somebody works on a draft of it."""
    draft = draft_in_the_way(document, call.world.organisation)
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


def _check_identifier(identifier: str, organisation: Organisation) -> None:
    # Which signs Omni takes is not known.
    if not re.fullmatch(r"[A-Za-z0-9_-]+", identifier):
        raise BadRequest("Only letters, digits, - and _", at="identifier")
    if identifier in organisation.documents:
        raise BadRequest("Identifier is already in use", at="identifier")


def _readdress(old: str, document: Document, organisation: Organisation) -> None:
    """Let all that names a document by its identifier name it by the new one."""
    new = document.identifier
    # In the place of the old one, so that no order changes.
    organisation.documents = {
        new if key == old else key: document if key == old else each
        for key, each in organisation.documents.items()
    }
    moved = {key: new if to == old else to for key, to in organisation.moved.items()}
    organisation.moved = {key: to for key, to in (moved | {old: new}).items() if key != new}
    organisation.schedules = {
        key: replace(each, identifier=new) if each.identifier == old else each
        for key, each in organisation.schedules.items()
    }
