"""Folders as they are now, in as few calls as can be: Omni tells of one only in a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from omnipd.changes.action import Present
from omnipd.changes.change import Change
from omnipd.changes.now import Now
from omnipd.errors import ForbiddenError, NotFoundError
from omnipd.readers.folders import read_folders

Row = Mapping[str, Any]

_COLUMNS = ("folder_id", "name", "path", "owner_id", "labels")


def present_of(now: Now, changes: Sequence[Change], column: str) -> Present:
    """Return a column of each change's folder; one that is not there has none."""
    found = folders_now(now, {change.key.item for change in changes})
    return {
        change.key: found[change.key.item][column] for change in changes if change.key.item in found
    }


def folders_now(now: Now, items: Iterable[str]) -> dict[str, Row]:
    """Return the rows of folders, by what they were asked for by: an id, or a path that starts with ``/``.

    One is asked for by its path, where that is known. Others are looked for in the list of all, and ids that
    are not in it among the folders of each person. A path is that of a folder of the organization.
    """
    wanted = set(items)
    places = now.learn("paths of folders")
    found: dict[str, Row] = {}
    for listing in _listings(now, wanted, places):
        for row in listing:
            for item in (row["folder_id"], row["path"]):
                if item in wanted:
                    found.setdefault(item, row)
        if wanted <= found.keys():
            break
    for row in found.values():
        places[row["folder_id"]] = row["path"]
    return found


def _listings(now: Now, wanted: set[str], places: Mapping[str, str]) -> Iterator[list[Row]]:
    first = next(iter(wanted), "")
    path = first if first.startswith("/") else places.get(first)
    if len(wanted) == 1 and path is not None:
        yield _list(now, path=path)
        if path == first:
            return
    yield _list(now)
    if any(not item.startswith("/") for item in wanted):
        yield _personal(now)


def _personal(now: Now) -> list[Row]:
    """Return what is personal: of everybody, or of the person whose own key it is."""
    try:
        return _list(now, scope="all")
    except ForbiddenError:
        return _list(now, scope="restricted")


def _list(now: Now, *, path: str | None = None, scope: str | None = None) -> list[Row]:
    try:
        frame = read_folders(
            path=path, scope=scope, include="labels", refresh=True, client=now.client
        )
    except NotFoundError:
        if path is None:
            raise
        return []
    cells = frame[list(_COLUMNS)].astype(object)
    return [
        {str(name): None if pd.isna(one) else one for name, one in row.items()}
        for row in cells.to_dict("records")
    ]
