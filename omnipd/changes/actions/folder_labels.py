"""Labels on folders, which only newer servers have a call for."""

from __future__ import annotations

from collections.abc import Sequence

from omnipd.changes.action import Action, Present
from omnipd.changes.actions.document_labels import labels_added, undefined_labels
from omnipd.changes.actions.folder_paths import call_path, why_without_id
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change
from omnipd.changes.folders_now import folders_now, present_of
from omnipd.changes.now import Now
from omnipd.changes.values import NAMES
from omnipd.errors import APIError, BadRequestError
from omnipd.frames.labels import split_names


def _label_calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    named = {"add": labels_added(change), "remove": labels_added(change.swapped)}
    body = {name: labels for name, labels in named.items() if labels}
    return [ApiCall("PATCH", f"{call_path(change)}/labels", body)]


def _present_labels(now: Now, changes: Sequence[Change]) -> Present:
    labels = present_of(now, changes, "labels")
    return {key: tuple(split_names(str(one))) if one else () for key, one in labels.items()}


def _send_labels(now: Now, changes: Sequence[Change]) -> None:
    (change,) = changes
    # What a server lacks, it lacks for all folders.
    if (status := now.learn("calls that are not there").get("labels of folders")) is not None:
        raise _no_call(status)
    try:
        for call in _label_calls(changes):
            now.send(call)
    except APIError as error:
        if error.status not in {404, 405} or _says_what_lacks(now, change, error):
            raise
        now.learn("calls that are not there")["labels of folders"] = error.status
        raise _no_call(error.status) from None


def _says_what_lacks(now: Now, change: Change, error: APIError) -> bool:
    """Whether a 404 is of the folder, or of a label, and not of the call."""
    return error.status == 404 and (
        change.key.item not in folders_now(now, [change.key.item])
        or bool(undefined_labels(now, [change]))
    )


def _no_call(status: int | None) -> BadRequestError:
    return BadRequestError(
        "This Omni has no call that labels folders, and the folder is there: label it in Omni.",
        status=status,
    )


def _remark_labels(change: Change) -> str | None:  # noqa: ARG001 - it is said of each
    return "Older Omnis have no call for the labels of folders; it then fails."


LABELS = Action(
    "folder",
    "labels",
    NAMES,
    _label_calls,
    _present_labels,
    check=why_without_id,
    preflight=undefined_labels,
    remark=_remark_labels,
    send=_send_labels,
)
