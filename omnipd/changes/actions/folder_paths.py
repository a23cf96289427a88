"""Names of folders, and the last part of their paths. No call moves one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from omnipd.changes.action import Action, Present
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change, Key
from omnipd.changes.folders_now import present_of
from omnipd.changes.now import Now
from omnipd.changes.values import TEXT, Value
from omnipd.client.api_paths import segment

_SEGMENT = re.compile(r"[A-Za-z0-9-]+")


def call_path(change: Change) -> str:
    """Return where calls for a change's folder begin."""
    return f"/api/v1/folders/{segment(change.key.item)}"


def why_without_id(change: Change) -> str | None:
    """Say that a row names its folder by its path alone, by which no call does."""
    if change.key.item.startswith("/"):
        return "The folder has no folder_id, by which it is named."
    return None


def above(path: Value) -> str:
    """Return the path of the folder that one is in; empty at the top."""
    return str(path).rpartition("/")[0]


def own(path: Value) -> str:
    """Return the last part of a path, which is the folder's own."""
    return str(path).rpartition("/")[2]


def _name_calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    return [ApiCall("PATCH", call_path(change), {"name": change.new})]


def _present_name(now: Now, changes: Sequence[Change]) -> Present:
    return present_of(now, changes, "name")


def _check_name(change: Change) -> str | None:
    return why_without_id(change) or (None if change.new else "A folder needs a name.")


def _remark_name(change: Change) -> str | None:  # noqa: ARG001 - it is said of each
    return "Its path stays as it is."


NAME = Action(
    "folder", "name", TEXT, _name_calls, _present_name, check=_check_name, remark=_remark_name
)


def _path_calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    if own(change.old) == own(change.new):  # it changes with a folder above
        return []
    return [ApiCall("PATCH", call_path(change), {"path": own(change.new)})]


def _present_path(now: Now, changes: Sequence[Change]) -> Present:
    return present_of(now, changes, "path")


def _deepest_first(change: Change) -> int:
    # Until a folder above is renamed, too, each is still where it was when it was planned.
    return -str(change.old).count("/")


def _check_path(change: Change) -> str | None:
    if (why := why_without_id(change)) is not None:
        return why
    if change.new is None or not str(change.new).startswith("/"):
        return "A path starts with /."
    return why_not_own(change.new)


def why_not_own(path: Value) -> str | None:
    """Say why the last part of a path cannot be given to a folder; None if it can."""
    if _SEGMENT.fullmatch(own(path)):
        return None
    return f"The last part of a path has letters A to Z, digits and - only, unlike {own(path)!r}."


def _why_not_moved(now: Now, changes: Sequence[Change]) -> Mapping[Key, str]:
    """Refuse paths below another folder than one has, unless that is where its own goes by this plan."""
    renamed = {str(one.old): str(one.new) for one in changes}
    now.learn("other paths").update(renamed)
    refused = {
        one.key: "Omni has no call that moves a folder: only the last part of its path can be another."
        for one in changes
        if above(one.new) not in {above(one.old), renamed.get(above(one.old))}
    }
    made = now.learn("new folders")
    return refused | {
        one.key: "A new folder is made in it by the same plan: change its path by one of its own."
        for one in changes
        if any(is_below(path, str(one.old)) for path in made)
    }


def is_below(path: str, other: str) -> bool:
    """Whether a path leads into the folder of another one, at any depth."""
    return path.startswith(f"{other}/")


def _remark_path(change: Change) -> str | None:
    if own(change.old) == own(change.new):
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
