"""Groups: made, named and deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from omnipd.changes.action import Action, Present
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change
from omnipd.changes.groups_now import forget_group, group_id_of, groups_now
from omnipd.changes.now import Now
from omnipd.changes.scim_patch import patch
from omnipd.changes.values import RECORD, TEXT
from omnipd.client.api_paths import segment
from omnipd.errors import NotFoundError

_GROUPS = "/api/scim/v2/Groups"


def group_path(group: str) -> str:
    """Return where a group is, by its id; of one that is yet to be made the name stands for it."""
    return f"{_GROUPS}/{segment(group)}"


def known_group(now: Now, named: str) -> str:
    """Return the id of a group that is named by id or name.

    Raises
    ------
    NotFoundError
        If there is none, such as one that could not be made.
    """
    group_id = group_id_of(now, named)
    if group_id is None:
        raise NotFoundError(f"There is no group {named!r}.")
    return group_id


def _name(change: Change) -> str:
    """Return the name of a group that is made."""
    given = change.new.get("display_name") if isinstance(change.new, Mapping) else None
    return given if isinstance(given, str) else change.key.item


def _make_or_delete(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    if change.new is None:
        return [ApiCall("DELETE", group_path(change.key.item))]
    return [ApiCall("POST", _GROUPS, {"displayName": _name(change)})]


def _send(now: Now, changes: Sequence[Change]) -> None:
    (change,) = changes
    forget_group(now, change.key.item)
    if change.new is None:
        now.send(ApiCall("DELETE", group_path(known_group(now, change.key.item))))
        forget_group(now, change.key.item)
        return
    now.send(*_make_or_delete(changes))


def _present(now: Now, changes: Sequence[Change]) -> Present:
    found = groups_now(now, [change.key.item for change in changes])
    return {
        change.key: {"display_name": found[change.key.item].display_name}
        for change in changes
        if change.key.item in found
    }


def _check(change: Change) -> str | None:
    if change.new is not None and _name(change) != change.key.item:
        return "Omni gives a new group its id: leave it empty."
    if change.key.item in {".", ".."}:
        return f"{change.key.item!r} cannot stand in an address: choose another name."
    return None


def _irreversible(change: Change) -> str | None:
    if change.new is not None:
        return None
    return "A group that is made again has another id, and nothing is granted through it."


def _remark(change: Change) -> str | None:
    if change.new is not None:
        return None
    return "All that is granted through the group is revoked from its members."


EXISTS = Action(
    "group",
    "exists",
    RECORD,
    _make_or_delete,
    _present,
    repeat="key",
    makes=True,
    check=_check,
    irreversible=_irreversible,
    remark=_remark,
    send=_send,
)


def _rename(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    operation = {"op": "replace", "path": "displayName", "value": change.new}
    return [patch(group_path(change.key.item), [operation])]


def _display_names(now: Now, changes: Sequence[Change]) -> Present:
    found = groups_now(now, [change.key.item for change in changes])
    return {
        change.key: found[change.key.item].display_name
        for change in changes
        if change.key.item in found
    }


def _check_name(change: Change) -> str | None:
    return "A group needs a name." if change.new is None else None


DISPLAY_NAME = Action("group", "display_name", TEXT, _rename, _display_names, check=_check_name)
