"""Documents as newer servers have them: a state in slices, drafts of it, and their publication."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from omnipd_sandbox.api.documents.changes import identifier_text, readdressed
from omnipd_sandbox.api.documents.dashboard import dashboard_in, numbered, written_filters
from omnipd_sandbox.api.documents.drafts import check_branch, check_publishing, with_new_draft
from omnipd_sandbox.api.documents.record import document_to_change, find_document
from omnipd_sandbox.api.items.record import without_absent
from omnipd_sandbox.api.items.roles import author
from omnipd_sandbox.api.items.visible import caller_sees
from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, anything, nullable, text, uuid
from omnipd_sandbox.calls.world import World
from omnipd_sandbox.http.refusals import BadRequest, NotFound, RefusedRequest
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.draft import Draft
from omnipd_sandbox.organization.drafts import as_drafted, draft_in_the_way, drafts_of
from omnipd_sandbox.organization.models import workbook_model_id
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Document, DraftEdit

_EDITED = {"name": Key(text(1, 254)), "description": Key(nullable(text()))}
# What a dashboard is made of: what of it stands in a patch, no source says well enough.
_SLICES = {
    name: Key(anything) for name in ("queryPresentations", "controls", "settings", "containers")
}


def _newer_identifier(value: Any) -> str:
    identifier = identifier_text(value)
    if identifier != identifier.lower():
        raise BadRequest("Only lower-case letters, digits, - and _")
    return identifier


def show_state(call: Call) -> Reply:
    """Answer with a document as newer servers do: its published state, in slices."""
    draft = _named_as_a_document(call)
    if draft is not None:
        return json_reply(_draft_record(draft, call.world))
    document = find_document(call)
    _check_layout(document)
    return json_reply(_state(document, call.world))


def show_draft(call: Call) -> Reply:
    """Answer with the state of a draft."""
    document = find_document(call)
    return json_reply(_draft_record(_find_draft(document, call), call.world))


def edit_new_draft(call: Call) -> Reply:
    """Make a draft and change it; 409 if there is one."""
    document = document_to_change(call, "EDITOR")
    body = _read(call, {"branchId": Key(uuid)})
    branch_id: str | None = body.pop("branchId", None)
    _check_layout(document)
    check_branch(branch_id, document, call)
    if draft_in_the_way(document, call.organization, branch_id) is not None:
        raise RefusedRequest(409, "Draft already exists")
    changed, identifier = with_new_draft(document, branch_id, call)
    return _edit(changed, identifier, body, call)


def edit_draft(call: Call) -> Reply:
    """Change a draft further."""
    document = document_to_change(call, "EDITOR")
    body = _read(call, {})
    return _edit(document, _find_draft(document, call).identifier, body, call)


def publish_draft(call: Call) -> Reply:
    """Publish the draft that is on no branch; it is listed as archived from then on."""
    document = document_to_change(call, "EDITOR")
    draft = draft_in_the_way(document, call.organization)
    if draft is None:
        raise NotFound(f"Document with identifier {document.identifier} has no draft")
    check_publishing(document, call)
    published = as_drafted(draft)
    call.organization.keep_document(
        replace(
            published,
            discarded_drafts=(*document.discarded_drafts, draft.identifier),
            updated_at=call.world.timestamp(),
        )
    )
    return json_reply(_named(published))


def readdress_document(call: Call) -> Reply:
    """Give a document another identifier, at once and whatever drafts it has."""
    document = document_to_change(call, "EDITOR")
    body = read_body(call, {"identifier": Key(_newer_identifier, required=True)})
    changed = readdressed(document, body["identifier"], call.organization)
    return json_reply(_named(changed))


def _read(call: Call, more: dict[str, Key]) -> dict[str, Any]:
    body = read_body(call, {**_EDITED, **_SLICES, **more})
    for name in _SLICES:
        if name in body:
            raise RefusedRequest(501, f"The sandbox does not do {name} in a draft")
    if body.keys().isdisjoint(_EDITED):
        raise BadRequest("At least one of name or description must be provided")
    return body


def _edit(document: Document, draft_id: str, body: dict[str, Any], call: Call) -> Reply:
    by = {"author_id": author(call).membership_id, "edited_at": call.world.timestamp()}
    before = document.draft_edits.get(draft_id)
    edit = replace(before, **by, **body) if before else DraftEdit(**by, **body)
    changed = replace(document, draft_edits={**document.draft_edits, draft_id: edit})
    call.organization.keep_document(changed)
    draft = _draft_of(changed, draft_id, call.organization)
    return json_reply({"draftId": draft_id} | _named(as_drafted(draft)))


def _named(document: Document) -> dict[str, Any]:
    return without_absent(
        {
            "identifier": document.identifier,
            "name": document.name,
            "description": document.description,
        }
    )


def _find_draft(document: Document, call: Call) -> Draft:
    return _draft_of(document, call.segments["draftId"], call.organization)


def _draft_of(document: Document, draft_id: str, organization: Organization) -> Draft:
    for draft in drafts_of(document, organization):
        if draft.identifier == draft_id and draft.status == "active":
            return draft
    raise NotFound(f"Document with identifier {document.identifier} has no draft {draft_id}")


def _named_as_a_document(call: Call) -> Draft | None:
    """Find the draft whose own identifier stands where that of a document does."""
    identifier, organization = call.segments["identifier"], call.organization
    if identifier in organization.documents or identifier in organization.moved:
        return None
    for document in organization.documents.values():
        for draft in drafts_of(document, organization):
            if draft.identifier == identifier and draft.status == "active":
                return draft if caller_sees(document, call) else None
    return None


def _check_layout(document: Document) -> None:
    if not document.has_dashboard:
        raise RefusedRequest(422, "Document does not have a dashboard in the advanced layout")


def _draft_record(draft: Draft, world: World) -> dict[str, Any]:
    return _state(as_drafted(draft), world) | {
        "identifier": draft.identifier,
        "draftOf": draft.document.identifier,
        "workbookModelId": draft.workbook_model_id,
    }


def _state(document: Document, world: World) -> dict[str, Any]:
    dashboard = dashboard_in(document, world)
    # Filters and controls stand together, each with the tiles that do not obey it as it is.
    controls = written_filters(dashboard, world) | dict(dashboard.controls)
    tiles = numbered(document.queries)
    return _named(document) | {
        "workbookModelId": workbook_model_id(document),
        "queryPresentations": {
            "data": {key: {"name": each.name, "query": each.query} for key, each in tiles},
            "order": [key for key, _ in tiles],
        },
        "controls": {
            "data": {
                key: {
                    "config": config,
                    "map": {
                        tile: held[key]
                        for tile, held in dashboard.tile_filters.items()
                        if key in held
                    },
                }
                for key, config in controls.items()
            },
            "order": list(dashboard.order),
        },
        "containers": {},
        "settings": {
            "facetFilters": dashboard.facet_filters,
            "refreshInterval": dashboard.refresh_interval,
        },
    }
