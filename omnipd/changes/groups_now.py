"""Groups as they are now, with their members, named by id or, where they are yet to be made, by name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import pandas as pd

from omnipd.changes.now import Now
from omnipd.client.api_paths import segment
from omnipd.errors import BadRequestError, NotFoundError, ResponseError
from omnipd.frames.columns import TEXT, Column, as_json
from omnipd.lists import paging
from omnipd.readers.groups import GROUPS

#: As many groups are asked for one by one; more are looked for in the list of all.
_FEW = 3
_IDS = "ids of groups"
#: Under which name it is learned how groups that were read are called, by their ids.
NAMES_OF_GROUPS = "names of groups"
_LOOKS_LIKE_AN_ID = re.compile(r"[0-9A-Za-z]{8}")

_WITH_MEMBERS = replace(
    GROUPS,
    columns={
        **(GROUPS.columns or {}),
        "members": Column(TEXT, ("members",), "Who is in it, as JSON", as_json),
    },
)


@dataclass(frozen=True)
class Group:
    """One group.

    Attributes
    ----------
    group_id : str
    display_name : str
    members : frozenset of str
        The membership ids of who is in it.
    """

    group_id: str
    display_name: str
    members: frozenset[str]


def groups_now(now: Now, named: Iterable[str]) -> dict[str, Group]:
    """Return groups, read anew, by the id or name that they were named by.

    What is the id of one group and the name of another means the id. Names mind case. What is not
    there is left out.
    """
    wanted = list(dict.fromkeys(named))
    if len(wanted) > _FEW:
        return matching_groups(all_groups(now), wanted)
    found: dict[str, Group] = {}
    for one in wanted:
        looks = (_by_id, _by_name) if _LOOKS_LIKE_AN_ID.fullmatch(one) else (_by_name, _by_id)
        for look in looks:
            found |= matching_groups(look(now, one), [one])
            if one in found:
                break
    return found


def all_groups(now: Now) -> list[Group]:
    """Return all groups, read anew."""
    return _learned(now, _WITH_MEMBERS.read({"refresh": True, "client": now.client}))


def matching_groups(groups: Iterable[Group], named: Iterable[str]) -> dict[str, Group]:
    """Return which of some groups are meant by ids or names."""
    listed = list(groups)
    known = {group.display_name: group for group in listed}
    known |= {group.group_id: group for group in listed}
    return {one: known[one] for one in named if one in known}


def group_id_of(now: Now, named: str) -> str | None:
    """Return the id of a group that is named by id or name; None for what is not there."""
    known = now.learn(_IDS)
    if named not in known:
        groups_now(now, [named])
    group_id: str | None = known.get(named)
    return group_id


def forget_group(now: Now, named: str) -> None:
    """Forget the id of a group that was made or deleted."""
    now.learn(_IDS).pop(named, None)


def _by_id(now: Now, group_id: str) -> list[Group]:
    if group_id in {".", ".."}:  # a name; no address can have it
        return []
    path = f"{GROUPS.path}/{segment(group_id)}"
    one = replace(_WITH_MEMBERS, path=path, pages=paging.single, rows=None, params={})
    try:
        return _learned(now, one.read({"refresh": True, "client": now.client}))
    except (NotFoundError, BadRequestError):  # no id could be so
        return []


def _by_name(now: Now, name: str) -> list[Group]:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    asked = {"filter": f'displayName eq "{escaped}"', "refresh": True, "client": now.client}
    return _learned(now, _WITH_MEMBERS.read(asked))


def _learned(now: Now, frame: pd.DataFrame) -> list[Group]:
    groups = list(_groups(frame))
    ids = now.learn(_IDS)
    ids |= {group.display_name: group.group_id for group in groups}
    ids |= {group.group_id: group.group_id for group in groups}
    now.learn(NAMES_OF_GROUPS).update({group.group_id: group.display_name for group in groups})
    return groups


def _groups(frame: pd.DataFrame) -> Iterator[Group]:
    cells = frame[["group_id", "display_name", "members"]].astype(object)
    for group_id, name, members in cells.itertuples(index=False):
        if pd.isna(members):
            raise ResponseError(f"Omni does not say who is in the group {group_id!r}.")
        ids = frozenset(one["value"] for one in json.loads(members))
        yield Group(group_id, "" if pd.isna(name) else name, ids)
