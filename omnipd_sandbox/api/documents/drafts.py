"""Drafts of documents, listed, opened and discarded."""

from __future__ import annotations

from dataclasses import replace

from omnipd_sandbox.api.documents.record import document_to_change, find_document
from omnipd_sandbox.api.items.roles import author
from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, uuid
from omnipd_sandbox.http.refusals import (
    BadRequest,
    Forbidden,
    NotFound,
    RefusedRequest,
    not_found,
)
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.abilities import requires_pull_request
from omnipd_sandbox.organization.drafts import draft_in_the_way, drafts_of
from omnipd_sandbox.organization.records import Document, OpenedDraft, User

_KEYS = {"branchId": Key(uuid)}


def list_drafts(call: Call) -> Reply:
    """Answer with a document's drafts, as a bare array, the newest first."""
    document = find_document(call)
    with_archived = call.parameters["include"] == "archived"
    drafts = [
        draft
        for draft in drafts_of(document, call.organization)
        if with_archived or draft.status == "active"
    ]
    drafts.sort(key=lambda draft: draft.created_at, reverse=True)
    return json_reply(
        [
            {
                "identifier": draft.identifier,
                "publishedIdentifier": draft.document.identifier,
                "status": draft.status,
                "draftOutOfDate": draft.out_of_date,
                "branch": draft.branch and {"id": draft.branch.id, "name": draft.branch.name},
                "createdBy": {"name": _name_now(draft.created_by, call)},
                "lastEditedBy": {"name": _name_now(draft.last_edited_by, call)},
                "createdAt": draft.created_at,
                "updatedAt": draft.updated_at,
                "workbookModelId": draft.workbook_model_id,
            }
            for draft in drafts
        ]
    )


def _name_now(user: User, call: Call) -> str:
    """Return what somebody is called now; who is gone is called as before."""
    return call.organization.users.get(user.membership_id, user).name


def open_draft(call: Call) -> Reply:
    """Open a draft, or answer with the one there is."""
    document = document_to_change(call, "EDITOR")
    branch_id: str | None = read_body(call, _KEYS).get("branchId")
    if not document.has_dashboard:
        # Which documents are not is not known; one that is a workbook only: assumed.
        raise BadRequest("Document is not eligible for the publishing workflow")
    check_branch(branch_id, document, call)
    draft = draft_in_the_way(document, call.organization, branch_id)
    if draft is not None:
        return json_reply({"identifier": draft.identifier})
    changed, identifier = with_new_draft(document, branch_id, call)
    call.organization.keep_document(changed)
    return json_reply({"identifier": identifier})


def with_new_draft(document: Document, branch_id: str | None, call: Call) -> tuple[Document, str]:
    """Give a document with one more draft, and the identifier of that."""
    opened = OpenedDraft(
        derived.base62(8, *call.organization.fresh_topic("draft")).lower(),
        branch_id,
        author(call).membership_id,
        call.world.timestamp(),
    )
    return replace(document, opened_drafts=(*document.opened_drafts, opened)), opened.identifier


def discard_draft(call: Call) -> Reply:
    """Discard a draft; it is listed as archived from then on."""
    document = document_to_change(call, "EDITOR")
    branch_id: str | None = read_body(call, _KEYS).get("branchId")
    draft = draft_in_the_way(document, call.organization, branch_id)
    if draft is None:
        raise NotFound(f"Document with identifier {document.identifier} has no draft")
    call.organization.keep_document(
        replace(document, discarded_drafts=(*document.discarded_drafts, draft.identifier))
    )
    return json_reply({"message": "Draft discarded"})


def check_branch(branch_id: str | None, document: Document, call: Call) -> None:
    """Refuse a branch that the model of a document does not have."""
    branches = call.organization.branches_of(document.model_id)
    if branch_id is not None and branch_id not in {branch.id for branch in branches}:
        raise not_found("Branch", branch_id)


def check_publishing(document: Document, call: Call) -> None:
    """Refuse to publish what is published by pull request only, where a server minds that."""
    if call.world.behavior.pull_requests == "required" and requires_pull_request(
        document, call.organization
    ):
        raise Forbidden("A pull request is required to publish this document")


def publish(document: Document, call: Call, *, clear_draft: bool) -> Document:
    """Give a document that may be changed now: 409 if somebody works on a draft of it."""
    check_publishing(document, call)
    draft = draft_in_the_way(document, call.organization)
    if draft is not None and not clear_draft:
        raise RefusedRequest(
            409, "Draft already exists. Set clearExistingDraft to true to discard it and proceed."
        )
    gone = (draft.identifier,) if draft else ()
    return replace(
        document,
        discarded_drafts=(*document.discarded_drafts, *gone),
        updated_at=call.world.timestamp(),
    )
