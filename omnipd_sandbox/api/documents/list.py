"""List documents: ``GET /documents``."""

from __future__ import annotations

from datetime import UTC, datetime

from omnipd_sandbox.api.documents.record import document_record
from omnipd_sandbox.api.items.record import items_reply, owned_by
from omnipd_sandbox.api.items.visible import is_shared_with, may_view, viewer
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.paging import Rank, Ranks, asked_order, cut_page
from omnipd_sandbox.http.refusals import BadRequest
from omnipd_sandbox.http.reply import Reply
from omnipd_sandbox.organization.records import Document

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def list_documents(call: Call) -> Reply:
    """Answer with one page of the documents that match."""
    _check(call)
    order = asked_order(call, _RANKS, lambda document: document.identifier)
    return items_reply(cut_page(call, lambda: _found(call), order), document_record, call)


def _check(call: Call) -> None:
    """Refuse what cannot be asked together, and who is unknown."""
    asked = call.parameters
    include: frozenset[str] = asked["include"]
    personal = call.caller.key_scope == "user"
    if "onlyFavorites" in include and asked["userId"] is None:
        raise BadRequest("userId is required with onlyFavorites", at="userId")
    if "onlySharedWithMe" in include:
        if asked["userId"] is None and not personal:
            raise BadRequest("userId is required with onlySharedWithMe", at="userId")
        if "onlyFavorites" in include or asked["folderId"] is not None:
            raise BadRequest(
                "onlySharedWithMe cannot be combined with onlyFavorites or folderId", at="include"
            )
    if asked["creatorId"] is not None:
        owned_by(asked["creatorId"], call.world)


def _found(call: Call) -> list[Document]:
    asked = call.parameters
    organization = call.organization
    user_id = viewer(call)
    include: frozenset[str] = asked["include"]
    documents = [
        document
        for document in organization.documents.values()
        if (not document.deleted or "includeDeleted" in include)
        and may_view(user_id, document, organization)
    ]
    if asked["creatorId"] is not None:
        creator = owned_by(asked["creatorId"], call.world)
        documents = [each for each in documents if each.owner_id == creator]
    if asked["folderId"] is not None:
        documents = [each for each in documents if each.folder_id == asked["folderId"]]
    if asked["labels"]:
        # Any of them, not all: assumed.
        documents = [each for each in documents if set(asked["labels"]) & set(each.labels)]
    if "onlyFavorites" in include:
        documents = [each for each in documents if user_id in each.favorited_by]
    if "onlySharedWithMe" in include and user_id is not None:
        documents = [each for each in documents if is_shared_with(user_id, each, organization)]
    return documents


def by_update(document: Document) -> Rank:
    """Give what sorts documents by their last update."""
    updated = document.updated_on
    return int((updated - _EPOCH).total_seconds() * 1_000_000) if updated else 0


def _by_visits(document: Document) -> Rank:
    # Never counted sorts as never visited: assumed.
    return document.visits if isinstance(document.visits, int) else 0


_RANKS: Ranks[Document] = {
    "name": lambda document: document.name,
    "favorites": lambda document: len(document.favorited_by),
    "updatedAt": by_update,
    "visits": _by_visits,
}
