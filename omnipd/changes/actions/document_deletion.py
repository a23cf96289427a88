"""Documents that are thrown away."""

from __future__ import annotations

from collections.abc import Sequence

from omnipd.arguments import function
from omnipd.changes.action import Action, Present
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change
from omnipd.changes.document_calls import change_document, is_known, older_path
from omnipd.changes.documents_now import documents_now
from omnipd.changes.now import Now
from omnipd.changes.values import RECORD


def _calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    return [ApiCall("DELETE", older_path(change.key.item))]


def _check(change: Change) -> str | None:
    if change.new is not None:
        return (
            "There is no such document, and a plan makes none. For another identifier there is "
            + function("plan_identifiers")
            + "."
        )
    return None


def _irreversible(change: Change) -> str | None:
    if change.new is not None:
        return None
    return "It goes into Omni's trash, and no call takes it out again."


def _present(now: Now, changes: Sequence[Change]) -> Present:
    """Return which documents are there; one that has another identifier by now is."""
    found = documents_now(now, [change.key.item for change in changes])
    deleted = now.learn("deleted documents")
    return {
        change.key: {"document_identifier": change.key.item}
        for change in changes
        if change.key.item in found
        or (change.key.item not in deleted and is_known(now, change.key.item))
    }


def _send(now: Now, changes: Sequence[Change]) -> None:
    (change,) = changes
    (call,) = _calls(changes)
    change_document(now, call)
    now.learn("deleted documents")[change.key.item] = True


EXISTS = Action(
    "document",
    "exists",
    RECORD,
    _calls,
    _present,
    makes=True,
    check=_check,
    irreversible=_irreversible,
    send=_send,
)
