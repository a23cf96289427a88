"""The documents and folders of an inventory, and the folders that each is in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

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
        self._folders = {item["id"]: item for item in self.all if item["type"] == "folder"}
        self._at: dict[str, list[Item]] = {}
        for item in self._folders.values():
            self._at.setdefault(item["path"], []).append(item)

    def around(self, item: Item) -> list[Item | None]:
        """Return the folders that an item is in, the nearest first; None stands for one not known."""
        if item["type"] == "folder":
            path, inner, found = _above(item["path"]), item, []
        elif item["folder_id"] is None and item["folder_path"] is None:
            return []
        else:
            first = self._folders.get(item["folder_id"]) or self._one_at(item["folder_path"], item)
            path, found = _above(item["folder_path"]), [first]
            inner = first or item
        while path is not None:
            folder = self._one_at(path, inner)
            found.append(folder)
            inner, path = folder or inner, _above(path)
        return found

    def _one_at(self, path: str | None, inner: Item) -> Item | None:
        """Return the folder at a path; personal ones of several people may have the same."""
        found = self._at.get(path or "", [])
        for trait in ("scope", "owner_id"):
            if len(found) > 1:
                found = [one for one in found if one[trait] == inner[trait]]
        return found[0] if len(found) == 1 else None


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


def _above(path: str | None) -> str | None:
    return (path or "").rpartition("/")[0] or None
