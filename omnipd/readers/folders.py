"""Folders: the list, who may do what in them, and the tree with counts rolled up."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from omnipd.arguments import IDS_OF_FOLDERS, argument, as_list, check_flag, function
from omnipd.client.client import Client
from omnipd.errors import ArgumentError
from omnipd.frames.columns import COUNT, TEXT, Column, count, flag, folder_path, text
from omnipd.frames.labels import LABELS, LABELS_VERIFIED
from omnipd.frames.records import Record
from omnipd.frames.to_pandas import is_whole, to_frame
from omnipd.lists import paging
from omnipd.lists.editable import Editable, why_new_folder_differs
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut
from omnipd.lists.manual import manual
from omnipd.lists.params import SORT_DIRECTION, Param, choices
from omnipd.lists.parents import Parents
from omnipd.readers.permits import editable_permits
from omnipd.readers.scope_all import ALL, check_errors, read_all_scopes


def _parent_path(path: Any) -> str | None:
    above = str(path).strip("/").rpartition("/")[0]
    return f"/{above}" if above else None


FOLDERS = Endpoint(
    "/api/v1/folders",
    key=("folder_id",),
    editable=Editable(
        "folder",
        ("folder_id", "path"),  # a new one has no id yet
        columns={"name": "name", "path": "path", "labels": "labels"},
        name="name",
        row="exists",
        fixed=why_new_folder_differs,
    ),
    params={
        "labels": Param("labels", "list"),
        "owner_id": Param("ownerId", "id"),
        "path": Param("path"),
        "scope": Param("scope", "choice", choices("organization", "restricted", ALL)),
        "user_id": Param("userId", "id"),
        "include": Param(
            "include", "list", choices("_count", "labels", only_shared_with_me="onlySharedWithMe")
        ),
        "sort": Param(
            "sortField",
            "choice",
            choices("name", "favorites", "path", created_at="createdAt", updated_at="updatedAt"),
        ),
        "direction": SORT_DIRECTION,
    },
    columns={
        "folder_id": text("id", doc="Id of the folder"),
        "name": text("name", doc="Name as people see it"),
        "path": folder_path("path", doc="Path with one leading slash"),
        "parent_path": Column(TEXT, ("path",), "Path of its parent; null at the top", _parent_path),
        "depth": Column(
            COUNT, ("path",), "1 at the top", lambda path: str(path).strip("/").count("/") + 1
        ),
        "scope": text("scope", doc="organization or restricted, where the server says so"),
        "owner_id": text("ownerId", "owner.id", doc="Membership id of the owner"),
        "owner_name": text("ownerName", "owner.name", doc="Their name, where the server says so"),
        "labels": LABELS,
        "labels_verified": LABELS_VERIFIED,
        "count_documents": count("_count.documents", doc="Documents in the folder"),
        "count_favorites": count("_count.favorites", doc="People who have it as a favorite"),
        "url": text("url", doc="Where to open it"),
    },
)

# Omni takes userId beside onlySharedWithMe only.
_ALL_FOLDERS = replace(
    FOLDERS, params={name: param for name, param in FOLDERS.params.items() if name != "user_id"}
)


@manual(FOLDERS)
def read_folders(
    *,
    labels: Sequence[str] | str | None = None,
    owner_id: str | None = None,
    path: str | None = None,
    scope: str | None = None,
    user_id: str | None = None,
    include: Sequence[str] | str | None = ("_count", "labels"),
    only_shared_with_me: bool = False,
    sort: str = "name",
    direction: str = "asc",
    limit: int | None = None,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read folders, one row each.

    Parameters
    ----------
    labels : str or sequence of str, optional
        Only folders with these labels.
    owner_id : str, optional
        Membership id (UUID) of the owner.
    path : str, optional
        ``"/a/b"``: that folder; ``"/a/*"``: those in it; ``"/a/**"``: all below it.
    scope : {"organization", "restricted", "all"}, optional
        ``restricted`` is one person's own; with an organization key it needs `owner_id`. ``all`` is
        the organization's and those of every person, as for :func:`omnipd.read_content`, with
        `owner_id` for one person. Default: the server's, which is organization.
    user_id : str, optional
        The person whose shared folders to read: a membership id. Only with `only_shared_with_me`, where the
        default is that of the client.
    include : str or sequence of str, default ("_count", "labels")
        Optional fields to ask for. Columns of what was not asked for are null.
    only_shared_with_me : bool, default False
        Only what others share with the person of `user_id`, or with the owner of a personal access
        token. Not together with `owner_id` or `path`.
    sort : {"name", "favorites", "path", "created_at", "updated_at"}, default "name"
        What to sort by. Omni's sources disagree on the last two: a server may refuse them.

    See Also
    --------
    omnipd.read_content : Documents and folders in one frame.
    omnipd.folder_tree : Folders with parents, depth and rolled-up counts.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     folders = omnipd.read_folders(sort="path", limit=20)
    >>> bool(folders.loc[folders["depth"] == 1, "parent_path"].isna().all())
    True
    """
    arguments = dict(locals())
    check_flag("only_shared_with_me", only_shared_with_me)
    asked = as_list("include", include)
    if only_shared_with_me and "only_shared_with_me" not in asked:
        asked.append("only_shared_with_me")
    if "only_shared_with_me" not in asked and user_id is not None:
        raise ArgumentError(
            argument("user_id") + " goes only with " + argument("only_shared_with_me", True) + "."
        )
    if "only_shared_with_me" in asked and (owner_id is not None or path is not None):
        raise ArgumentError(
            argument("only_shared_with_me")
            + " excludes "
            + argument("owner_id")
            + " and "
            + argument("path")
            + "."
        )
    arguments["include"] = asked or None
    check_errors(errors, scope)
    if scope == ALL:
        if path is not None or "only_shared_with_me" in asked:
            raise ArgumentError(
                argument("scope", "all")
                + " does not go with "
                + argument("path")
                + " or "
                + argument("only_shared_with_me")
                + "."
            )
        return read_all_scopes(_ALL_FOLDERS, "ownerId", arguments, only=owner_id)
    endpoint = FOLDERS if "only_shared_with_me" in asked else _ALL_FOLDERS
    return endpoint.read(arguments)


def _with_type(permit: Record) -> Iterator[Record]:
    """Say what kind of principal a permit is for, where only the name of the id does."""
    known = {"userId": "user", "userGroupId": "userGroup"}
    kind = next((kind for key, kind in known.items() if permit.get(key) is not None), None)
    yield {"type": kind} | permit


FOLDER_PERMISSIONS = FanOut(
    Endpoint(
        "/api/v1/folders/{folder_id}/permissions",
        pages=paging.whole,
        rows="permits",
        unfold=_with_type,
        key=("principal_type", "principal_id"),
        # A permit that does not name its principal may equal another one.
        keyless="unchecked",
        editable=editable_permits("folder_permission", "folder_id"),
        params={"user_id": Param("userId", "id")},
        columns={
            "principal_type": text("type", doc="user or userGroup"),
            "principal_id": text(
                "userId", "userGroupId", "id", doc="Membership id, or id of the group"
            ),
            "principal_name": text("name", doc="Their name, where the server says so"),
            "description": text("description", doc="What Omni says of them, such as an address"),
            "role": text(
                "role", "direct.role", "folder.role", doc="VIEWER, EDITOR, MANAGER and others"
            ),
            "access_boost": flag(
                "accessBoost",
                "direct.accessBoost",
                "folder.accessBoost",
                doc="Whether access is boosted; null where the server does not say",
            ),
            "is_owner": flag(
                "direct.isOwner", "folder.isOwner", doc="Whether they own it, where it is said"
            ),
        },
    ),
    parent=("folder_id",),
    ids={"folder_id": IDS_OF_FOLDERS},
)


@manual(FOLDER_PERMISSIONS)
def read_folder_permissions(
    folders: Parents,
    *,
    user_id: str | None = None,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the permits on folders, one row per folder and person or group, with one call per folder.

    Parameters
    ----------
    user_id : str, optional
        Only the permits of this person: a membership id (UUID). Default: that of the client, else
        all permits, which only those who manage a folder may read.

    See Also
    --------
    omnipd.read_document_access : Who has access to documents.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     folders = omnipd.read_folders(limit=5)
    ...     permits = omnipd.read_folder_permissions(folders)
    >>> set(permits["folder_id"]) <= set(folders["folder_id"])
    True
    """
    arguments = dict(locals())
    if isinstance(folders, pd.DataFrame) and {"type", "id", "folder_id"} <= set(folders.columns):
        raise ArgumentError(
            "Of content, id is a folder itself and folder_id the folder it is in.",
            hint='Pass the one that you mean: df["id"] or df["folder_id"].',
        )
    return FOLDER_PERMISSIONS.read(folders, arguments)


_NEEDED = ("type", "id", "name", "path", "folder_id")
_SCHEMA = pa.schema(
    [
        ("folder_id", pa.string()),
        ("name", pa.string()),
        ("path", pa.string()),
        ("parent_id", pa.string()),
        ("parent_path", pa.string()),
        ("depth", pa.int64()),
        ("documents", pa.int64()),
        ("folders", pa.int64()),
        ("total_documents", pa.int64()),
        ("total_folders", pa.int64()),
        ("total_views", pa.int64()),
    ]
)


def folder_tree(df: pd.DataFrame) -> pd.DataFrame:
    """Return the folders of a content frame with their parents, depths and rolled-up counts.

    Counts are of the rows in `df`: read the whole content for a whole tree.

    Parameters
    ----------
    df : pandas.DataFrame
        From :func:`omnipd.read_content` or :func:`omnipd.flatten_content`.

    Returns
    -------
    pandas.DataFrame
        One row per folder, sorted by path: ``folder_id``, ``name``, ``path``, ``parent_id`` and
        ``parent_path`` (null at the top, and where the parent is not in `df`), ``depth`` (1 at the
        top), ``documents`` and ``folders`` directly inside, ``total_documents``,
        ``total_folders`` and ``total_views`` of everything below. ``total_views`` is null when the
        views of a document below are not known.

    Raises
    ------
    ArgumentError
        If `df` is not a content frame.

    Examples
    --------
    >>> import omnipd
    >>> content = omnipd.flatten_content([
    ...     {"type": "folder", "id": "f1", "name": "Sales", "path": "sales"},
    ...     {"type": "folder", "id": "f2", "name": "EMEA", "path": "sales/emea"},
    ...     {"type": "document", "identifier": "d1", "name": "Q1", "folder": {"id": "f2"}},
    ... ])
    >>> omnipd.folder_tree(content)[["path", "depth", "documents", "total_documents"]]
              path  depth  documents  total_documents
    0       /sales      1          0                1
    1  /sales/emea      2          1                1
    """
    missing = [name for name in _NEEDED if name not in df.columns]
    if missing:
        raise ArgumentError(
            f"The frame has no column {missing[0]!r}.",
            hint="Pass what " + function("read_content") + " returns.",
        )
    folders = df[df["type"] == "folder"]
    documents = df[df["type"] == "document"]
    by_path = {
        str(path): _Folder(str(identity), _text(name), str(path))
        for identity, name, path in zip(
            folders["id"], folders["name"], folders["path"], strict=True
        )
        if not pd.isna(path)
    }
    by_id = {folder.id: folder for folder in by_path.values()}
    for folder in by_path.values():
        folder.parent = by_path.get(folder.path.rpartition("/")[0])
    views = documents["count_views"] if "count_views" in df.columns else [None] * len(documents)
    for home, seen in zip(documents["folder_id"], views, strict=True):
        if (found := by_id.get(_text(home) or "")) is not None:
            found.take_document(None if pd.isna(seen) else int(seen))
    ordered = sorted(by_path.values(), key=lambda folder: folder.path)
    for folder in ordered:
        folder.count_in_ancestors()
    table = pa.Table.from_pylist([folder.row() for folder in ordered], schema=_SCHEMA)
    return to_frame(table, {"complete": is_whole(df)})


class _Folder:
    """One folder while its counts are being added up."""

    def __init__(self, identity: str, name: str | None, path: str) -> None:
        self.id = identity
        self.name = name
        self.path = path
        self.parent: _Folder | None = None
        self.documents = self.folders = self.total_documents = self.total_folders = 0
        self.total_views: int | None = 0

    def take_document(self, views: int | None) -> None:
        self.documents += 1
        folder: _Folder | None = self
        while folder is not None:
            folder.total_documents += 1
            known = folder.total_views is not None and views is not None
            folder.total_views = (folder.total_views or 0) + (views or 0) if known else None
            folder = folder.parent

    def count_in_ancestors(self) -> None:
        if self.parent is not None:
            self.parent.folders += 1
        ancestor = self.parent
        while ancestor is not None:
            ancestor.total_folders += 1
            ancestor = ancestor.parent

    def row(self) -> dict[str, object]:
        return {
            "folder_id": self.id,
            "name": self.name,
            "path": self.path,
            "parent_id": self.parent.id if self.parent else None,
            "parent_path": self.parent.path if self.parent else None,
            "depth": self.path.strip("/").count("/") + 1,
            "documents": self.documents,
            "folders": self.folders,
            "total_documents": self.total_documents,
            "total_folders": self.total_folders,
            "total_views": self.total_views,
        }


def _text(value: object) -> str | None:
    return None if pd.isna(value) else str(value)  # type: ignore[call-overload]
