"""What belongs to nobody, or leads nowhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from omnipd.admin.inventory_frames import Inventory
from omnipd.audit.empty_groups import GROUPS, EmptyGroups
from omnipd.audit.facts import has_all_scopes
from omnipd.audit.folder_readers import PERMITS, FolderReaders
from omnipd.audit.listed_documents import LISTS, ListedDocuments
from omnipd.audit.owners import PEOPLE, People
from omnipd.audit.some_columns import OF_ITEMS, some_columns
from omnipd.audit.tables import Tables, question
from omnipd.frames.columns import TEXT
from omnipd.frames.labels import split_names

Row = Mapping[str, Any]

_SCHEMA = pa.schema(
    [
        (name, TEXT)
        for name in (
            "kind",
            "type",
            "id",
            "name",
            "folder_path",
            "refers_to",
            "refers_to_name",
            "unknown",
        )
    ]
)
_GONE, _DEACTIVATED = "owner gone", "owner deactivated"
_OWNED = ("content", "documents", "folders", "schedules", "api_keys")
#: The tables that each kind rests on: without one of them there may be more.
_RESTS_ON = {
    _GONE: (*_OWNED, *PEOPLE),
    _DEACTIVATED: (*_OWNED, "users", "embed_users"),
    "no readers": ("content", *PERMITS, *PEOPLE),
    "document gone": ("schedules", *LISTS),
    "no content": ("labels", "content"),
    "no members": GROUPS,
}


@question(
    "content",
    also=(
        "documents",
        "folders",
        "schedules",
        "api_keys",
        "labels",
        "folder_permissions",
        "groups",
        "group_members",
        *PEOPLE,
    ),
)
def orphans(inventory: Inventory) -> pd.DataFrame:
    """Return what belongs to nobody, or leads nowhere.

    Parameters
    ----------
    inventory : Inventory
        Of one Omni. It needs ``content``, and takes ``documents``, ``folders``, ``schedules``,
        ``api_keys``, ``labels``, ``folder_permissions``, ``groups``, ``group_members``, ``users``,
        ``embed_users`` and ``email_only_users``. What is personal is in it with ``scope="all"``.

    Returns
    -------
    pandas.DataFrame
        One row per kind and item, all text:

        - ``kind``: ``owner gone``, ``owner deactivated``, ``no readers``, ``document gone``,
          ``no content`` or ``no members``.
        - ``type``: ``document``, ``folder``, ``schedule``, ``api_key``, ``label`` or ``group``.
        - ``id``: the document's identifier, the label's name, or the id of what it is; null where
          nothing is said of one in particular.
        - ``name``, ``folder_path``: its name, and the folder that it is in, or is.
        - ``refers_to``, ``refers_to_name``: the owner, or the document that is gone.
        - ``unknown``: null where it is known; else what would have to be known for it. A row without
          an ``id`` says why there may be more.

    Raises
    ------
    ArgumentError
        If the inventory lacks what it needs.

    See Also
    --------
    omnipd.audit.leaver : What belongs to somebody who leaves.
    omnipd.audit.schedule_health : Schedules that do not arrive.

    Examples
    --------
    >>> import omnipd
    >>> orphans = omnipd.audit.orphans
    >>> with omnipd.sandbox(size="tiny"):
    ...     inventory = omnipd.read_inventory(include=[*orphans.needs, *orphans.also], scope="all")
    >>> found = orphans(inventory)
    >>> found.groupby(["kind", "type"]).size().to_dict()
    {('no content', 'label'): 8, ('no members', 'group'): 1}
    """
    tables = Tables(inventory, orphans)
    people = People(tables)
    return tables.answer(
        _SCHEMA,
        [
            *_owned(tables, people),
            *_unread_folders(tables, people),
            *_undelivered(inventory, tables),
            *_unused_labels(inventory, tables),
            *_empty_groups(tables),
            *_gaps(tables),
        ],
    )


def _gaps(tables: Tables) -> Iterator[Row]:
    for kind, names in _RESTS_ON.items():
        for name in names:
            if name in tables.gaps:
                yield {"kind": kind, "unknown": f"{name}: {tables.gaps[name]}"}


def _owned(tables: Tables, people: People) -> Iterator[Row]:
    """Yield what has an owner who is gone or deactivated, and of how much that is not known."""
    for items in _items_of_owners(tables):
        owner_of = people.owners(one["refers_to"] for one in items)
        open_ones: Counter[tuple[str, str, str]] = Counter()
        for item in items:
            owner = owner_of(item["refers_to"])
            if owner.is_gone or owner.may_be_gone:
                yield item | {"kind": _GONE, "unknown": owner.why}
            elif owner.is_deactivated:
                yield item | {"kind": _DEACTIVATED}
            elif owner.why is not None:
                kind = _GONE if owner.is_gone is None else _DEACTIVATED
                open_ones[kind, item["type"], owner.why] += 1
        for (kind, of, why), count in open_ones.items():
            yield {"kind": kind, "type": of, "unknown": f"{why}, of {count}"}


def _items_of_owners(tables: Tables) -> Iterator[list[dict[str, Any]]]:
    """Yield what has owners, list by list: the ids of owners may differ from list to list."""
    listed: set[tuple[str, str | None]] = set()
    for name in ("content", "documents", "folders"):
        items = []
        for row in some_columns(tables[name], OF_ITEMS):
            kind, identity, path = _identity(name, row)
            if kind is not None and (kind, identity) not in listed:
                listed.add((kind, identity))
                if not row.get("deleted"):
                    items.append(_item(kind, identity, row, row["owner_id"], path))
        yield items
    yield [
        _item("schedule", row["schedule_id"], row, row["owner_id"])
        for row in tables.rows("schedules")
    ]
    yield [
        _item("api_key", row["api_key_id"], row, row["user_id"])
        for row in tables.rows("api_keys")
        if row["user_id"] is not None
    ]


def _identity(name: str, row: Row) -> tuple[str | None, str | None, str | None]:
    """Return the type of an item, what it is known by, and the folder that it is in, or is."""
    if name == "folders":
        return "folder", row["folder_id"], row["path"]
    if row["type"] == "document":
        return "document", row["document_identifier"], row["folder_path"]
    if row["type"] == "folder" and name == "content":
        return "folder", row["id"], row["path"]
    return None, None, None


def _item(
    kind: str, identity: str | None, row: Row, owner_id: str | None, path: str | None = None
) -> dict[str, Any]:
    return {
        "type": kind,
        "id": identity,
        "name": row["name"],
        "folder_path": path,
        "refers_to": owner_id,
        "refers_to_name": row.get("owner_name"),
    }


def _unread_folders(tables: Tables, people: People) -> Iterator[Row]:
    items = some_columns(tables["content"], OF_ITEMS)
    folders = [row for row in items if row["type"] == "folder" and row["id"]]
    readers = FolderReaders(tables, people)
    owner_of = people.owners(row["owner_id"] for row in folders)
    for row in folders:
        readers.note(row, owner_of(row["owner_id"]))
    for row in folders:
        anybody, why = readers.of(row)
        if not anybody:
            item = _item("folder", row["id"], row, row["owner_id"], row["path"])
            yield item | {"kind": "no readers", "unknown": why}


def _undelivered(inventory: Inventory, tables: Tables) -> Iterator[Row]:
    documents = ListedDocuments(inventory, tables)
    for row in tables.rows("schedules"):
        is_gone, why = documents.is_gone(row["document_identifier"])
        if is_gone is not False:
            yield {
                "kind": "document gone",
                "type": "schedule",
                "id": row["schedule_id"],
                "name": row["name"],
                "refers_to": row["document_identifier"],
                "refers_to_name": row["dashboard_name"],
                "unknown": why,
            }


def _unused_labels(inventory: Inventory, tables: Tables) -> Iterator[Row]:
    content = tables["content"]
    borne: set[str] = set()
    silent = False
    for labels in content["labels"].unique().to_pylist():
        silent |= labels is None
        borne.update(split_names(labels))
    hidden = [f"content: {tables.gaps['content']}"] if "content" in tables.gaps else []
    if silent:
        hidden.append("content: Omni does not tell all labels")
    for row in tables.rows("labels"):
        if row["label"] in borne or (row["usage_count"] or 0) > 0:
            continue
        why = list(hidden)
        if row["usage_count"] is None and not has_all_scopes(inventory):
            why.append("content: what is personal is not known to be in it")
        yield {
            "kind": "no content",
            "type": "label",
            "id": row["label"],
            "name": row["label"],
            "unknown": "; ".join(why) or None,
        }


def _empty_groups(tables: Tables) -> Iterator[Row]:
    groups = EmptyGroups(tables)
    for group_id, name in groups.names.items():
        is_empty, why = groups.is_empty(group_id)
        if is_empty is not False:
            yield {
                "kind": "no members",
                "type": "group",
                "id": group_id,
                "name": name,
                "unknown": why,
            }
