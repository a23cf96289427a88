"""Who is to be in which groups, as changes of the groups."""

from __future__ import annotations

from collections.abc import Iterable

from omnipd.changes.change import Change, Key
from omnipd.changes.groups_now import all_groups, matching_groups
from omnipd.changes.near_names import did_you_mean
from omnipd.changes.now import Now
from omnipd.changes.unknown_names import note_known


class Memberships:
    """The groups that there are, and who is in them, read anew.

    Parameters
    ----------
    now : Now
    """

    def __init__(self, now: Now) -> None:
        self._groups = all_groups(now)
        note_known(now, [group.group_id for group in self._groups])

    def joined(self, user: str, named: Iterable[str]) -> list[Change]:
        """Return the changes by which a user, of an id or address, is in groups that are named by name or id.

        Those that have the user already are left out.
        """
        listed = list(named)
        found = matching_groups(self._groups, listed)
        changes = {}
        for name in listed:
            if (group := found.get(name)) is None:
                known = [one.display_name for one in self._groups]
                why = f"There is no group {name!r}." + did_you_mean(name, known)
                key = Key("group", name, user, "member")
                changes[key] = Change(key, None, True, name, why)
            elif user not in group.members:
                key = Key("group", group.group_id, user, "member")
                changes[key] = Change(key, None, True, group.display_name)
        return list(changes.values())
