"""Folders, made and deleted: a new one is named by the path that it is to have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from omnipd.changes.action import Action, Present
from omnipd.changes.actions.folder_paths import above, is_below, own, why_not_own
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change, Key
from omnipd.changes.folders_now import folders_now
from omnipd.changes.now import Now
from omnipd.changes.values import RECORD
from omnipd.client.api_paths import segment
from omnipd.errors import NotFoundError, OmniError, OutcomeUnknownError
from omnipd.readers.folders import read_folders

_FOLDERS = "/api/v1/folders"
_DEEPEST = 7
#: Below another folder it has that one's scope; at the top no source says which, if none is asked for.
_AT_THE_TOP = {"scope": "organization"}


def _record(change: Change) -> Mapping[str, Any]:
    held = change.old if change.new is None else change.new
    return held if isinstance(held, Mapping) else {}


def _name_of(change: Change) -> str:
    return str(_record(change).get("name") or own(change.key.item))


def _own_calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    if change.new is None:
        item = change.key.item
        named = f"<id of {item}>" if item.startswith("/") else segment(item)
        return [ApiCall("DELETE", f"{_FOLDERS}/{named}")]
    parent = above(change.key.item)
    inside = {"parentFolderId": f"<id of {parent}>"} if parent else _AT_THE_TOP
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
    parent = above(change.key.item)
    inside = {"parentFolderId": _id_of(now, parent)} if parent else _AT_THE_TOP
    made = now.send(ApiCall("POST", _FOLDERS, {"name": _name_of(change), **inside}))
    held = made if isinstance(made, Mapping) else {}
    if own(held.get("path")) == own(change.key.item):
        return
    # Omni makes the path of the name.
    try:
        path = f"{_FOLDERS}/{segment(str(held['id']))}"
        now.send(ApiCall("PATCH", path, {"path": own(change.key.item)}))
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
        if name == _name_of(change) and above(path) == above(change.key.item)
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
    return why_not_own(item)


def _why_not_made(now: Now, changes: Sequence[Change]) -> Mapping[Key, str]:
    """Refuse folders in one that is neither there nor made by the same plan."""
    made = {one.key.item for one in changes if one.new is not None}
    parents = {one.key: above(one.key.item) for one in changes if one.new is not None}
    asked = {path for path in parents.values() if path} - made
    there = folders_now(now, asked) if asked else {}
    now.learn("new folders").update(dict.fromkeys(made))
    renamed = now.learn("other paths")
    return {
        key: f"There is no folder {path} of the organization to make it in."
        for key, path in parents.items()
        if path and path not in made and path not in there
    } | {
        key: "A folder above gets another path by the same plan: make it by one of its own."
        for key in parents
        if any(is_below(key.item, old) for old in renamed)
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
