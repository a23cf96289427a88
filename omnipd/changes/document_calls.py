"""Calls that change a document, of which servers have one or the other."""

from __future__ import annotations

from omnipd.changes.api_call import ApiCall
from omnipd.changes.now import Now
from omnipd.client.api_paths import segment
from omnipd.errors import BadRequestError, ConflictError, NotFoundError, ResponseError

_REDIRECTS = {301, 302, 303, 307, 308}
#: What a server answers to a call that it does not have; 404 also to one on a document that is not there.
_NOT_SERVED = {404, 405, 410}


def older_path(identifier: str, rest: str = "") -> str:
    """Return where a document is, or what is below it."""
    return f"/api/v1/documents/{segment(identifier)}{rest}"


def newer_path(identifier: str, rest: str = "") -> str:
    """Return where a document is on newer servers, or what is below it."""
    return f"/api/v2/documents/{segment(identifier)}{rest}"


def change_document(now: Now, call: ApiCall) -> None:
    """Make a call that changes a document.

    Raises
    ------
    ConflictError
        If the document has another identifier by now: Omni leads there, and a change does not follow.
    OmniError
        As :meth:`Now.send`.
    """
    try:
        now.send(call)
    except ResponseError as error:
        if error.status not in _REDIRECTS:
            raise
        raise ConflictError(
            "It has another identifier by now.", status=error.status, url=error.url
        ) from None


def is_served(now: Now, identifier: str, call: ApiCall) -> bool:
    """Make a call that changes a document, and return whether this server has it at all.

    Raises
    ------
    NotFoundError
        If it is the document that is not there.
    OmniError
        As :func:`change_document`.
    """
    try:
        change_document(now, call)
    except (BadRequestError, NotFoundError) as error:
        if error.status not in _NOT_SERVED:
            raise
        if error.status == 404 and not is_known(now, identifier):
            raise
        return False
    return True


def is_known(now: Now, identifier: str) -> bool:
    """Whether Omni knows a document by an identifier, be it a former one that leads to it."""
    try:
        now.client.get(older_path(identifier, "/drafts"))
    except NotFoundError:
        return False
    return True
