"""The rows of a plan: changes as cells that people and files can read, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from omnipd.changes.action_table import action_of
from omnipd.changes.api_call import most_careful
from omnipd.changes.change import Change, Key
from omnipd.changes.steps import calls_of
from omnipd.changes.values import is_null
from omnipd.errors import ArgumentError
from omnipd.frames.columns import FLAG, TEXT, as_json

SCHEMA = pa.schema(
    [
        ("kind", TEXT),
        ("item", TEXT),
        ("name", TEXT),
        ("part", TEXT),
        ("part_name", TEXT),
        ("column", TEXT),
        ("old", TEXT),
        ("old_name", TEXT),
        ("new", TEXT),
        ("new_name", TEXT),
        ("call", TEXT),
        ("tier", TEXT),
        ("reversible", FLAG),
        ("refused", TEXT),
        ("remark", TEXT),
    ]
)
COLUMNS = tuple(SCHEMA.names)
#: What says what a change is; all else follows from it, but for what was refused when it was planned.
SAYING = ("kind", "item", "name", "part", "column", "old", "new", "refused")
#: What people call the ids in it. What they say is no part of a change, but nobody is to be misled by it.
NAMING = ("part_name", "old_name", "new_name")


def cells_of(change: Change) -> dict[str, Any]:
    """Return the cells of a change."""
    key = change.key
    action = action_of(key.kind, key.column)
    why = change.refused
    calls = () if why is not None else calls_of(change)
    lasting = action.irreversible(change)
    remarks = [one for one in (action.remark(change), lasting) if one is not None]
    return {
        **saying(change),
        "call": "; ".join(map(str, calls)) or None,
        "tier": most_careful([call.tier for call in calls]) if calls else None,
        "reversible": None if why is not None else lasting is None,
        "remark": " ".join(remarks) or None,
    }


def saying(change: Change) -> dict[str, Any]:
    """Return those cells of a change that all others follow from."""
    key = change.key
    values = action_of(key.kind, key.column).values
    return {
        "kind": key.kind,
        "item": key.item,
        "name": change.name,
        "part": key.part,
        "column": key.column,
        "old": values.text(change.old),
        "new": values.text(change.new),
        "refused": change.refused,
        **{name: getattr(change, name) for name in NAMING},
    }


def checked(change: Change) -> Change:
    """Return a change that is refused where it can be seen that it cannot be made."""
    if change.refused is not None:
        return change
    why = action_of(change.key.kind, change.key.column).check(change)
    return change if why is None else replace(change, refused=why)


def checksum(cells: Mapping[str, Any], instance: str) -> str:
    """Return what changes when a row says something else, or of another Omni."""
    said = [instance, *(_text(cells[name]) or "" for name in (*SAYING, *NAMING))]
    return hashlib.blake2b(as_json(said).encode(), digest_size=8).hexdigest()


def plan_name(changes: Iterable[Change], instance: str) -> str:
    """Return what stands for a plan: another one, or one in another order, has another."""
    sums = "".join(checksum(saying(one), instance) for one in changes)
    return hashlib.blake2b(sums.encode(), digest_size=8).hexdigest()


def change_of(cells: Mapping[str, Any]) -> Change:
    """Return the change that cells say.

    Raises
    ------
    ArgumentError
        If they say none.
    """
    kind, item, column = (_needed(cells, name) for name in ("kind", "item", "column"))
    action = action_of(kind, column)
    part, name, refused = (_text(cells.get(one)) for one in ("part", "name", "refused"))
    values = []
    for one in ("old", "new"):
        try:
            values.append(action.values.of(cells.get(one)))
        except ValueError:
            raise ArgumentError(
                f"The {one} value of {column} of the {kind} {item!r} must be {action.values.name}, "
                f"unlike {cells.get(one)!r}."
            ) from None
    names = {one: _text(cells.get(one)) for one in NAMING}
    return Change(Key(kind, item, part, column), values[0], values[1], name, refused, **names)


def table_of(changes: Iterable[Change]) -> pa.Table:
    """Return the rows of changes as a table."""
    return pa.Table.from_pylist(list(map(cells_of, changes)), SCHEMA)


def checked_once(changes: Sequence[Change]) -> None:
    """Refuse changes of which two are of the same.

    Raises
    ------
    ArgumentError
        If one column of one thing is changed twice.
    """
    seen: set[Key] = set()
    for change in changes:
        if change.key in seen:
            kind, item, part, column = change.key
            of = f" ({part})" if part is not None else ""
            raise ArgumentError(
                f"{column} of the {kind} {item!r}{of} is in the plan twice.",
                hint="Leave one of the rows out.",
            )
        seen.add(change.key)


def _needed(cells: Mapping[str, Any], name: str) -> str:
    text = _text(cells.get(name))
    if text is None:
        raise ArgumentError(f"A row of the plan has no {name}.", hint="Each row needs one.")
    return text


def _text(cell: Any) -> str | None:
    return None if is_null(cell) else str(cell)
