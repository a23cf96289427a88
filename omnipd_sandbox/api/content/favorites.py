"""Mark documents as favorites of a member."""

from __future__ import annotations

from dataclasses import replace

from omnipd_sandbox.api.content.rights import author, document_to_change
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.reply import Reply, nothing
from omnipd_sandbox.organization.dates import written


def add_favorite(call: Call) -> Reply:
    """Mark a document; twice is as good as once."""
    document = document_to_change(call, "VIEWER")
    user_id = author(call).membership_id
    if user_id not in document.favorited_by:
        now = written(call.world.now())
        call.world.organization.keep_document(
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
    call.world.organization.keep_document(
        replace(
            document,
            favorited_by=tuple(each for each in document.favorited_by if each != user_id),
        )
    )
    return nothing()
