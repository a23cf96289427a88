"""Roles of users and groups on models. Omni has no call that takes one away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from omnipd.changes.action import Action, Present
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change, Key
from omnipd.changes.near_names import did_you_mean
from omnipd.changes.now import Now
from omnipd.changes.values import TEXT
from omnipd.client.api_paths import segment
from omnipd.errors import BadRequestError, NotFoundError
from omnipd.readers.model_roles import ON_CONNECTION, read_model_roles, why_fixed

#: A row of the reader.
Role = Mapping[str, Any]

#: Omni's own; an organization may have others, which no call lists.
_BASE_ROLES = ["CONNECTION_ADMIN", "MODELER", "QUERIER", "QUERY_TOPICS", "VIEWER", "NO_ACCESS"]
_NONE_AWAY = "Omni has no call that takes a role away: give another one instead."


def _path(kind: str, holder: str) -> str:
    return f"/api/v1/{kind}/{segment(holder)}/model-roles"


def _calls(kind: str, changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    on = change.key.part or ""
    where = (
        {"connectionId": on.removeprefix(ON_CONNECTION)}
        if on.startswith(ON_CONNECTION)
        else {"modelId": on}
    )
    return [ApiCall("POST", _path(kind, change.key.item), {"roleName": change.new, **where})]


def _present(kind: str, now: Now, changes: Sequence[Change]) -> Present:
    held = {holder: _own_roles(kind, now, holder) for holder in {one.key.item for one in changes}}
    present: dict[Key, str | None] = {}
    for change in changes:
        roles = held[change.key.item]
        if roles is not None:
            present[change.key] = _role_on(change.key.part or "", roles)
    return present


def _own_roles(kind: str, now: Now, holder: str) -> Sequence[Role] | None:
    """Return the roles that were given to a user or group itself; None for one that is not there."""
    try:
        frame = (
            read_model_roles([holder], refresh=True, client=now.client)
            if kind == "users"
            else read_model_roles(groups=[holder], refresh=True, client=now.client)
        )
    except (NotFoundError, BadRequestError):  # no id could be so
        return None
    cells = frame.astype(object).where(frame.notna(), None).to_dict("records")
    rows = ({str(column): cell for column, cell in row.items()} for row in cells)
    return [row for row in rows if why_fixed(row) is None]


def _role_on(on: str, own: Iterable[Role]) -> str | None:
    """Return the role that was given on a model or a connection, None for none."""
    if not on.startswith(ON_CONNECTION):
        return _joined(role["role_name"] for role in own if role["model_id"] == on)
    connection = on.removeprefix(ON_CONNECTION)
    roles = [role for role in own if role["connection_id"] == connection]
    # Some Omnis show it as the role on the shared model of the connection (docs/wire.md).
    of_connection = [role for role in roles if role["model_id"] is None]
    return _joined(role["role_name"] for role in of_connection or roles)


def _joined(names: Iterable[str]) -> str | None:
    """Return the one name; of several, all: a role that is then changed is a conflict."""
    return ", ".join(sorted(set(names))) or None


def _check(change: Change) -> str | None:
    return _NONE_AWAY if change.new is None else None


def _irreversible(change: Change) -> str | None:
    return "Omni has no call that takes a role away again." if change.old is None else None


def _remark(change: Change) -> str | None:
    if not isinstance(change.new, str) or change.new in _BASE_ROLES:
        return None
    return f"{change.new!r} is not one of Omni's own roles." + did_you_mean(change.new, _BASE_ROLES)


def _preflight(kind: str, hint: str, now: Now, changes: Sequence[Change]) -> Mapping[Key, str]:
    """Tell who is not there, of those who have no role yet: the others were just read."""
    new = [one for one in changes if one.old is None]
    missing = {one for one in {one.key.item for one in new} if _own_roles(kind, now, one) is None}
    return {
        one.key: f"There is no {hint} {one.key.item!r}." for one in new if one.key.item in missing
    }


def _roles_of(kind: str, path: str, what: str) -> Action:
    return Action(
        kind,
        "role_name",
        TEXT,
        partial(_calls, path),
        partial(_present, path),
        check=_check,
        preflight=partial(_preflight, path, what),
        irreversible=_irreversible,
        remark=_remark,
    )


OF_USERS = _roles_of("user_model_role", "users", "user with the membership id")
OF_GROUPS = _roles_of("group_model_role", "user-groups", "group with the id")
