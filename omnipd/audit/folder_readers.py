"""Whether anybody can open a folder, administrators left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from omnipd.audit.empty_groups import GROUPS
from omnipd.audit.owners import Owner, People
from omnipd.audit.reasons_to_keep import any_of
from omnipd.audit.tables import Tables

#: The tables by which that is known, beside those of the people.
PERMITS = ("folders", "folder_permissions", *GROUPS)

# How some servers name everybody among those who have a role.
_EVERYBODY = "ORG-MEMBERSHIP"

Row = Mapping[str, Any]
#: Whether there is somebody, and why that is not known.
Known = tuple[bool | None, str | None]


class FolderReaders:
    """Who has a role on folders, themselves or by those around."""

    def __init__(self, tables: Tables, people: People) -> None:
        self._people = people
        self._gaps = {
            name: f"{name}: {tables.gaps[name]}" for name in PERMITS if name in tables.gaps
        }
        self._asked = {*tables["folders"]["folder_id"].to_pylist()}
        permits = tables.rows("folder_permissions")
        self._permits: dict[str, list[Row]] = {}
        for permit in permits:
            self._permits.setdefault(permit["folder_id"], []).append(permit)
        self._principal = people.owners(
            permit["principal_id"] for permit in permits if permit["principal_type"] == "user"
        )
        self._members: dict[str, bool | None] = {}
        for row in tables.rows("group_members"):
            self._members[row["group_id"]] = any_of(
                self._members.get(row["group_id"], False), people.active.get(row["user_id"])
            )
        for row in tables.rows("groups"):
            self._members.setdefault(row["group_id"], False if row["member_count"] == 0 else None)
        self._at: dict[str | None, list[Row]] = {}
        self._known: dict[str, Known] = {}

    def note(self, folder: Row, owner: Owner) -> None:
        """Take a folder with what is known of its owner."""
        self._at.setdefault(folder["path"], []).append(dict(folder) | {"owner": owner})

    def of(self, folder: Row) -> Known:
        """Return whether anybody has a role on a folder; all have been noted before."""
        [noted, *_] = [one for one in self._at[folder["path"]] if one["id"] == folder["id"]]
        return self._readers(noted)

    def _readers(self, folder: Row) -> Known:
        known = self._known.get(folder["id"])
        if known is None:
            parts = [*self._own(folder), self._above(folder)]
            whether = any_of(*(one for one, _ in parts))
            why = dict.fromkeys(why for one, why in parts if one is None)
            known = whether, "; ".join(map(str, why)) if whether is None else None
            self._known[folder["id"]] = known
        return known

    def _own(self, folder: Row) -> Iterator[Known]:
        yield _is_active(folder["owner"])
        for permit in self._permits.get(folder["id"], ()):
            yield self._permit(permit)
        if folder["id"] not in self._asked:
            yield None, self._gaps.get("folders", "folder_permissions: not asked for")
        if "folder_permissions" in self._gaps:
            yield None, self._gaps["folder_permissions"]
        if folder["scope"] != "restricted":
            yield None, "Omni does not tell the organization's role"

    def _permit(self, permit: Row) -> Known:
        if permit["role"] == "NO_ACCESS":
            return False, None
        if permit["role"] is None or permit["principal_id"] is None:
            return None, "folder_permissions: Omni does not tell who has which role"
        if permit["principal_id"] == _EVERYBODY:
            return True, None
        if permit["principal_type"] == "user":
            return _is_active(self._principal(permit["principal_id"]))
        members = self._members.get(permit["principal_id"])
        if members is False and (gap := self._gaps.get("group_members")):
            return None, gap
        return members, f"who is in the group {permit['principal_name'] or permit['principal_id']}"

    def _above(self, folder: Row) -> Known:
        if folder["path"] is None:
            return None, "Omni does not tell the folder's path"
        path = folder["path"].rpartition("/")[0]
        if not path:
            return False, None
        found = self._at.get(path, [])
        for trait in ("scope", "owner_id"):
            if len(found) > 1:
                found = [one for one in found if one[trait] == folder[trait]]
        if len(found) != 1:
            return None, f"the folder {path} is not known"
        return self._readers(found[0])


def _is_active(owner: Owner) -> Known:
    is_away = any_of(owner.is_gone, owner.is_deactivated)
    return None if is_away is None else not is_away, owner.why
