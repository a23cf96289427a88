"""Permissions on documents and folders as they are now: one call for each document or folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from omnipd.changes.action import Present
from omnipd.changes.change import Change
from omnipd.changes.now import Now
from omnipd.errors import NotFoundError
from omnipd.lists.fanout import FanOut
from omnipd.readers.document_access import DOCUMENT_ACCESS
from omnipd.readers.folders import FOLDER_PERMISSIONS

# What of a permission stands on the thing itself: of documents the list says it, if asked.
_LISTS: Mapping[str, tuple[FanOut, Mapping[str, str]]] = {
    "document_permission": (DOCUMENT_ACCESS, {"access_source": "direct"}),
    "folder_permission": (FOLDER_PERMISSIONS, {}),
}


def present_roles(now: Now, changes: Sequence[Change]) -> Present:
    """Return the role of each principal that has one on the thing itself."""
    found = _permits_now(now, changes)
    return {
        change.key: row["role"] for change in changes if (row := found.get(_of(change))) is not None
    }


def present_boosts(now: Now, changes: Sequence[Change]) -> Present:
    """Return whether access is boosted.

    Where there is no permission it is None for changes that come with making or with taking one away:
    when they are looked at before, or afterwards, that is as it should be.
    """
    found = _permits_now(now, changes)
    boosts: dict[Any, bool | None] = {}
    for change in changes:
        if (row := found.get(_of(change))) is not None:
            boosts[change.key] = bool(row["access_boost"])
        elif change.old is None or change.new is None:
            boosts[change.key] = None
    return boosts


def _of(change: Change) -> tuple[str, str | None]:
    return change.key.item, change.key.part


def _permits_now(
    now: Now, changes: Sequence[Change]
) -> dict[tuple[str, str | None], Mapping[str, Any]]:
    """Return the permissions by thing and principal; a thing that is not there has none."""
    items = dict.fromkeys(change.key.item for change in changes)
    return {
        (item, f"{row['principal_type']}:{row['principal_id']}"): row
        for item in items
        for row in _permits_on(now, changes[0].key.kind, item)
    }


def _permits_on(now: Now, kind: str, item: str) -> Iterator[Mapping[str, Any]]:
    listed, asked = _LISTS[kind]
    # Of all people, also where the client acts for one of them.
    arguments = {**asked, "refresh": True, "client": now.client}
    try:
        table, _ = listed.below((item,)).read_table(arguments)
    except NotFoundError:
        return
    yield from table.to_pylist()
