"""Who is to be in which groups, as changes of the groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from omnipd.changes.change import Change, Key
from omnipd.changes.near_names import did_you_mean
from omnipd.changes.now import Now
from omnipd.readers.groups import read_group_members, read_groups


class Groups:
    """The groups that there are, and who is in them, read anew.

    Parameters
    ----------
    now : Now
    """

    def __init__(self, now: Now) -> None:
        groups = read_groups(refresh=True, client=now.client)
        self._names = dict(zip(groups["group_id"], groups["display_name"], strict=True))
        self._ids = {name: group_id for group_id, name in self._names.items()}
        members = read_group_members(refresh=True, client=now.client)
        self._members = set(zip(members["group_id"], members["user_id"], strict=True))

    def joined(self, user: str, named: Iterable[str]) -> list[Change]:
        """Return the changes by which a user, of an id or address, is in groups that are named by name or id.

        Those that have the user already are left out.
        """
        found: Mapping[str, str | None] = {
            one: one if one in self._names else self._ids.get(one) for one in named
        }
        changes = {}
        for name, group_id in found.items():
            if group_id is None:
                why = f"There is no group {name!r}." + did_you_mean(name, self._ids)
                key = Key("group", name, user, "member")
                changes[key] = Change(key, None, True, name, why)
            elif (group_id, user) not in self._members:
                key = Key("group", group_id, user, "member")
                changes[key] = Change(key, None, True, self._names[group_id])
        return list(changes.values())
