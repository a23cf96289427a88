"""Changes to documents that are not published yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from omnipd_sandbox.organization import chance
from omnipd_sandbox.organization.models import ModelRecord
from omnipd_sandbox.organization.moments import some_moment, written
from omnipd_sandbox.organization.records import Document, OpenedDraft, StoredQuery, User

if TYPE_CHECKING:
    from omnipd_sandbox.organization.organization import Organization

_GONE = {"flights": "flights.tail_number", "orders": "order_items.sales_channel"}


@dataclass(frozen=True)
class Draft:
    """A draft of a document, on a branch of the model or on none."""

    identifier: str
    document: Document
    status: Literal["active", "archived"]
    out_of_date: bool
    branch: ModelRecord | None
    created_by: User
    last_edited_by: User
    created_at: str
    updated_at: str
    workbook_model_id: str
    queries: tuple[StoredQuery, ...]


def drafts_of(document: Document, organization: Organization) -> list[Draft]:
    """Give a document's drafts: at most one without a branch, one on a branch, one archived."""
    if document.deleted:
        return []
    drafts = _from_the_start(document, organization)
    drafts += [_opened(each, document, organization) for each in document.opened_drafts]
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


def _from_the_start(document: Document, organization: Organization) -> list[Draft]:
    if document.imported:
        return []
    topic = document.topic
    if organization.particulars is not None:
        said = organization.particulars.drafts.get(topic, ())
        return [replace(draft, document=document) for draft in said]
    drafts = []
    if chance.number(8, "draft", topic) == 0:
        drafts.append(_draft(document, organization, 0))
    branches = organization.branches_of(document.connection_id)
    if branches and chance.number(20, "branch draft", topic) == 0:
        branch = chance.pick(branches, "draft branch", topic)
        drafts.append(replace(_draft(document, organization, 1), branch=branch))
    if chance.number(15, "archived draft", topic) == 0:
        drafts.append(replace(_draft(document, organization, 2), status="archived"))
    return drafts


def _draft(document: Document, organization: Organization, place: int) -> Draft:
    topic = (document.topic, place)
    created = some_moment("draft", *topic)
    authors = organization.founders[:24]
    return Draft(
        identifier=chance.base62(8, "draft", *topic).lower(),
        document=document,
        status="active",
        out_of_date=chance.number(4, "out of date", *topic) == 0,
        branch=None,
        created_by=organization.person(document.owner_id),
        last_edited_by=chance.pick(authors, "draft editor", *topic),
        created_at=written(created),
        updated_at=written(
            created + timedelta(minutes=chance.number(9000, "draft edited", *topic))
        ),
        workbook_model_id=chance.stable_uuid("draft workbook", *topic),
        queries=_queries(document, organization, topic),
    )


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
        workbook_model_id=chance.stable_uuid("draft workbook", opened.identifier),
        queries=document.queries,
    )


def _queries(
    document: Document, organization: Organization, topic: tuple[str, int]
) -> tuple[StoredQuery, ...]:
    model = organization.shared_models.get(document.connection_id)
    if not document.queries or model is None or model.subject not in _GONE:
        return document.queries
    if chance.number(2, "draft trouble", *topic):
        return document.queries
    # A field that the model no longer has, for the content validator to find.
    first, *others = document.queries
    fields = [*first.query["fields"], _GONE[model.subject]]
    return (replace(first, query={**first.query, "fields": fields}), *others)
