"""Names and descriptions of documents.

Older servers change them in place; newer ones have that no more, and publish a draft. Which a server
does, the first call tells: it is refused where it is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from omnipd.changes.action import Action, Present
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change
from omnipd.changes.document_calls import newer_path, older_path
from omnipd.changes.document_drafts import (
    check_draft,
    draft_in_the_way,
    is_made,
    publish,
)
from omnipd.changes.documents_now import present_of
from omnipd.changes.now import Now
from omnipd.changes.values import TEXT, is_null
from omnipd.errors import APIError, BadRequestError

_LONGEST_NAME = 254


def _calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    return [ApiCall("PATCH", older_path(change.key.item), {change.key.column: change.new})]


def _drafting(change: Change) -> ApiCall:
    path = newer_path(change.key.item, "/draft")
    return ApiCall("PATCH", path, {change.key.column: change.new})


def _remark(change: Change) -> str:
    """Say what newer servers are asked instead."""
    published = ApiCall("POST", newer_path(change.key.item, "/draft/publish"))
    return f"On newer servers: {_drafting(change)}; {published}"


def _present_of(column: str) -> Callable[[Now, Sequence[Change]], Present]:
    return lambda now, changes: present_of(now, changes, lambda row: TEXT.of(row[column]))


def _send(now: Now, changes: Sequence[Change]) -> None:
    (change,) = changes
    (in_place,) = _calls(changes)
    identifier = change.key.item
    learned = now.learn("calls of documents")
    if learned.get("changed in place", True) and is_made(now, identifier, in_place):
        return
    draft = draft_in_the_way(now, identifier)
    if draft is not None:
        check_draft(now, identifier, draft, change.key.column, change.new)
    elif not is_made(now, identifier, _drafting(change)):
        raise BadRequestError(
            f"This Omni has none of the calls that change the {change.key.column} of a document."
        )
    # Not before: the 404 may have been of this one document, which has another identifier by now.
    learned["changed in place"] = False
    publish(now, identifier)


def _left(now: Now, change: Change) -> Sequence[str]:
    """Return what is left of what was begun, as far as that can be asked."""
    try:
        draft = draft_in_the_way(now, change.key.item)
    except APIError:
        return []
    return [] if draft is None else [f"the draft {draft['draft_identifier']}"]


def _check_name(change: Change) -> str | None:
    if is_null(change.new):
        return "A document needs a name."
    if len(str(change.new)) > _LONGEST_NAME:
        return f"A name has at most {_LONGEST_NAME} characters."
    return None


NAME = Action(
    "document",
    "name",
    TEXT,
    _calls,
    _present_of("name"),
    check=_check_name,
    remark=_remark,
    send=_send,
    candidates=_left,
)
DESCRIPTION = Action(
    "document",
    "description",
    TEXT,
    _calls,
    _present_of("description"),
    remark=_remark,
    send=_send,
    candidates=_left,
)
