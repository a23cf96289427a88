"""Groups, and who is in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from omnipd.client.client import Client
from omnipd.frames.columns import COUNT, Column, instant, text
from omnipd.frames.records import Record
from omnipd.lists import paging
from omnipd.lists.editable import Editable
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.manual import manual
from omnipd.lists.params import Param
from omnipd.readers.scim import without_constants


def _length(held: Any) -> int:
    if not isinstance(held, list):
        raise TypeError("not a list")
    return len(held)


GROUPS = Endpoint(
    "/api/scim/v2/Groups",
    key=("group_id",),
    # A new group has no id yet: its name says which it is.
    editable=Editable(
        "group",
        ("group_id", "display_name"),
        columns={"display_name": "display_name"},
        name="display_name",
        row="exists",
    ),
    pages=paging.scim,
    rows="Resources",
    params={"filter": Param("filter")},
    columns={
        "group_id": text("id", doc="Group id: eight letters and digits"),
        "display_name": text("displayName", doc="Name of the group"),
        "member_count": Column(COUNT, ("members",), "How many members it has", _length),
        "created_at": instant("meta.created", doc="When the group was made"),
        "updated_at": instant("meta.lastModified", doc="Last change of the group"),
    },
    unfold=lambda group: [without_constants(group)],
)


@manual(GROUPS)
def read_groups(
    *,
    filter: str | None = None,  # noqa: A002 - Omni's own word
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the groups of users, one row each. It needs an organization key.

    Parameters
    ----------
    filter : str, optional
        A SCIM filter, such as ``'displayName eq "Analysts"'``.

    Raises
    ------
    ForbiddenError
        For a personal access token.

    See Also
    --------
    omnipd.read_group_members : One row per group and member.
    omnipd.read_model_roles : The roles that groups give.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     groups = omnipd.read_groups()
    >>> groups[["display_name", "member_count"]].tail(1)
      display_name  member_count
    4  Empty group             0
    """
    return GROUPS.read(locals())


def _members_of(group: Record) -> Iterable[Record]:
    """Give a row per member; one without a member where Omni does not send them."""
    where = {"group": {"id": group.get("id"), "name": group.get("displayName")}}
    if group.get("members") is None:
        return [where]
    return [{**member, **where} for member in paging.rows_of(group, "members")]


GROUP_MEMBERS = Endpoint(
    "/api/scim/v2/Groups",
    key=("group_id", "user_id"),
    editable=Editable(
        "group",
        ("group_id", "group_name"),
        name="group_name",
        part=("user_id", "user_display"),
        row="member",
    ),
    pages=paging.scim,
    rows="Resources",
    params={"filter": Param("filter")},
    columns={
        "group_id": text("group.id", doc="Id of the group"),
        "group_name": text("group.name", doc="Its name"),
        "user_id": text("value", doc="Membership id of the member; null where Omni does not say"),
        "user_display": text("display", doc="The member's e-mail address"),
    },
    unfold=_members_of,
)


@manual(GROUP_MEMBERS)
def read_group_members(
    *,
    filter: str | None = None,  # noqa: A002 - Omni's own word
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read who is in which group, one row per group and member. It needs an organization key.

    Parameters
    ----------
    filter : str, optional
        A SCIM filter on groups, such as ``'displayName eq "Analysts"'``.

    Returns
    -------
    pandas.DataFrame
        A group without members has no row. One whose members Omni does not send has a row with
        null.

    Raises
    ------
    ForbiddenError
        For a personal access token.

    See Also
    --------
    omnipd.read_groups : One row per group.
    omnipd.read_users : Who the members are.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     members = omnipd.read_group_members()
    >>> members["group_name"].value_counts().loc[["Everyone"]].tolist()
    [130]
    """
    return GROUP_MEMBERS.read(locals())
