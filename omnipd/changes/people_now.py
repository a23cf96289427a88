"""Who may be given something: members of the organization, known by their membership ids."""

from __future__ import annotations

from collections.abc import Iterable

from omnipd.changes.frame_rows import Row, rows_of
from omnipd.changes.near_names import did_you_mean
from omnipd.changes.now import Now
from omnipd.changes.users_now import NAMES_OF_USERS
from omnipd.display import listed
from omnipd.errors import ForbiddenError
from omnipd.readers.users import read_users


def people_now(now: Now) -> dict[str, Row] | None:
    """Return the users by membership id, read once for a plan; None where a key must not read them."""
    known = now.learn("users")
    if "all" not in known:
        try:
            users = rows_of(read_users(refresh=True, client=now.client))
        except ForbiddenError:  # a personal access token: Omni itself says what it refuses
            known["all"] = None
        else:
            known["all"] = {row["user_id"]: row for row in users if row["user_id"] is not None}
            names = {user_id: called(row) for user_id, row in known["all"].items()}
            now.learn(NAMES_OF_USERS).update(names)
    found: dict[str, Row] | None = known["all"]
    return found


def why_no_owner(now: Now, user_id: object) -> str | None:
    """Return why something cannot be given to somebody; None if it can, as far as that is known."""
    if not isinstance(user_id, str):
        return "It needs an owner: the membership id of a user."
    users = people_now(now)
    if users is None:
        return f"{user_id!r} is an address: a membership id is needed." if "@" in user_id else None
    if (user := users.get(user_id)) is None:
        return f"There is no user with the membership id {user_id!r}." + who_is_meant(
            user_id, users.values()
        )
    if user["active"] is False:
        return f"{called(user)} is deactivated."
    return None


def who_is_meant(name: str, users: Iterable[Row]) -> str:
    """Return whom an address or a name stands for, or a near match, as a sentence behind a space."""
    users = list(users)
    folded = name.strip().casefold()
    named = [
        user
        for user in users
        if folded
        in {
            str(user[column]).casefold()
            for column in ("email", "user_name", "display_name")
            if user[column] is not None
        }
    ]
    if named:
        told = listed([f"{user['user_id']} ({called(user)})" for user in named], 3)
        return f" That of {name!r} is {told}."
    texts = [
        str(user[column])
        for user in users
        for column in ("user_id", "email", "user_name")
        if user[column] is not None
    ]
    return did_you_mean(name, texts)


def called(user: Row) -> str:
    """Return what a user is told from others by, as far as they have it."""
    return str(user["email"] or user["user_name"] or user["display_name"] or user["user_id"])
