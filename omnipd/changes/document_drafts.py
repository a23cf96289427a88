"""Drafts of documents: whose is in the way, and whether one holds nothing but what is to be published.

Nothing here discards a draft. One that holds anything else is somebody's work, whoever began it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from omnipd import log
from omnipd.changes.api_call import ApiCall
from omnipd.changes.document_calls import change_document, is_served, newer_path
from omnipd.changes.now import Now
from omnipd.changes.values import Value
from omnipd.client.api_paths import segment
from omnipd.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitError,
)
from omnipd.readers.documents import read_document_drafts
from omnipd.readers.whoami import whoami

Draft = Mapping[str, Any]

#: What a draft has of its own without being changed.
_OF_ITS_OWN = ("identifier", "draftOf", "workbookModelId", "createdAt", "updatedAt")


def draft_in_the_way(now: Now, identifier: str) -> Draft | None:
    """Return the draft of a document that is being worked on, if it is on no branch of the model."""
    drafts = read_document_drafts(identifier, refresh=True, client=now.client)
    is_in_the_way = (drafts["status"] == "active") & drafts["branch_id"].isna()
    for draft in drafts[is_in_the_way].astype(object).to_dict("records"):
        return {str(name): None if pd.isna(cell) else cell for name, cell in draft.items()}
    return None


def conflict_of(draft: Draft, *, is_alike: bool = False) -> ConflictError:
    """Return the error for a document that somebody works on.

    Parameters
    ----------
    is_alike : bool
        Whether it holds nothing but the change, and it cannot be told who began it.
    """
    editors = dict.fromkeys(
        draft[one] for one in ("created_by_name", "last_edited_by_name") if draft[one] is not None
    )
    who = " and ".join(editors) or "Somebody"
    alike = " It holds only this change: it may have been begun by it." if is_alike else ""
    return ConflictError(
        f"{who} {'have' if len(editors) > 1 else 'has'} a draft of it, {draft['draft_identifier']}.{alike} "
        "It stays: publish or discard it in Omni, then plan again.",
        status=409,
    )


def is_made(now: Now, identifier: str, call: ApiCall) -> bool:
    """Make a call that changes a document, and return whether this server has it at all.

    Raises
    ------
    ConflictError
        If somebody works on it: it says who does.
    OmniError
        As :func:`is_served`.
    """
    try:
        return is_served(now, identifier, call)
    except ConflictError as refusal:
        try:
            draft = draft_in_the_way(now, identifier)
        except APIError:
            draft = None
        raise refusal if draft is None else conflict_of(draft) from None


def check_draft(now: Now, identifier: str, draft: Draft, column: str, new: Value) -> None:
    """Let a draft pass that can be published: this key began it, and it holds nothing but one change.

    It is what is left where an answer was lost, or a process was killed, before it was published.

    Raises
    ------
    ConflictError
        If it holds anything else, or somebody else began it.
    """
    if not _holds_only(now, identifier, draft, column, new):
        raise conflict_of(draft)
    if not _is_own(now, draft):
        raise conflict_of(draft, is_alike=True)
    log.info(
        "The draft %s of %s holds only the change that is to be made: it is published.",
        draft["draft_identifier"],
        identifier,
    )


def publish(now: Now, identifier: str) -> None:
    """Publish the draft of a document that holds a change.

    Raises
    ------
    OutcomeUnknownError
        If it may be published.
    APIError
        If Omni refused it: the draft is left, and named.
    """
    try:
        change_document(now, ApiCall("POST", newer_path(identifier, "/draft/publish")))
    except (AuthenticationError, RateLimitError):
        raise  # the same is tried once more
    except APIError as error:
        try:
            left = draft_in_the_way(now, identifier)
        except APIError:
            named = ""
        else:
            if left is None:  # somebody has published or discarded it
                raise OutcomeUnknownError(
                    error.message, status=error.status, url=error.url
                ) from None
            named = f", {left['draft_identifier']},"
        raise type(error)(
            f"The change is in a draft{named} that could not be published: "
            f"{error.words or error.status}. Publish or discard it in Omni.",
            status=error.status,
            url=error.url,
            trace_id=error.trace_id,
        ) from None


def _holds_only(now: Now, identifier: str, draft: Draft, column: str, new: Value) -> bool:
    """Whether a draft is the document as it is published, but for one column."""
    draft_path = newer_path(identifier, f"/draft/{segment(draft['draft_identifier'])}")
    try:
        published = now.client.get(newer_path(identifier)).content
        drafted = now.client.get(draft_path).content
    except (BadRequestError, NotFoundError):  # no layout that is told of, or no such calls
        return False
    if not isinstance(published, dict) or not isinstance(drafted, dict):
        return False
    wanted = _content({**published, column: new}, published)
    return bool(_content(drafted, published) == wanted)


def _content(state: Mapping[str, Any], published: Mapping[str, Any]) -> Any:
    """Return what of a state people have made; what belongs to its workbook belongs to the published one."""
    held = {name: one for name, one in state.items() if name not in _OF_ITS_OWN and one is not None}
    own, other = state.get("workbookModelId"), published.get("workbookModelId")
    if not isinstance(own, str) or not isinstance(other, str):
        return held
    return json.loads(json.dumps(held).replace(json.dumps(own), json.dumps(other)))


def _is_own(now: Now, draft: Draft) -> bool:
    """Whether a draft was begun, and last edited, by whom the key acts for, as far as that can be told."""
    me = whoami(client=now.client)
    ids = {draft["created_by_id"], draft["last_edited_by_id"]}
    if None not in ids:
        return ids == {me.user_id}
    try:
        user = now.client.get(f"/api/scim/v2/Users/{segment(me.user_id)}").content
    except (ForbiddenError, NotFoundError, BadRequestError):  # none but organization keys may ask
        return False
    name = user.get("displayName") if isinstance(user, dict) else None
    names = {draft["created_by_name"], draft["last_edited_by_name"]}
    return isinstance(name, str) and names == {name}
