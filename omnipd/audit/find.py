"""The person or the item that somebody names, among those of an inventory."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from omnipd.arguments import argument
from omnipd.errors import ArgumentError

_SHOWN = 3


def find_person(users: Sequence[Mapping[str, Any]], person: str, name: str = "person") -> str:
    """Return the ``user_id`` of somebody named by it, by address, by user name or by display name.

    Parameters
    ----------
    users : sequence of mapping
        The rows of ``users``.
    person : str
        What names one of them; upper and lower case are the same.
    name : str
        The argument that it was given as.

    Raises
    ------
    ArgumentError
        If nobody is meant by it, with near matches, or more than one.
    """
    return str(
        _found(
            name,
            person,
            users,
            [
                lambda row: row["user_id"],
                lambda row: row["email"],
                lambda row: row["user_name"],
                lambda row: row["display_name"],
            ],
            lambda row: row["user_id"],
        )["user_id"]
    )


def find_item(
    content: Sequence[Mapping[str, Any]], item: str, name: str = "item"
) -> Mapping[str, Any]:
    """Return the row of ``content`` of a document or folder that is named.

    A document is named by its identifier, a folder by its id or path, either by its name.

    Raises
    ------
    ArgumentError
        If nothing is meant by it, with near matches, or more than one.
    """
    return _found(
        name,
        item,
        content,
        [
            lambda row: row["document_identifier"],
            lambda row: row["id"],
            lambda row: row["path"] if row["type"] == "folder" else None,
            lambda row: row["name"],
        ],
        lambda row: row["document_identifier"] or row["path"] or row["id"],
    )


def _found(
    name: str,
    given: str,
    rows: Sequence[Mapping[str, Any]],
    ways: Iterable[Callable[[Mapping[str, Any]], str | None]],
    shown: Callable[[Mapping[str, Any]], Any],
) -> Mapping[str, Any]:
    """Return the only row that is named, in the first way in which any is."""
    if not isinstance(given, str) or not given.strip():
        raise ArgumentError(argument(name, given) + " names nothing.")
    wanted, near = given.casefold(), dict[str, None]()
    for way in ways:
        named = [(value.casefold(), value, row) for row in rows if (value := way(row)) is not None]
        hits = [row for folded, _, row in named if folded == wanted]
        exact = [row for _, value, row in named if value == given]
        hits = exact or hits
        if len(hits) == 1:
            return hits[0]
        if hits:
            some = ", ".join(str(shown(row)) for row in hits[:_SHOWN])
            raise ArgumentError(
                argument(name, given) + f" is the name of {len(hits)}.",
                hint=f"Name one of them by what only it has: {some}{' …' if len(hits) > _SHOWN else ''}.",
            )
        values = {folded: value for folded, value, _ in named}
        near |= dict.fromkeys(
            values[one] for one in difflib.get_close_matches(wanted, values, n=_SHOWN)
        )
    guess = f"Did you mean {' or '.join(map(repr, list(near)[:_SHOWN]))}?" if near else ""
    raise ArgumentError(
        argument(name, given) + " is nobody and nothing in the inventory.", hint=guess or None
    )
