"""Whether anybody is in a group."""

from __future__ import annotations

from omnipd.audit.tables import Tables
from omnipd.frames.labels import split_names

#: The tables by which a group is known to be empty.
GROUPS = ("groups", "group_members")


class EmptyGroups:
    """The groups by id, and by name where only one has it."""

    def __init__(self, tables: Tables) -> None:
        self.names: dict[str | None, str | None] = {}
        self._counts: dict[str | None, int | None] = {}
        self._ids: dict[str | None, set[str | None]] = {}
        for row in tables.rows("groups"):
            self.names[row["group_id"]] = row["display_name"]
            self._counts[row["group_id"]] = row["member_count"]
            self._ids.setdefault(row["display_name"], set()).add(row["group_id"])
        self._with_members = {*tables["group_members"]["group_id"].to_pylist()}
        for groups in tables["users"]["group_ids"].unique().to_pylist():
            self._with_members.update(split_names(groups))
        gap = tables.gaps.get("group_members")
        self._gap = None if gap is None else f"group_members: {gap}"

    def is_empty(
        self, group_id: str | None, name: str | None = None
    ) -> tuple[bool | None, str | None]:
        """Return whether nobody is in a group, and why that is not known."""
        if group_id not in self._counts and len(named := self._ids.get(name, set())) == 1:
            [group_id] = named
        count = self._counts.get(group_id)
        if group_id in self._with_members or (count or 0) > 0:
            return False, None
        if group_id not in self._counts:
            return None, f"groups: {name or group_id} is not known"
        if count is None:
            return None, "groups: Omni does not tell the members"
        return (True, None) if self._gap is None else (None, self._gap)
