"""Who may do what with a document or a folder: roles that stand on the thing itself, and boosts of access."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

from omnipd.changes.action import Action
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change, Key
from omnipd.changes.near_names import did_you_mean
from omnipd.changes.now import Now
from omnipd.changes.permits_now import present_boosts, present_roles
from omnipd.changes.values import FLAG, TEXT, Value
from omnipd.client.api_paths import segment
from omnipd.errors import ForbiddenError
from omnipd.readers.folders import read_folders
from omnipd.readers.groups import read_groups

#: Those that Omni documents; others may come.
_ROLES = ("NO_ACCESS", "VIEWER", "EXPLORER", "EDITOR", "MANAGER")
#: By kind of principal, where its id is said.
_IDS = {"user": "userIds", "userGroup": "userGroupIds"}
#: Omni is documented to write roles in capitals, and is known to do it in lower case, too.
_ROLE = replace(TEXT, same=lambda one, other: _as_sent(one) == _as_sent(other))
#: Some lists say of a boost only that there is one.
_BOOST = replace(FLAG, same=lambda one, other: bool(one) == bool(other))
_AT_ONCE = 50


def _as_sent(role: Value) -> Value:
    """Return a role as Omni takes it: its own ones in capitals."""
    in_capitals = role.upper() if isinstance(role, str) else None
    return in_capitals if in_capitals in _ROLES else role or None


def _principal(change: Change) -> tuple[str, str]:
    kind, _, principal_id = (change.key.part or "").partition(":")
    return kind, principal_id


def _principals(changes: Sequence[Change]) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    for kind, principal_id in map(_principal, changes):
        said.setdefault(_IDS[kind], []).append(principal_id)
    return said


def _path(change: Change) -> str:
    return f"/api/v1/{_place(change)}s/{segment(change.key.item)}/permissions"


def _place(change: Change) -> str:
    return change.key.kind.removesuffix("_permission")


def _role_calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    first, whom = changes[0], _principals(changes)
    if first.new is None:
        return [ApiCall("DELETE", _path(first), whom)]
    return [ApiCall(_verb(first), _path(first), {"role": _as_sent(first.new), **whom})]


def _verb(change: Change) -> str:
    return "POST" if change.old is None else "PATCH"


def _boost_calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    first = changes[0]
    body = {"accessBoost": bool(first.new), **_principals(changes)}
    return [ApiCall("PATCH", _path(first), body)]


def _same_role(change: Change) -> Hashable:
    return change.key.item, _as_sent(change.new), None if change.new is None else _verb(change)


def _same_boost(change: Change) -> Hashable:
    return change.key.item, bool(change.new)


def _check_principal(change: Change) -> str | None:
    kind, principal_id = _principal(change)
    if principal_id.endswith(" by folder"):
        return "It comes from a folder, and is changed there."
    if kind not in _IDS:
        return (
            f"It does not say whose it is: principal_type must be {' or '.join(_IDS)}, "
            f"unlike {kind!r}." + did_you_mean(kind, _IDS)
        )
    if kind == "user" and "@" in principal_id:
        return f"{principal_id} is an address: people are named by their membership ids."
    return None


def _check_role(change: Change) -> str | None:
    if isinstance(change.new, str) and _as_sent(change.new) not in _ROLES:
        near = did_you_mean(change.new, _ROLES)
        if near:
            return f"There is no role {change.new!r}.{near}"
    return _check_principal(change)


def _remark_role(change: Change) -> str | None:
    remarks = []
    if change.new is None:
        remarks.append("They may still have access by a folder, a group or the whole organization.")
    elif _as_sent(change.new) not in _ROLES and _check_role(change) is None:
        remarks.append(f"omnipd does not know the role {change.new!r}, and Omni may refuse it.")
    return _joined(change, remarks)


def _remark_boost(change: Change) -> str | None:
    said = "Omni drops a boost silently where the organization does not allow them."
    return _joined(change, [said] if change.new else [])


def _joined(change: Change, remarks: list[str]) -> str | None:
    if _place(change) == "folder":
        remarks.append("All that is in the folder inherits it.")
    return " ".join(remarks) or None


def _why_not(now: Now, changes: Sequence[Change]) -> Mapping[Key, str]:
    """Refuse groups that are called by their names, and what an owner has of a folder."""
    added = [one for one in changes if one.old is None and _principal(one)[0] == "userGroup"]
    refused = dict(_called_by_name(now, added)) if added else {}
    return refused | (_owners(now, changes) if _place(changes[0]) == "folder" else {})


def _called_by_name(now: Now, changes: Sequence[Change]) -> Mapping[Key, str]:
    try:
        groups = read_groups(refresh=True, client=now.client)
    except ForbiddenError:  # a personal key: Omni says what is wrong when it is sent
        return {}
    ids = dict(zip(groups["display_name"], groups["group_id"], strict=True))
    known = set(groups["group_id"])
    asked = {change.key: _principal(change)[1] for change in changes}
    return {
        key: f"{name!r} is the name of a group: its id is {ids[name]!r}."
        for key, name in asked.items()
        if name not in known and name in ids
    }


def _owners(now: Now, changes: Sequence[Change]) -> dict[Key, str]:
    # The permissions of a folder do not say who owns it.
    folders = read_folders(include=None, refresh=True, client=now.client)
    owners = dict(zip(folders["folder_id"], folders["owner_id"], strict=True))
    return {
        change.key: "The owner of a folder may do everything in it."
        for change in changes
        if _principal(change) == ("user", owners.get(change.key.item))
    }


def _roles_on(kind: str) -> Action:
    return Action(
        kind,
        "role",
        _ROLE,
        _role_calls,
        present_roles,
        makes=True,
        together=_same_role,
        max_together=_AT_ONCE,
        check=_check_role,
        preflight=_why_not,
        remark=_remark_role,
    )


def _boosts_on(kind: str) -> Action:
    return Action(
        kind,
        "access_boost",
        _BOOST,
        _boost_calls,
        present_boosts,
        together=_same_boost,
        max_together=_AT_ONCE,
        check=_check_principal,
        preflight=_why_not,
        remark=_remark_boost,
    )


DOCUMENT_ROLES = _roles_on("document_permission")
DOCUMENT_BOOSTS = _boosts_on("document_permission")
FOLDER_ROLES = _roles_on("folder_permission")
FOLDER_BOOSTS = _boosts_on("folder_permission")
