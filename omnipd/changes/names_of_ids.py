"""What ids in a plan stand for, so that who approves it can read it: addresses, names of groups, paths of folders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from omnipd.changes.change import Change
from omnipd.changes.groups_now import NAMES_OF_GROUPS, groups_now
from omnipd.changes.now import Now
from omnipd.changes.schedule_recipient import of_group
from omnipd.changes.users_now import NAMES_OF_USERS, is_address, users_now
from omnipd.errors import APIError
from omnipd.readers.folders import read_folders

Kind = Literal["user", "group", "folder"]
#: Which columns hold the id of a person.
_PEOPLE = frozenset({"owner_id", "user_id", "created_by_id"})
#: What has the id of a person as its part, or, by a word before it, that of a group.
_OF_PEOPLE = frozenset(
    {
        ("group", "member"),
        ("schedule", "recipient"),
        ("document", "favorite"),
        ("document_permission", "role"),
        ("document_permission", "access_boost"),
        ("folder_permission", "role"),
        ("folder_permission", "access_boost"),
    }
)
_ITEMS: Mapping[str, Kind] = {
    "folder_permission": "folder",
    "user_model_role": "user",
    "group_model_role": "group",
}
_USER, _GROUPS = "user:", ("userGroup:", of_group(""))


def with_names(changes: Sequence[Change], now: Now) -> list[Change]:
    """Return changes with what people call the ids in them.

    It is what was read of them while the plan was made, and is asked for of the others that are to be made. What
    Omni does not show to the key stays without.
    """
    wanted: dict[Kind, dict[str, None]] = {}
    for change in changes:
        for _, kind, one in _ids_of(change) if change.refused is None else ():
            wanted.setdefault(kind, {})[one] = None
    names: dict[Kind, Mapping[str, str]] = {
        "user": now.learn(NAMES_OF_USERS),
        "group": now.learn(NAMES_OF_GROUPS),
        "folder": {},
    }
    for kind, ids in wanted.items():
        missing = [one for one in ids if one not in names[kind]]
        if missing:
            names[kind] = {**names[kind], **_read(now, kind, missing)}
    return [_named(change, names) for change in changes]


def _named(change: Change, names: Mapping[Kind, Mapping[str, str]]) -> Change:
    said = {cell: names[kind].get(one) for cell, kind, one in _ids_of(change)}
    return replace(
        change,
        name=said.get("name", change.name),
        part_name=said.get("part_name"),
        old_name=said.get("old_name"),
        new_name=said.get("new_name"),
    )


def _ids_of(change: Change) -> Iterator[tuple[str, Kind, str]]:
    """Yield what of a change is to be named, what kind of thing it is, and its id."""
    key, part = change.key, change.key.part or ""
    if change.name is None and key.kind in _ITEMS:
        yield "name", _ITEMS[key.kind], key.item
    if (key.kind, key.column) in _OF_PEOPLE and part and not is_address(part):
        group = next((part.removeprefix(one) for one in _GROUPS if part.startswith(one)), None)
        if group is not None:
            yield "part_name", "group", group
        else:
            yield "part_name", "user", part.removeprefix(_USER)
    if key.column in _PEOPLE:
        for cell, value in (("old_name", change.old), ("new_name", change.new)):
            if isinstance(value, str) and value and not is_address(value):
                yield cell, "user", value


def _read(now: Now, kind: Kind, ids: Sequence[str]) -> dict[str, str]:
    try:
        if kind == "folder":
            folders = read_folders(include=None, refresh=True, client=now.client)
            return dict(zip(folders["folder_id"], folders["path"], strict=True))
        if kind == "group":
            return {one: group.display_name for one, group in groups_now(now, ids).items()}
        return {one: user.address for one, user in users_now(now, ids).items()}
    except APIError:  # such as one that a personal key gets: a plan is as good without names
        return {}
