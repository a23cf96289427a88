"""Folders: made, renamed, labeled, deleted, and the last part of their paths. No call moves one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from omnipd.changes.action import Action, Present
from omnipd.changes.actions.document_labels import labels_added, undefined_labels
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change, Key
from omnipd.changes.folders_now import folders_now, present_of
from omnipd.changes.now import Now
from omnipd.changes.values import NAMES, RECORD, TEXT, Value
from omnipd.client.api_paths import segment
from omnipd.errors import APIError, BadRequestError, NotFoundError, OmniError, OutcomeUnknownError
from omnipd.frames.labels import split_names
from omnipd.readers.folders import read_folders

_FOLDERS = "/api/v1/folders"
_SEGMENT = re.compile(r"[A-Za-z0-9-]+")
_DEEPEST = 7
_NO_ID = "The folder has no folder_id, by which it is named."


def _path(change: Change) -> str:
    return f"{_FOLDERS}/{segment(change.key.item)}"


def _above(path: Value) -> str:
    return str(path).rpartition("/")[0]


def _own(path: Value) -> str:
    return str(path).rpartition("/")[2]


def _has_id(change: Change) -> str | None:
    return _NO_ID if change.key.item.startswith("/") else None


# Names.


def _name_calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    return [ApiCall("PATCH", _path(change), {"name": change.new})]


def _present_name(now: Now, changes: Sequence[Change]) -> Present:
    return present_of(now, changes, "name")


def _check_name(change: Change) -> str | None:
    return _has_id(change) or (None if change.new else "A folder needs a name.")


def _remark_name(change: Change) -> str | None:  # noqa: ARG001 - it is said of each
    return "Its path stays as it is."


NAME = Action(
    "folder", "name", TEXT, _name_calls, _present_name, check=_check_name, remark=_remark_name
)


# Paths, of which each folder has the last part.


def _path_calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    if _own(change.old) == _own(change.new):  # it changes with a folder above
        return []
    return [ApiCall("PATCH", _path(change), {"path": _own(change.new)})]


def _present_path(now: Now, changes: Sequence[Change]) -> Present:
    return present_of(now, changes, "path")


def _deepest_first(change: Change) -> int:
    # Until a folder above is renamed, too, each is still where it was when it was planned.
    return -str(change.old).count("/")


def _check_path(change: Change) -> str | None:
    if (why := _has_id(change)) is not None:
        return why
    if change.new is None or not str(change.new).startswith("/"):
        return "A path starts with /."
    return _check_own(change.new)


def _check_own(path: Value) -> str | None:
    if _SEGMENT.fullmatch(_own(path)):
        return None
    return f"The last part of a path has letters A to Z, digits and - only, unlike {_own(path)!r}."


def _why_not_moved(now: Now, changes: Sequence[Change]) -> Mapping[Key, str]:  # noqa: ARG001
    """Refuse paths below another folder than one has, unless that is where its own goes by this plan."""
    renamed = {str(one.old): str(one.new) for one in changes}
    return {
        one.key: "Omni has no call that moves a folder: only the last part of its path can be another."
        for one in changes
        if _above(one.new) not in {_above(one.old), renamed.get(_above(one.old))}
    }


def _remark_path(change: Change) -> str | None:
    if _own(change.old) == _own(change.new):
        return "It follows from that of a folder above."
    return (
        "All that is in the folder gets another path, too: addresses, scripts and bookmarks with the old "
        "one lead nowhere."
    )


PATH = Action(
    "folder",
    "path",
    TEXT,
    _path_calls,
    _present_path,
    depth=_deepest_first,
    check=_check_path,
    preflight=_why_not_moved,
    remark=_remark_path,
)


# Labels.


def _label_calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    named = {"add": labels_added(change), "remove": labels_added(change.swapped)}
    body = {name: labels for name, labels in named.items() if labels}
    return [ApiCall("PATCH", f"{_path(change)}/labels", body)]


def _present_labels(now: Now, changes: Sequence[Change]) -> Present:
    labels = present_of(now, changes, "labels")
    return {key: tuple(split_names(str(one))) if one else () for key, one in labels.items()}


def _send_labels(now: Now, changes: Sequence[Change]) -> None:
    (change,) = changes
    try:
        if not now.learn("calls").get("labels of folders", True):
            raise _no_call(404)
        for call in _label_calls(changes):
            now.send(call)
    except APIError as error:
        if error.status not in {404, 405} or _says_what_lacks(now, change, error):
            raise
        now.learn("calls")["labels of folders"] = False
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
    check=_has_id,
    preflight=undefined_labels,
    remark=_remark_labels,
    send=_send_labels,
)


# Folders themselves: a new one is named by the path that it is to have.


def _record(change: Change) -> Mapping[str, Any]:
    held = change.old if change.new is None else change.new
    return held if isinstance(held, Mapping) else {}


def _name_of(change: Change) -> str:
    return str(_record(change).get("name") or _own(change.key.item))


def _own_calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    if change.new is None:
        item = change.key.item
        named = f"<id of {item}>" if item.startswith("/") else segment(item)
        return [ApiCall("DELETE", f"{_FOLDERS}/{named}")]
    above = _above(change.key.item)
    inside = {"parentFolderId": f"<id of {above}>"} if above else {}
    return [ApiCall("POST", _FOLDERS, {"name": _name_of(change), **inside})]


def _present_itself(now: Now, changes: Sequence[Change]) -> Present:
    found = folders_now(now, {change.key.item for change in changes})
    return {
        change.key: {name: found[change.key.item][name] for name in ("name", "path")}
        for change in changes
        if change.key.item in found
    }


def _send_itself(now: Now, changes: Sequence[Change]) -> None:
    (change,) = changes
    if change.new is None:
        now.send(ApiCall("DELETE", f"{_FOLDERS}/{segment(_id_of(now, change.key.item))}"))
        return
    above = _above(change.key.item)
    inside = {"parentFolderId": _id_of(now, above)} if above else {}
    made = now.send(ApiCall("POST", _FOLDERS, {"name": _name_of(change), **inside}))
    held = made if isinstance(made, Mapping) else {}
    if _own(held.get("path")) == _own(change.key.item):
        return
    # Omni makes the path of the name.
    try:
        path = f"{_FOLDERS}/{segment(str(held['id']))}"
        now.send(ApiCall("PATCH", path, {"path": _own(change.key.item)}))
    except (OmniError, KeyError):
        raise OutcomeUnknownError("The folder was made, and has another path.") from None


def _id_of(now: Now, item: str) -> str:
    found = folders_now(now, [item]).get(item)
    if found is None:
        raise NotFoundError(f"There is no folder {item}.", status=404)
    return str(found["folder_id"])


def _alike(now: Now, change: Change) -> Sequence[str]:
    """Return the folders that may be the one that was made: of its name, in the same one."""
    folders = read_folders(include=None, refresh=True, client=now.client)
    return [
        f"{folder_id} ({path})"
        for folder_id, name, path in zip(
            folders["folder_id"], folders["name"], folders["path"], strict=True
        )
        if name == _name_of(change) and _above(path) == _above(change.key.item)
    ]


def _check_itself(change: Change) -> str | None:
    item = change.key.item
    if change.new is None:
        return None
    if not item.startswith("/"):
        return "There is no such folder; a new one is named by its path, without an id."
    if others := sorted(_record(change).keys() - {"name", "path"}):
        return f"A new folder is made without {others[0]}: plan that when it is there."
    if item.count("/") > _DEEPEST:
        return f"Folders are {_DEEPEST} levels deep at most."
    return _check_own(item)


def _why_not_made(now: Now, changes: Sequence[Change]) -> Mapping[Key, str]:
    """Refuse folders in one that is neither there nor made by the same plan."""
    made = {one.key.item for one in changes if one.new is not None}
    above = {one.key: _above(one.key.item) for one in changes if one.new is not None}
    asked = {path for path in above.values() if path} - made
    there = folders_now(now, asked) if asked else {}
    return {
        key: f"There is no folder {path} of the organization to make it in."
        for key, path in above.items()
        if path and path not in made and path not in there
    }


def _level(change: Change) -> int:
    return str(_record(change).get("path") or change.key.item).count("/")


def _irreversible(change: Change) -> str | None:
    if change.new is not None:
        return None
    return (
        "Omni has no call that brings a folder back: a new one has another id, and no permissions."
    )


def _remark_itself(change: Change) -> str | None:
    return "Only a folder with nothing in it is deleted." if change.new is None else None


EXISTS = Action(
    "folder",
    "exists",
    RECORD,
    _own_calls,
    _present_itself,
    repeat="never",
    makes=True,
    depth=_level,
    check=_check_itself,
    preflight=_why_not_made,
    irreversible=_irreversible,
    remark=_remark_itself,
    send=_send_itself,
    candidates=_alike,
)
