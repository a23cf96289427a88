"""The people and the groups of an inventory: who is in which, directly or by groups in groups."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from omnipd.audit.tables import Tables

Row = Mapping[str, Any]
#: From a person's place in the list to the groups between: that with the role first.
Members = Mapping[int, str]

_IS_ADMINISTRATOR = "omni_is_org_admin"


class People:
    """People by their place in a list; ids that none of them has get a place behind them."""

    def __init__(self, users: Sequence[Row]) -> None:
        names = ("user_id", "email", "display_name", "active")
        self.rows: list[dict[str, Any]] = [{name: row[name] for name in names} for row in users]
        self.known = len(self.rows)
        self._by_id = {row["user_id"]: place for place, row in reversed([*enumerate(self.rows)])}
        self._by_email = _unique(
            (row[name], place) for place, row in enumerate(users) for name in ("email", "user_name")
        )
        attributes = [_attributes(row["user_attributes"]) for row in users]
        told = [one.get(_IS_ADMINISTRATOR) for one in attributes]
        self.administrators = [
            place for place, one in enumerate(told) if str(one).casefold() == "true"
        ]
        self.administrators_are_known = None not in told

    def find(self, user_id: str | None, email: str | None = None) -> int | None:
        """Return the place of a person; the address counts where nobody has the id."""
        place = None if user_id is None else self._by_id.get(user_id)
        return place if place is not None else self._by_email.get(_folded(email))

    def place(self, user_id: str, email: str | None = None, name: str | None = None) -> int:
        """Return the place of a person; who is no user gets one."""
        found = self.find(user_id, email)
        if found is None:
            found = self._by_id[user_id] = len(self.rows)
            self.rows.append(
                {"user_id": user_id, "email": email, "display_name": name, "active": None}
            )
        return found

    def is_stranger(self, place: int) -> bool:
        """Whether no user has the id of who is at this place."""
        return place >= self.known


class Groups:
    """Groups, and who is in them by all that the tables tell."""

    def __init__(self, tables: Tables, people: People) -> None:
        rows = tables.rows("group_members")
        roles = tables.rows("model_roles")
        self._people = people
        self._names: dict[str, str | None] = {
            row["group_id"]: row["display_name"] for row in tables.rows("groups")
        }
        for row in rows:
            self._names.setdefault(row["group_id"], row["group_name"])
        self._by_name = _unique((name, group) for group, name in self._names.items())
        self._direct: dict[str, set[int]] = {}
        self._inner: dict[str, set[str]] = {}
        self._silent: set[str] = set()
        for row in rows:
            self._take(row["group_id"], row["user_id"], row["user_display"])
        users = tables.rows("users")
        for place, row in enumerate(users):
            for group in (row["group_ids"] or "").split(","):
                if group:
                    self._names.setdefault(group, None)
                    self._direct.setdefault(group, set()).add(place)
        # A role of a group that somebody has says that they are in it, perhaps by others.
        for row in roles:
            whom = people.find(row["user_id"])
            if row["origin_group_id"] is not None and whom is not None:
                self._direct.setdefault(row["origin_group_id"], set()).add(whom)
        each_says = tables.is_known("users") and all(row["group_ids"] is not None for row in users)
        self._gap = None if each_says else tables.gaps.get("group_members")
        self._of: dict[str, dict[int, str]] = {}

    def _take(self, group: str, member: str | None, display: str | None) -> None:
        if member is None:
            self._silent.add(group)
        elif member in self._names and self._people.find(member) is None:
            self._inner.setdefault(group, set()).add(member)
        else:
            self._direct.setdefault(group, set()).add(self._people.place(member, display))

    def find(self, group_id: str | None, name: str | None) -> str | None:
        """Return the id of a group as the members have it; the name counts where none has the id."""
        if group_id is not None and group_id in self._names:
            return group_id
        return self._by_name.get(_folded(name), group_id)

    def name(self, group: str | None) -> str | None:
        """Return the name of a group, where it is known."""
        return self._names.get(group or "")

    def why_unknown(self, group: str | None) -> str | None:
        """Return why not all members of a group are known; None where they are."""
        if group is None or group not in self._names:
            return "no table names this group"
        inside = [group, *self._within(group)]
        if self._silent.intersection(inside):
            return "its members are not told"
        return f"group_members: {self._gap}" if self._gap else None

    def members(self, group: str | None) -> Members:
        """Return who is in a group, and by which groups within it."""
        if group is None:
            return {}
        if group not in self._of:
            found = dict.fromkeys(sorted(self._direct.get(group, ())), self._said([group]))
            for inner, between in self._within(group).items():
                for place in sorted(self._direct.get(inner, ())):
                    found.setdefault(place, self._said([*between, inner]))
            self._of[group] = found
        return self._of[group]

    def _within(self, group: str) -> dict[str, list[str]]:
        """Return the groups in a group, the nearest first, each with those around it."""
        found: dict[str, list[str]] = {}
        ahead = [(inner, [group]) for inner in sorted(self._inner.get(group, ()))]
        for inner, around in ahead:
            if inner not in found:
                found[inner] = around
                ahead += [(one, [*around, inner]) for one in sorted(self._inner.get(inner, ()))]
        return found

    def _said(self, groups: Collection[str]) -> str:
        return " > ".join(self._names.get(group) or group for group in groups)


def _attributes(text: str | None) -> Mapping[str, Any]:
    """Return what a user's attributes are; nothing where they are not told."""
    if text is None or _IS_ADMINISTRATOR not in text:
        return {}
    try:
        held = json.loads(text)
    except ValueError:
        return {}
    return held if isinstance(held, dict) else {}


def _folded(text: str | None) -> str:
    return (text or "").casefold()


def _unique(pairs: Iterator[tuple[str | None, Any]]) -> dict[str, Any]:
    """Return what is named by a text, upper and lower case the same, where it is one only."""
    found: dict[str, set[Any]] = {}
    for text, one in pairs:
        if text:
            found.setdefault(text.casefold(), set()).add(one)
    return {text: next(iter(ones)) for text, ones in found.items() if len(ones) == 1}
