"""Rows of who can see what: each grant, for each person whom it is for, with what results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from omnipd.audit.access_grants import ROLES, Grant, Grants
from omnipd.audit.access_items import Item
from omnipd.audit.access_people import Groups, People

SCHEMA = pa.schema(
    [
        ("user_id", pa.string()),
        ("email", pa.string()),
        ("display_name", pa.string()),
        ("active", pa.bool_()),
        ("type", pa.string()),
        ("document_identifier", pa.string()),
        ("id", pa.string()),
        ("name", pa.string()),
        ("access_source", pa.string()),
        ("group_id", pa.string()),
        ("group_name", pa.string()),
        ("group_path", pa.string()),
        ("folder_id", pa.string()),
        ("folder_path", pa.string()),
        ("role", pa.string()),
        ("access_boost", pa.bool_()),
        ("model_role", pa.string()),
        ("resulting_role", pa.string()),
        ("can_see", pa.bool_()),
        ("unknown", pa.string()),
    ]
)

_PEOPLE = pa.schema(list(SCHEMA)[:4])
_ITEMS = pa.schema(list(SCHEMA)[4:8])
_GRANTS = pa.schema(
    [
        *(SCHEMA.field(name) for name in ("access_source", "group_id", "group_name")),
        *(SCHEMA.field(name) for name in ("folder_id", "folder_path", "role", "access_boost")),
        ("holder", pa.string()),
        ("of_role", pa.string()),
        ("of_holder", pa.string()),
    ]
)

_NOBODY = -1
_NOT_KNOWN = -1
_Ints = np.ndarray[Any, np.dtype[np.int64]]
_Flags = np.ndarray[Any, np.dtype[np.bool_]]


class Rows:
    """The rows of some items and some people.

    Parameters
    ----------
    items : sequence of dict
        The items.
    grants, people, groups
        What is told of them.
    wanted : set of int, optional
        The places of the people who are asked for. What is not known may concern any of them, and has
        its rows too.
    """

    def __init__(
        self,
        items: Sequence[Item],
        grants: Grants,
        people: People,
        groups: Groups,
        wanted: set[int] | None,
    ) -> None:
        self._items = items
        self._people = people
        self._groups = groups
        self._wanted = wanted
        numbers = [grants.on(item) for item in items]
        self._grants = grants.all
        item_of_pair = np.repeat(np.arange(len(items)), [len(one) for one in numbers])
        grant_of_pair = np.fromiter((each for one in numbers for each in one), np.int64)
        self._expand(item_of_pair, grant_of_pair)

    def _expand(self, item_of_pair: _Ints, grant_of_pair: _Ints) -> None:
        """Take each grant on each item for each person whom it is for."""
        self._paths: list[str | None] = [None]
        held = [self._holders(grant) for grant in self._grants]
        sizes = np.array([len(people) for people, _ in held], np.int64)
        starts = np.cumsum(sizes) - sizes
        people = np.concatenate([np.zeros(0, np.int64), *(one for one, _ in held)])
        paths = np.concatenate([np.zeros(0, np.int64), *(one for _, one in held)])
        counts = sizes[grant_of_pair]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        place = np.repeat(starts[grant_of_pair], counts) + within
        item, grant = np.repeat(item_of_pair, counts), np.repeat(grant_of_pair, counts)
        user = people[place]
        # What is not known of anybody in particular stands last.
        way = np.repeat(np.arange(len(counts)), counts)
        order = np.lexsort((way, np.where(user == _NOBODY, len(self._people.rows), user), item))
        self._item, self._grant, self._user = item[order], grant[order], user[order]
        self._path = paths[place][order]

    def _holders(self, grant: Grant) -> tuple[_Ints, _Ints]:
        """Return the places of whom a grant is for, and by which groups they have it."""
        if grant.kind == "group":
            members = self._groups.members(str(grant.holder))
            chosen = [one for one in members if self._wanted is None or one in self._wanted]
            numbers = dict.fromkeys(members.values(), 0)
            for text in numbers:
                numbers[text] = len(self._paths)
                self._paths.append(text)
            paths = [numbers[members[one]] for one in chosen]
            if self._groups.why_unknown(str(grant.holder)) is not None:
                chosen, paths = [*chosen, _NOBODY], [*paths, 0]
        elif grant.kind == "unknown":
            chosen, paths = [_NOBODY], [0]
        else:
            everybody = range(self._people.known) if grant.kind == "everybody" else [grant.holder]
            chosen = [int(one or 0) for one in everybody if self._is_wanted(one)]
            paths = [0] * len(chosen)
        return np.array(chosen, np.int64), np.array(paths, np.int64)

    def _is_wanted(self, place: Any) -> bool:
        return self._wanted is None or place in self._wanted

    def table(self, model_roles: ModelRoles) -> pa.Table:
        """Return the rows, by item and person."""
        nobody = self._user == _NOBODY
        people = pa.Table.from_pylist(self._people.rows, schema=_PEOPLE)
        people = people.take(_places(self._user, nobody))
        grants = pa.Table.from_pylist(list(map(self._told, self._grants)), schema=_GRANTS)
        grants = grants.take(pa.array(self._grant))
        items = pa.Table.from_pylist(list(self._items), schema=_ITEMS).take(pa.array(self._item))
        roles, can_see = self._results()
        # Who is not known is called what Omni calls them.
        name = pc.if_else(pa.array(nobody), grants["holder"], people["display_name"])
        stranger = pa.array(self._user >= self._people.known)
        unknown = pc.if_else(pa.array(nobody), grants["of_holder"], grants["of_role"])
        unknown = pc.coalesce(unknown, pc.if_else(stranger, "not among the users", None))
        made = {
            "display_name": name,
            "group_path": pa.array(self._paths, pa.string()).take(pa.array(self._path)),
            "model_role": model_roles.of(self._items, self._item, self._user),
            "resulting_role": roles,
            "can_see": can_see,
            "unknown": unknown,
        }
        known = {
            name: column
            for table in (people, items, grants)
            for name, column in zip(table.schema.names, table.columns, strict=True)
        }
        return pa.table([(known | made)[name] for name in SCHEMA.names], schema=SCHEMA)

    def _told(self, grant: Grant) -> dict[str, Any]:
        """Return what a grant says in a row."""
        group = grant.kind == "group"
        why = self._groups.why_unknown(str(grant.holder)) if group else grant.unknown
        return {
            "access_source": grant.source,
            "group_id": grant.holder if group else None,
            "group_name": (self._groups.name(str(grant.holder)) or grant.name) if group else None,
            "folder_id": grant.folder_id,
            "folder_path": grant.folder_path,
            "role": grant.role,
            "access_boost": grant.access_boost,
            "holder": None if group else grant.name,
            "of_role": grant.unknown,
            "of_holder": why,
        }

    def _results(self) -> tuple[pa.Array, pa.Array]:
        """Return what all rows of a person on an item come to: the role, and whether they see it."""
        if not len(self._item):
            return pa.array([], pa.string()), pa.array([], pa.bool_())
        codes = {role: code for code, role in enumerate(ROLES)}
        told = np.array([codes.get(grant.role or "", _NOT_KNOWN) for grant in self._grants])
        code = told[self._grant]
        first = np.flatnonzero((np.diff(self._item) != 0) | (np.diff(self._user) != 0)) + 1
        first = np.concatenate([[0], first])
        length = np.diff(np.append(first, len(code)))
        best = np.repeat(np.maximum.reduceat(code, first), length)
        nobody = self._user == _NOBODY
        # Something that is not known of an item may concern anybody.
        open_items = np.zeros(len(self._items), np.bool_)
        open_items[self._item[nobody]] = True
        more = np.repeat(np.logical_or.reduceat(code == _NOT_KNOWN, first), length)
        more = (more | open_items[self._item]) & (best < codes["MANAGER"])
        active = [row["active"] for row in self._people.rows]
        left = np.array([one is False for one in active] + [False])[self._user]
        silent = np.array([one is None for one in active] + [True])[self._user]
        role = pa.array(ROLES, pa.string()).take(
            pa.array(np.where(left, 0, best), mask=silent | (~left & (more | (best == _NOT_KNOWN))))
        )
        sees = (best > codes["NO_ACCESS"]) & ~left
        return role, pa.array(sees, pa.bool_(), mask=silent | (more & ~sees & ~left))


class ModelRoles:
    """The role that is in effect for each person on each connection, where it is one only."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], people: People) -> None:
        found: dict[tuple[int, str | None], set[str]] = {}
        for row in rows:
            place = people.find(row["user_id"])
            role = row["base_role"] or row["role_name"]
            if row["resolved"] and place is not None and role is not None:
                found.setdefault((place, row["connection_id"]), set()).add(role)
        self._roles = found
        self._people = len(people.rows)

    def of(self, items: Sequence[Item], item: _Ints, user: _Ints) -> pa.Array:
        """Return the role of each row's person on the connection of its document."""
        connections = [each["connection_id"] for each in items]
        numbers = {one: number for number, one in enumerate(dict.fromkeys(connections))}
        texts: dict[str | None, int] = {None: 0}
        # The last row is that of nobody.
        table = np.zeros((self._people + 1, len(numbers)), np.int64)
        for place in range(self._people):
            for connection, number in numbers.items():
                if connection is not None:
                    found = self._roles.get((place, connection)) or self._roles.get((place, None))
                    role = next(iter(found)) if found and len(found) == 1 else None
                    table[place, number] = texts.setdefault(role, len(texts))
        of_item = np.array([numbers[one] for one in connections], np.int64)
        return pa.array(list(texts), pa.string()).take(pa.array(table[user, of_item[item]]))


def _places(places: _Ints, nobody: _Flags) -> pa.Array:
    return pa.array(np.where(nobody, 0, places), mask=nobody)
