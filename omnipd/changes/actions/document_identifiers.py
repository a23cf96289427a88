"""Identifiers of documents: where they are found. The old one leads to the new one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from omnipd.changes.action import Action, Present
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change, Key
from omnipd.changes.document_calls import is_known, is_served, newer_path, older_path
from omnipd.changes.document_drafts import is_made
from omnipd.changes.documents_now import documents_now, listed_documents
from omnipd.changes.now import Now
from omnipd.changes.values import TEXT
from omnipd.errors import BadRequestError

_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{2,48}")


def _calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    path = newer_path(change.key.item, "/identifier")
    return [ApiCall("PUT", path, {"identifier": change.new})]


def _in_place(change: Change) -> ApiCall:
    return ApiCall("PATCH", older_path(change.key.item), {"identifier": change.new})


def _remark(change: Change) -> str:
    return f"The old one leads to it. On older servers: {_in_place(change)}"


def _check(change: Change) -> str | None:
    if not isinstance(change.new, str) or not _IDENTIFIER.fullmatch(change.new):
        return "An identifier is 2 to 48 of the letters a to z, digits, - and _."
    return None


def _preflight(now: Now, changes: Sequence[Change]) -> Mapping[Key, str]:
    taken = {row["document_identifier"]: row["name"] for row in listed_documents(now)}
    refused: dict[Key, str] = {}
    for change in changes:
        if change.new in taken:
            refused[change.key] = f"{change.new!r} is that of {taken[change.new]!r}."
        taken[change.new] = change.name or change.key.item
    return refused


def _present(now: Now, changes: Sequence[Change]) -> Present:
    """Return under which of both identifiers a document is; a new one only if the old one leads somewhere."""
    others = {change.key.item: str(change.new) for change in changes}
    found = documents_now(now, others, renamed=others)
    present = {}
    for change in changes:
        item, other = change.key.item, others[change.key.item]
        if item in found:
            present[change.key] = item
        elif other in found and is_known(now, item):
            present[change.key] = other
    return present


def _send(now: Now, changes: Sequence[Change]) -> None:
    (change,) = changes
    (at_once,) = _calls(changes)
    identifier = change.key.item
    learned = now.learn("calls of documents")
    if learned.get("addressed at once", True) and is_served(now, identifier, at_once):
        return
    if not is_made(now, identifier, _in_place(change)):
        raise BadRequestError(
            "This Omni has none of the calls that change the identifier of a document."
        )
    # Not before: the 404 may have been of this one document, which has another identifier by now.
    learned["addressed at once"] = False


def _inverse(change: Change) -> Change:
    return replace(change.swapped, key=change.key._replace(item=str(change.new)))


IDENTIFIER = Action(
    "document",
    "identifier",
    TEXT,
    _calls,
    _present,
    check=_check,
    preflight=_preflight,
    remark=_remark,
    send=_send,
    inverse=_inverse,
)
