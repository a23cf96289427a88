"""Who could take over a document, a folder or a schedule of somebody who leaves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from omnipd.audit.access_people import People
from omnipd.audit.empty_groups import EmptyGroups
from omnipd.audit.tables import Tables

Row = Mapping[str, Any]
#: Who could, and why that is not known.
Named = tuple[str | None, str | None]

ANYBODY, NOBODY, ADMINISTRATORS = "anybody", "nobody", "administrators"
_ROLES = ("MANAGER", "EDITOR")
_NAMED = 5


class Successors:
    """Those with a role on some items, by the item.

    Parameters
    ----------
    name : str
        The table of roles: ``document_access`` or ``folder_permissions``.
    items : collection of str
        The items that are asked about.
    leaver : str
        Who is not among them.
    """

    def __init__(
        self, tables: Tables, name: str, items: Collection[str | None], leaver: str
    ) -> None:
        table = tables[name]
        key = table.schema.names[0]
        asked = pa.array([one for one in items if one is not None], pa.string())
        self._rows: dict[str | None, list[Row]] = {}
        for row in table.filter(pc.is_in(table[key], asked)).to_pylist():
            self._rows.setdefault(row[key], []).append(row)
        self._emails: dict[str | None, str] = {
            row["user_id"]: row["email"] or row["user_name"] or row["user_id"]
            for row in tables.rows("users")
            if row["active"] and row["user_id"] not in {None, leaver}
        }
        self._users = {*tables["users"]["user_id"].to_pylist()}
        self._people = People(tables.rows("users"))
        persons = [row for rows in self._rows.values() for row in rows if not _is_group(row)]
        self._ids_match = any(self._user_id(row) is not None for row in persons)
        self._vacant = self._vacant_groups(tables)
        self._name = name
        self._gaps = {
            one: f"{one}: {tables.gaps[one]}" for one in (name, "users") if one in tables.gaps
        }

    def _vacant_groups(self, tables: Tables) -> set[str | None]:
        """Return the groups in which nobody is who could take over."""
        groups = EmptyGroups(tables)
        vacant = {one for one in groups.names if groups.is_empty(one)[0]}
        if tables.is_known("group_members"):
            members: dict[str | None, set[str | None]] = {}
            for row in tables.rows("group_members"):
                members.setdefault(row["group_id"], set()).add(row["user_id"])
            away = self._users - self._emails.keys() - {None}
            vacant |= {group for group, ids in members.items() if ids <= away}
        return vacant

    def of(self, item: str | None) -> Named:
        """Return who manages an item, else who edits it: active users, and groups."""
        rows = self._rows.get(item, [])
        named = self._named(rows)
        if named is not None:
            return named, None
        if self._name in self._gaps:
            return None, self._gaps[self._name]
        if not rows:
            return None, f"{self._name}: Omni does not tell who has a role"
        if any(self._is_stranger(row) for row in rows):
            if "users" in self._gaps:
                return None, self._gaps["users"]
            if not self._ids_match:
                return None, f"{self._name}: nobody who has a role has the id of a user"
        return ADMINISTRATORS, None

    def _user_id(self, row: Row) -> str | None:
        """Return the user who has a role: on some servers the address shows it, and no id does."""
        place = self._people.find(row["principal_id"], row.get("email"))
        return None if place is None else self._people.rows[place]["user_id"]

    def _is_stranger(self, row: Row) -> bool:
        """Whether somebody who could take over is not among the users."""
        return row["role"] in _ROLES and not _is_group(row) and self._user_id(row) is None

    def _named(self, rows: Iterable[Row]) -> str | None:
        for role in _ROLES:
            names: dict[str, None] = {}
            for row in rows:
                if row["role"] != role:
                    continue
                if _is_group(row):
                    if row["principal_id"] in self._vacant:
                        continue
                    names[f"group {row['principal_name'] or row['principal_id']}"] = None
                elif (user_id := self._user_id(row)) in self._emails:
                    names[self._emails[user_id]] = None
            if names:
                people = sorted(names, key=lambda one: one.startswith("group "))
                more = ", …" if len(people) > _NAMED else ""
                return ", ".join(people[:_NAMED]) + more
        return None


def _is_group(row: Row) -> bool:
    return bool(row["principal_type"] == "userGroup")
