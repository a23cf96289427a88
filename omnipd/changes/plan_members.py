"""Who is to be in which group, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from omnipd.arguments import argument, said
from omnipd.call import one_call
from omnipd.changes.change import Change, Key
from omnipd.changes.groups_now import Group, groups_now
from omnipd.changes.now import Now
from omnipd.changes.plan import Plan
from omnipd.changes.planned import planned
from omnipd.changes.unknown_names import note_known, unknown_groups, unknown_users
from omnipd.changes.users_now import User, users_now
from omnipd.changes.values import FLAG, is_null
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import ArgumentError
from omnipd.export.csv import unguarded
from omnipd.lists.instances import refuse_other_instances

_USER = ("user_id", "email", "user_name")
_GROUP = ("group_id", "group", "group_name", "display_name")
_MEMBER = "member"
_BOTH = "The rows say both that the user is in the group, and that they are not."

#: For a user and a group as the rows name them, what the rows say: in it, not in it, or both.
Asked = Mapping[tuple[str, str], set[bool]]


def plan_members(df: pd.DataFrame, *, client: Client | None = None) -> Plan:
    """Plan who is to be in which group, or is not to be any more.

    Parameters
    ----------
    df : pandas.DataFrame
        One row per user and group. The user is in ``user_id``, ``email`` or ``user_name``, the group in
        ``group_id``, ``group``, ``group_name`` or ``display_name``: of each, the first that is not null.
        A group may be named by id or name in any of them, a user by membership id or address. ``member``
        (bool) says whether the user is to be in it; without that column all are. A row that is missing
        says nothing.
    client : Client, optional
        Default: the current one.

    Returns
    -------
    Plan
        One row per user who comes into a group or leaves it; rows that are so already have none. An unknown
        user or group is a reason to refuse a row. One call takes 100 users of one group.

    Raises
    ------
    ArgumentError
        If there is no column for the user or the group, or a row lacks one of them.

    Examples
    --------
    >>> import omnipd
    >>> import pandas as pd
    >>> sheet = pd.DataFrame({"email": ["priya@sandbox.example"], "group": ["Empty group"]})
    >>> with omnipd.sandbox():
    ...     report = omnipd.plan_members(sheet).apply()
    >>> report["state"].tolist()
    ['ok']
    """
    if not isinstance(df, pd.DataFrame):
        raise ArgumentError(f"{argument('df')} must be a DataFrame, unlike {said(df):.60}.")
    refuse_other_instances([df])
    asked = _asked(df)
    with one_call():
        now = Now(current_client(client))
        groups = groups_now(now, (group for _, group in asked))
        users = users_now(now, (user for user, _ in asked))
        return planned(_changes(now, asked, groups, users), now)


def _changes(
    now: Now, asked: Asked, groups: Mapping[str, Group], users: Mapping[str, User]
) -> Iterator[Change]:
    note_known(now, [one.group_id for one in groups.values()])
    note_known(now, [one.user_id for one in users.values()])
    no_groups = unknown_groups(now, {group for _, group in asked} - groups.keys())
    no_users = unknown_users(now, {user for user, _ in asked} - users.keys())
    named: dict[Key, tuple[str, str]] = {}
    wishes: dict[Key, set[bool]] = {}
    for (user, group), wish in asked.items():
        group_id = groups[group].group_id if group in groups else group
        user_id = users[user].user_id if user in users else user
        key = Key("group", group_id, user_id, "member")
        named.setdefault(key, (user, group))
        wishes.setdefault(key, set()).update(wish)
    for key, wish in wishes.items():
        user, group = named[key]
        why = no_groups.get(group) or no_users.get(user) or (_BOTH if len(wish) > 1 else None)
        known = groups.get(group)
        is_in = known is not None and key.part in known.members
        name = None if known is None else known.display_name
        yield Change(key, is_in or None, True in wish or None, name, why)


def _asked(df: pd.DataFrame) -> Asked:
    """Return what the rows say of each user and group."""
    columns = [_first_of(df, "user", _USER), _first_of(df, "group", _GROUP)]
    members = df[_MEMBER].astype(object) if _MEMBER in df.columns else [True] * len(df)
    asked: dict[tuple[str, str], set[bool]] = {}
    for place, (user, group, member) in enumerate(zip(*columns, members, strict=True)):
        asked.setdefault((_cell(user, place, _USER), _cell(group, place, _GROUP)), set()).add(
            _flag(member, place)
        )
    return asked


def _first_of(df: pd.DataFrame, what: str, names: tuple[str, ...]) -> list[object]:
    """Return the first cell of each row that is not null, of some columns."""
    there = [name for name in names if name in df.columns]
    if not there:
        raise ArgumentError(
            f"{argument('df')} has no column that names the {what}.",
            hint=f"It is one of {', '.join(names)}.",
        )
    rows = df[there].astype(object).itertuples(index=False)
    return [next((one for one in row if not is_null(one)), None) for row in rows]


def _cell(cell: object, place: int, names: tuple[str, ...]) -> str:
    if cell is None:
        raise ArgumentError(
            f"Row {place} of {argument('df')} has none of {', '.join(names)}.",
            hint="Leave out rows that name no user, or no group.",
        )
    return unguarded(str(cell).strip())  # as a file has what a spreadsheet would run


def _flag(cell: object, place: int) -> bool:
    try:
        value = FLAG.of(cell)
    except ValueError:
        value = None
    if not isinstance(value, bool):
        raise ArgumentError(
            f"{_MEMBER} of row {place} of {argument('df')} must be true or false, unlike {said(cell):.60}."
        )
    return value
