"""Whether anybody can open a folder, administrators left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from omnipd.audit.empty_groups import GROUPS
from omnipd.audit.everybody import is_everybodys
from omnipd.audit.folders_by_path import FoldersByPath, path_above
from omnipd.audit.owners import Owner, People
from omnipd.audit.reasons_to_keep import any_of
from omnipd.audit.tables import Tables

#: The tables by which that is known, beside those of the people.
PERMITS = ("folders", "folder_permissions", *GROUPS)

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
        self._noted: dict[str, Row] = {}
        self._at = FoldersByPath[Row]()
        self._known: dict[str, Known] = {}

    def note(self, folder: Row, owner: Owner) -> None:
        """Take a folder with what is known of its owner."""
        noted = dict(folder) | {"owner": owner}
        self._noted[folder["id"]] = noted
        self._at.add(noted)

    def of(self, folder: Row) -> Known:
        """Return whether anybody has a role on a folder; all have been noted before."""
        return self._readers(self._noted[folder["id"]])

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
        identity = permit["principal_id"]
        if permit["role"] == "NO_ACCESS":
            return False, None
        if permit["role"] is None or identity is None:
            return None, "folder_permissions: Omni does not tell who has which role"
        is_group = identity in self._members
        if is_everybodys(permit, is_group or identity in self._people.active):
            return True, None
        if not is_group and permit["principal_type"] != "userGroup":
            return _is_active(self._principal(identity))
        members = self._members.get(identity)
        if members is False and (gap := self._gaps.get("group_members")):
            return None, gap
        return members, f"who is in the group {permit['principal_name'] or identity}"

    def _above(self, folder: Row) -> Known:
        if folder["path"] is None:
            return None, "Omni does not tell the folder's path"
        path = path_above(folder["path"])
        if path is None:
            return False, None
        found = self._at.find(path, folder)
        return (None, f"the folder {path} is not known") if found is None else self._readers(found)


def _is_active(owner: Owner) -> Known:
    is_away = any_of(owner.is_gone, owner.is_deactivated)
    return None if is_away is None else not is_away, owner.why
