"""Who receives a schedule, as a plan names them: ``group`` and its id, an address, or the id of a person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

_GROUP = "group "


def of_group(group_id: str) -> str:
    """Return how a plan names a group that receives something.

    Examples
    --------
    >>> of_group("mEhXj6ZI")
    'group mEhXj6ZI'
    """
    return _GROUP + group_id


def body_of(
    recipients: Iterable[str | None],
) -> dict[Literal["emails", "userIds", "userGroupIds"], list[str]]:
    """Return what names some recipients to Omni.

    Examples
    --------
    >>> body_of(["group mEhXj6ZI", "ann@example.com", "b0e7"])
    {'emails': ['ann@example.com'], 'userIds': ['b0e7'], 'userGroupIds': ['mEhXj6ZI']}
    """
    emails, users, groups = [], [], []
    for one in recipients:
        name = one or ""
        if name.startswith(_GROUP):
            groups.append(name.removeprefix(_GROUP))
        elif "@" in name:
            emails.append(name)
        else:
            users.append(name)
    body: dict[Literal["emails", "userIds", "userGroupIds"], list[str]] = {
        "emails": emails,
        "userIds": users,
        "userGroupIds": groups,
    }
    return {name: names for name, names in body.items() if names}
