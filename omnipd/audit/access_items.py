"""The documents and folders of an inventory, and the folders that each is in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from omnipd.audit.folders_by_path import FoldersByPath, path_above
from omnipd.audit.tables import Tables

Item = dict[str, Any]

_COLUMNS = (
    "type",
    "document_identifier",
    "id",
    "name",
    "path",
    "scope",
    "owner_id",
    "owner_name",
    "folder_id",
    "folder_path",
    "connection_id",
)


class Items:
    """All documents and folders that any table names, each once; those in the trash are none.

    Attributes
    ----------
    all : list of dict
        The items, with the columns of ``content``.
    """

    def __init__(self, tables: Tables) -> None:
        known: dict[tuple[str, str], Item] = {}
        self.all: list[Item] = []
        trash: set[tuple[str, str]] = set()
        for item in _told(tables):
            key = (item["type"], item["document_identifier"] or item["id"] or "")
            if item.pop("deleted", None):
                trash.add(key)
            if key in trash or (key[1] and key in known):
                continue
            known[key] = item
            self.all.append(item)
        folders = [item for item in self.all if item["type"] == "folder"]
        self._folders = {item["id"]: item for item in folders if item["id"] is not None}
        self._at = FoldersByPath[Item]()
        for item in folders:
            self._at.add(item)

    def around(self, item: Item) -> list[Item | None]:
        """Return the folders that an item is in, the nearest first; None stands for one not known."""
        if item["type"] == "folder":
            path, inner, found = path_above(item["path"]), item, []
        elif item["folder_id"] is None and item["folder_path"] is None:
            return []
        else:
            first = self._folders.get(item["folder_id"]) or self._at.find(item["folder_path"], item)
            path, found = path_above(item["folder_path"]), [first]
            inner = first or item
        while path is not None:
            folder = self._at.find(path, inner)
            found.append(folder)
            inner, path = folder or inner, path_above(path)
        return found


def _told(tables: Tables) -> Iterator[Item]:
    for name in ("content", "documents", "folders"):
        table: pa.Table = tables[name]
        if name == "folders":
            table = table.rename_columns(
                ["id" if one == "folder_id" else one for one in table.schema.names]
            )
        held = [one for one in (*_COLUMNS, "deleted") if one in table.schema.names]
        kind = {} if "type" in held else {"type": "folder"}
        for row in table.select(held).to_pylist():
            item = dict.fromkeys(_COLUMNS) | row | kind
            if item["type"] in {"document", "folder"}:
                yield item
    for identifier in tables["document_access"]["document_identifier"].unique().to_pylist():
        yield dict.fromkeys(_COLUMNS) | {"type": "document", "document_identifier": identifier}
    for identifier in tables["folder_permissions"]["folder_id"].unique().to_pylist():
        yield dict.fromkeys(_COLUMNS) | {"type": "folder", "id": identifier}
