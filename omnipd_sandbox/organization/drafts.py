"""Which drafts a document has."""

from __future__ import annotations

from dataclasses import replace

from omnipd_sandbox.organization.derived import stable_uuid
from omnipd_sandbox.organization.draft import Draft
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Absent, Document, OpenedDraft


def drafts_of(document: Document, organization: Organization) -> list[Draft]:
    """Give a document's drafts: those from the start, and those that calls have opened."""
    if document.deleted:
        return []
    drafts = [
        replace(each, document=document) for each in organization.drafts.get(document.topic, ())
    ]
    drafts += [_opened(each, document, organization) for each in document.opened_drafts]
    drafts = [_edited(each, document, organization) for each in drafts]
    return [
        replace(each, status="archived") if each.identifier in document.discarded_drafts else each
        for each in drafts
    ]


def draft_in_the_way(
    document: Document, organization: Organization, branch_id: str | None = None
) -> Draft | None:
    """Give the draft that is being worked on, on a branch of the model or on none."""
    for draft in drafts_of(document, organization):
        if draft.status == "active" and (draft.branch and draft.branch.id) == branch_id:
            return draft
    return None


def _edited(draft: Draft, document: Document, organization: Organization) -> Draft:
    edit = document.draft_edits.get(draft.identifier)
    if edit is None:
        return draft
    editor = organization.person(edit.author_id)
    return replace(draft, last_edited_by=editor, updated_at=edit.edited_at)


def as_drafted(draft: Draft) -> Document:
    """Give a document as it would be if a draft of it were published."""
    document = replace(draft.document, queries=draft.queries)
    edit = document.draft_edits.get(draft.identifier)
    if edit is None:
        return document
    if edit.name is not None:
        document = replace(document, name=edit.name)
    if not isinstance(edit.description, Absent):
        document = replace(document, description=edit.description)
    return document


def _opened(opened: OpenedDraft, document: Document, organization: Organization) -> Draft:
    author = organization.person(opened.author_id)
    return Draft(
        identifier=opened.identifier,
        document=document,
        status="active",
        out_of_date=False,
        branch=organization.models.get(opened.branch_id) if opened.branch_id else None,
        created_by=author,
        last_edited_by=author,
        created_at=opened.created_at,
        updated_at=opened.created_at,
        workbook_model_id=stable_uuid("draft workbook", opened.identifier),
        queries=document.queries,
    )
