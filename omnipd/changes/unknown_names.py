"""Groups and users that nobody knows, and whom somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable

from omnipd.changes.groups_now import all_groups, groups_now
from omnipd.changes.near_names import did_you_mean
from omnipd.changes.now import Now
from omnipd.changes.users_now import all_users, is_address, users_now
from omnipd.readers.users import read_embed_users

_KNOWN = "users and groups that are there"


def note_known(now: Now, named: Iterable[str]) -> None:
    """Remember who is there, while a plan is made: nobody is asked for twice."""
    known = now.learn(_KNOWN)
    known |= dict.fromkeys(named, True)


def unknown_groups(now: Now, named: Iterable[str]) -> dict[str, str]:
    """Return why each id or name that no group has cannot be used."""
    wanted = set(named) - now.learn(_KNOWN).keys()
    missing = wanted - groups_now(now, wanted).keys()
    note_known(now, wanted - missing)
    groups = all_groups(now) if missing else []
    known = [name for one in groups for name in (one.display_name, one.group_id)]
    return {one: f"There is no group {one!r}." + did_you_mean(one, known) for one in missing}


def unknown_users(now: Now, named: Iterable[str]) -> dict[str, str]:
    """Return why each membership id or address that nobody has cannot be used.

    Who sees Omni embedded in another page is known by id only.
    """
    wanted = set(named) - now.learn(_KNOWN).keys()
    missing = wanted - users_now(now, wanted).keys()
    if any(not is_address(one) for one in missing):
        embed = read_embed_users(refresh=True, client=now.client)
        missing -= set(embed["user_id"])
    note_known(now, wanted - missing)
    known = [one.address for one in all_users(now)] if missing else []
    return {one: f"There is no user {one!r}." + did_you_mean(one, known) for one in missing}
