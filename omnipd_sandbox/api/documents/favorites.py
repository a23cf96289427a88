"""Documents marked as favorites of members."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from omnipd_sandbox.api.documents.record import document_to_change, find_document
from omnipd_sandbox.api.items.roles import author
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.paging import Order, cut_page, page_reply
from omnipd_sandbox.http.reply import Reply, nothing
from omnipd_sandbox.organization.dates import EPOCH, written
from omnipd_sandbox.organization.records import User


@dataclass(frozen=True)
class _Admirer:
    user: User
    since: str


def list_favorites(call: Call) -> Reply:
    """Answer with one page of the members who marked a document, the first of them first."""
    document = find_document(call)
    begun = call.organization.favorited_at.get(document.topic, {})

    def admirers() -> Iterable[_Admirer]:
        return (
            _Admirer(
                call.organization.person(each),
                document.favorited_at.get(each) or begun.get(each) or written(EPOCH),
            )
            for each in document.favorited_by
        )

    order: Order[_Admirer] = Order(
        rank=lambda each: each.since,
        identity=lambda each: each.user.membership_id,
        descending=False,
    )
    return page_reply(cut_page(call, admirers, order), _record)


def _record(admirer: _Admirer) -> dict[str, Any]:
    return {
        "userId": admirer.user.membership_id,
        "name": admirer.user.name,
        "email": admirer.user.email,
        "favoritedAt": admirer.since,
    }


def add_favorite(call: Call) -> Reply:
    """Mark a document; twice is as good as once."""
    document = document_to_change(call, "VIEWER")
    user_id = author(call).membership_id
    if user_id not in document.favorited_by:
        now = call.world.timestamp()
        call.organization.keep_document(
            replace(
                document,
                favorited_by=(*document.favorited_by, user_id),
                favorited_at={**document.favorited_at, user_id: now},
            )
        )
    return nothing()


def remove_favorite(call: Call) -> Reply:
    """Take a mark off; that there is none is no error."""
    document = document_to_change(call, "VIEWER")
    user_id = author(call).membership_id
    call.organization.keep_document(
        replace(
            document,
            favorited_by=tuple(each for each in document.favorited_by if each != user_id),
        )
    )
    return nothing()
