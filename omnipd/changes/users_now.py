"""Users as they are now, named by membership id or, where they are yet to be made, by address.

SCIM tells of them to organization keys only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from omnipd.changes.now import Now
from omnipd.client.api_paths import segment
from omnipd.errors import BadRequestError, NotFoundError
from omnipd.lists import paging
from omnipd.readers.users import USERS, read_users

USERS_PATH = USERS.path
#: Under which key SCIM has a user's values of attributes.
ATTRIBUTES = "urn:omni:params:1.0:UserAttribute"

#: As many users are asked for one by one; more are looked for in the list of all.
_FEW = 3
_ADDRESSES = "addresses of users"
#: Under which name it is learned what people call who was read, by their ids.
NAMES_OF_USERS = "names of users"


@dataclass(frozen=True)
class User:
    """One user.

    Attributes
    ----------
    user_id : str
        The membership id.
    address : str
        The login, as Omni writes it.
    display_name : str or None
    active : bool or None
    attributes : mapping of str to object
        The user's own values of attributes. Older servers do not tell them: it is empty then.
    """

    user_id: str
    address: str
    display_name: str | None
    active: bool | None
    attributes: Mapping[str, Any]


def users_now(now: Now, named: Iterable[str]) -> dict[str, User]:
    """Return users, read anew, by the id or address that they were named by.

    Who is not there is left out. Addresses do not mind case.
    """
    wanted = list(dict.fromkeys(named))
    if len(wanted) <= _FEW:
        listed = [user for one in wanted for user in _named(now, one)]
    else:
        listed = all_users(now)
    by_name = {user.user_id: user for user in listed}
    by_name |= {user.address.casefold(): user for user in listed}
    found = {one: by_name.get(one.casefold() if is_address(one) else one) for one in wanted}
    return {name: user for name, user in found.items() if user is not None}


def all_users(now: Now) -> list[User]:
    """Return all users, read anew."""
    return _learned(now, read_users(refresh=True, client=now.client))


def user_id_of(now: Now, named: str) -> str | None:
    """Return the membership id of a user who is named by id or address; None for an address that nobody has.

    What is no address is an id, and is not asked for. Addresses are looked for in the list of all, once;
    who is not in it, since they were made later, is asked for alone.
    """
    if not is_address(named):
        return named
    known = now.learn(_ADDRESSES)
    if not known:
        all_users(now)
    if named.casefold() not in known:
        _named(now, named)
    user_id: str | None = known.get(named.casefold())
    return user_id


def learn_user(now: Now, address: str, user_id: str | None) -> None:
    """Remember the membership id of who was made; None forgets who was deleted."""
    known = now.learn(_ADDRESSES)
    if user_id is not None:
        known[address.casefold()] = user_id
    else:
        known.pop(address.casefold(), None)


def is_address(named: str) -> bool:
    """Whether a user is named by address: no id has an ``@``."""
    return "@" in named


def _named(now: Now, named: str) -> list[User]:
    """Return the user of an id or address, as a list of one or none."""
    if is_address(named):
        escaped = named.replace("\\", "\\\\").replace('"', '\\"')
        frame = read_users(filter=f'userName eq "{escaped}"', refresh=True, client=now.client)
        return _learned(now, frame)
    detail = replace(
        USERS, path=f"{USERS.path}/{segment(named)}", pages=paging.single, rows=None, params={}
    )
    try:
        return _learned(now, detail.read({"refresh": True, "client": now.client}))
    except (BadRequestError, NotFoundError):  # some servers refuse what is no UUID
        return []


def _learned(now: Now, frame: pd.DataFrame) -> list[User]:
    users = list(_users(frame))
    for user in users:
        learn_user(now, user.address, user.user_id)
        now.learn(NAMES_OF_USERS)[user.user_id] = user.address
    return users


def _users(frame: pd.DataFrame) -> Iterator[User]:
    columns = ["user_id", "user_name", "display_name", "active", "user_attributes"]
    for cells in frame[columns].astype(object).itertuples(index=False):
        user_id, address, name, active, held = (None if pd.isna(one) else one for one in cells)
        attributes = {} if held is None else json.loads(held)
        yield User(str(user_id), address or "", name, active, attributes)
