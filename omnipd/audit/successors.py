"""Who could take over a document, a folder or a schedule of somebody who leaves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

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
        self._emails = {
            row["user_id"]: row["email"] or row["user_name"] or row["user_id"]
            for row in tables.rows("users")
            if row["active"] and row["user_id"] != leaver
        }
        self._users = {*tables["users"]["user_id"].to_pylist()}
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
        if "users" in self._gaps and any(self._may_take_over(row) for row in rows):
            return None, self._gaps["users"]
        return ADMINISTRATORS, None

    def _may_take_over(self, row: Row) -> bool:
        """Whether somebody with a role may be a user who is not listed."""
        return row["role"] in _ROLES and row["principal_id"] not in self._users

    def _named(self, rows: Iterable[Row]) -> str | None:
        for role in _ROLES:
            names: dict[str, None] = {}
            for row in rows:
                if row["role"] != role:
                    continue
                if row["principal_type"] == "userGroup":
                    if row["principal_id"] in self._vacant:
                        continue
                    names[f"group {row['principal_name'] or row['principal_id']}"] = None
                elif row["principal_id"] in self._emails:
                    names[self._emails[row["principal_id"]]] = None
            if names:
                people = sorted(names, key=lambda one: one.startswith("group "))
                more = ", …" if len(people) > _NAMED else ""
                return ", ".join(people[:_NAMED]) + more
        return None
