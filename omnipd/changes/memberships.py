"""Who is to be in which groups, as changes of the groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from omnipd.changes.change import Change, Key
from omnipd.changes.groups_now import all_groups
from omnipd.changes.near_names import did_you_mean
from omnipd.changes.now import Now
from omnipd.changes.unknown_names import note_known


class Groups:
    """The groups that there are, and who is in them, read anew.

    Parameters
    ----------
    now : Now
    """

    def __init__(self, now: Now) -> None:
        groups = all_groups(now)
        note_known(now, [group.group_id for group in groups])
        self._names = {group.group_id: group.display_name for group in groups}
        self._ids = {group.display_name: group.group_id for group in groups}
        self._members = {(group.group_id, user) for group in groups for user in group.members}

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
