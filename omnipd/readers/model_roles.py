"""The roles of people and groups on models."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd

from omnipd.arguments import IDS_OF_GROUPS, IDS_OF_PEOPLE, argument
from omnipd.client.client import Client
from omnipd.errors import ArgumentError
from omnipd.frames.columns import Column, count, flag, text
from omnipd.lists import paging
from omnipd.lists.editable import Editable
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut
from omnipd.lists.manual import manual
from omnipd.lists.params import Param
from omnipd.lists.parents import Parents, is_missing
from omnipd.readers.model_list import model_id

_ROLE: dict[str, Column] = {
    "model_id": text("modelId", doc="Model the role is on"),
    "connection_id": text("connectionId", doc="Connection of the model"),
    "role_name": text("roleName", doc="Role: Omni's or one of your own"),
    "base_role": text("baseRole", doc="Omni's role that it is made from"),
    "priority": count("priority", doc="The higher wins"),
    "resolved": flag("resolved", doc="Whether this one is in effect; null for groups"),
    "origin_type": text("from.type", doc="Where it comes from: USER, ORG, BASE or GROUP"),
    "origin_group_id": text("from.miniUuid", doc="The group that gives it"),
    "origin_group_name": text("from.name", doc="The group's name"),
    "origin_depth": count("from.depth", doc="How deeply that group is nested; 0: a direct member"),
}


#: What stands before the id of a connection on which a role is that is on no model.
ON_CONNECTION = "connection:"

_ELSEWHERE = {
    "BASE": "It is the base role of the connection, and is changed there.",
    "ORG": "It comes from the role in the organization.",
}


def _on(row: Mapping[str, Any]) -> str | None:
    """Return what a role is on. One that cannot be changed is told apart by where it comes from."""
    model, connection = row.get("model_id"), row.get("connection_id")
    on = model if model is not None or connection is None else f"{ON_CONNECTION}{connection}"
    if why_fixed(row) is None:
        return on
    from_ = [row.get("origin_type"), row.get("origin_group_id")]
    return " ".join(str(one) for one in (on, *from_) if one is not None) or None


def why_fixed(row: Mapping[str, Any]) -> str | None:
    """Return why a role cannot be changed where it is: only those that were given to who has it can."""
    cells = {name: None if is_missing(one) else one for name, one in row.items()}
    origin, group = cells.get("origin_type"), cells.get("origin_group_id")
    if origin == "GROUP":
        if "group_id" not in cells or group not in {None, cells["group_id"]}:
            name = cells.get("origin_group_name") or group
            return f"It comes from the group {name!r}: change it there."
    elif origin not in {None, "USER"}:
        return _ELSEWHERE.get(str(origin), f"It comes from {origin}, and cannot be changed.")
    if cells.get("model_id") is None and cells.get("connection_id") is None:
        return "It is on no model and no connection."
    return None


def _roles_of(kind: str, parent: str, path: str, ids: str) -> FanOut:
    return FanOut(
        Endpoint(
            path,
            # Which of them are null depends on the role (docs/wire.md).
            key=("model_id", "connection_id", "origin_type", "origin_group_id", "role_name"),
            editable=Editable(
                kind,
                (parent,),
                columns={"role_name": "role_name"},
                part=("model_id", "connection_id"),
                part_of=_on,
                also=("origin_type", "origin_group_id", "origin_group_name"),
                row="role_name",
                fixed=why_fixed,
            ),
            keyless="whole",
            pages=paging.whole,
            rows="results",
            params={
                "connection_id": Param("connectionId", "id"),
                "model": Param("modelId", "id", lookup=model_id),
            },
            columns=_ROLE,
        ),
        parent=(parent,),
        ids={parent: ids},
    )


USER_MODEL_ROLES = _roles_of(
    "user_model_role", "user_id", "/api/v1/users/{user_id}/model-roles", IDS_OF_PEOPLE
)


GROUP_MODEL_ROLES = _roles_of(
    "group_model_role", "group_id", "/api/v1/user-groups/{group_id}/model-roles", IDS_OF_GROUPS
)


@manual(USER_MODEL_ROLES, GROUP_MODEL_ROLES)
def read_model_roles(
    users: Parents | None = None,
    *,
    groups: Parents | None = None,
    connection_id: str | None = None,
    model: str | None = None,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the roles of users, or of groups, on models, one row per role and where it comes from.

    One call per user or group.

    Parameters
    ----------
    users : str, iterable of str, or DataFrame, optional
        Membership ids, or a frame with ``user_id``, such as that of :func:`omnipd.read_users`.
    groups : str, iterable of str, or DataFrame, optional
        Group ids, or a frame with ``group_id``, such as that of :func:`omnipd.read_groups`. Name
        either users or groups.
    connection_id : str, optional
        Only roles on this connection.
    model : str, optional
        Only roles on this model: its id, or the name of a shared one.

    Returns
    -------
    pandas.DataFrame
        A user has several rows per model; the one with ``resolved`` is in effect.

    Raises
    ------
    ArgumentError
        If neither users nor groups are named, or both.
    NotFoundError
        For an id that nobody has. A base user id is none: pass membership ids.

    See Also
    --------
    omnipd.read_whoami_roles : The roles of the key itself, in one call.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     users = omnipd.read_users(limit=3)
    ...     roles = omnipd.read_model_roles(users)
    >>> roles[roles["resolved"]].groupby("user_id").size().tolist()
    [2, 2, 2]
    """
    arguments = dict(locals())
    if users is not None and groups is None:
        return USER_MODEL_ROLES.read(users, arguments)
    if groups is not None and users is None:
        return GROUP_MODEL_ROLES.read(groups, arguments)
    raise ArgumentError(
        "Name either " + argument("users") + " or " + argument("groups") + ", whose roles to read."
    )
