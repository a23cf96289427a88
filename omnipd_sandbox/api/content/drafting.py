"""Open drafts of documents, and discard them."""

from __future__ import annotations

from dataclasses import replace

from omnipd_sandbox.api.content.rights import author, document_to_change
from omnipd_sandbox.calls.body_keys import Key, read_body, uuid
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import BadRequest, NotFound
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.drafts import draft_in_the_way
from omnipd_sandbox.organization.records import Document, OpenedDraft

_KEYS = {"branchId": Key(uuid)}


def open_draft(call: Call) -> Reply:
    """Open a draft, or answer with the one there is."""
    document = document_to_change(call, "EDITOR")
    branch_id: str | None = read_body(call, _KEYS).get("branchId")
    organization = call.world.organization
    if not document.has_dashboard:
        # Which documents are not is not known; one that is a workbook only: assumed.
        raise BadRequest("Document is not eligible for the publishing workflow")
    _check_branch(branch_id, document, call)
    draft = draft_in_the_way(document, organization, branch_id)
    if draft is not None:
        return json_reply({"identifier": draft.identifier})
    opened = OpenedDraft(
        derived.base62(8, *organization.fresh_topic("draft")).lower(),
        branch_id,
        author(call).membership_id,
        written(call.world.now()),
    )
    organization.keep_document(replace(document, opened_drafts=(*document.opened_drafts, opened)))
    return json_reply({"identifier": opened.identifier})


def discard_draft(call: Call) -> Reply:
    """Discard a draft; it is listed as archived from then on."""
    document = document_to_change(call, "EDITOR")
    branch_id: str | None = read_body(call, _KEYS).get("branchId")
    organization = call.world.organization
    draft = draft_in_the_way(document, organization, branch_id)
    if draft is None:
        raise NotFound(f"Document with identifier {document.identifier} has no draft")
    organization.keep_document(
        replace(document, discarded_drafts=(*document.discarded_drafts, draft.identifier))
    )
    return json_reply({"message": "Draft discarded"})


def _check_branch(branch_id: str | None, document: Document, call: Call) -> None:
    branches = call.world.organization.branches_of(document.connection_id)
    if branch_id is not None and branch_id not in {branch.id for branch in branches}:
        raise NotFound(f"Branch with id {branch_id} does not exist")
