"""Documents and folders: the content inventory, and the labels on it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from omnipd.arguments import argument, as_list, function
from omnipd.client.client import Client
from omnipd.errors import ArgumentError
from omnipd.frames.columns import Column, count, flag, folder_path, instant, text
from omnipd.frames.labels import LABELS, LABELS_VERIFIED, having_any
from omnipd.frames.records import TableBuilder
from omnipd.frames.to_pandas import to_frame
from omnipd.lists.editable import Editable, why_deleted, why_new_folder_differs
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.manual import manual
from omnipd.lists.params import SORT_DIRECTION, Param, choices
from omnipd.readers.scope_all import ALL, check_errors, read_all_scopes

COLUMNS: dict[str, Column] = {
    "type": text("type", doc="document or folder"),
    "id": text("id", doc="Folder id; null for documents"),
    "document_identifier": text("identifier", doc="Document identifier; null for folders"),
    "name": text("name", doc="Name as people see it"),
    "path": folder_path("path", doc="Folder path with one leading slash; null for documents"),
    "scope": text("scope", doc="organization or restricted"),
    "owner_id": text("owner.id", "ownerId", doc="Membership id of the owner"),
    "owner_name": text("owner.name", "ownerName", doc="Name of the owner; not unique"),
    "folder_id": text(
        "folder.id", "folderId", doc="Folder that holds the document; null at the top"
    ),
    "folder_name": text("folder.name", "folderName", doc="Its name"),
    "folder_path": folder_path("folder.path", "folderPath", doc="Its path with one leading slash"),
    "folder_scope": text("folder.scope", doc="Its scope"),
    "connection_id": text("connectionId", doc="Connection the document queries"),
    "description": text("description", doc="Description of the document"),
    "has_dashboard": flag("hasDashboard", doc="Whether the document has a dashboard"),
    "has_app": flag("hasApp", doc="Whether the document has an app"),
    "deleted": flag("deleted", doc="Whether the document is in the trash"),
    "labels": LABELS,
    "labels_verified": LABELS_VERIFIED,
    "count_documents": count(
        "_count.documents", doc="Documents in the folder; with include='_count'"
    ),
    "count_favorites": count(
        "_count.favorites", doc="People who have it as a favorite; with include='_count'"
    ),
    "count_views": count("_count.views", doc="Views of the document; with include='_count'"),
    "visits": count("visits", doc="Dashboard visits, where the server sends them"),
    "last_viewed_at": instant("lastViewedAt", doc="Last view, where the server sends it"),
    "updated_at": instant("updatedAt", doc="Last change of the document"),
    "url": text("url", doc="Where to open it"),
}


def _with_labels(table: pa.Table, arguments: Mapping[str, Any]) -> pa.Table:
    return having_any(table, arguments["labels"])


def _by_update(table: pa.Table, arguments: Mapping[str, Any]) -> pa.Table:
    """Sort by ``updated_at``; rows without one, the folders, come last; ties keep their order."""
    order = "descending" if arguments.get("direction") == "desc" else "ascending"
    key = [("updated_at", order)]
    return table.take(pc.sort_indices(table, sort_keys=key))


CONTENT = Endpoint(
    "/api/v1/content",
    key=("document_identifier", "id"),
    editable=Editable(
        "{type}",
        ("document_identifier", "id", "path"),  # a new folder has no id yet
        columns={
            "name": "name",
            "description": "description",
            "path": "path",
            "labels": "labels",
            "folder_path": "folder_path",
            "owner_id": "owner_id",
        },
        name="name",
        row="exists",
        fixed=lambda row: why_deleted(row) or why_new_folder_differs(row),
    ),
    params={
        # Omni's pages list labels= and updatedAt, its specifications do not (docs/wire.md).
        "labels": Param("labels", "list", client_side=_with_labels),
        "scope": Param("scope", "choice", choices("organization", "restricted", ALL)),
        "creator_id": Param("creatorId", "id"),
        "folder_id": Param("folderId", "id"),
        "path": Param("path"),
        "include": Param("include", "list", choices("_count", "labels")),
        "sort": Param(
            "sortField",
            "choice",
            choices("name", "favorites", updated_at="updatedAt"),
            client_side=_by_update,
            maybe_unsupported=("updated_at",),
        ),
        "direction": SORT_DIRECTION,
    },
    columns=COLUMNS,
)


@manual(CONTENT)
def read_content(
    *,
    labels: Sequence[str] | str | None = None,
    scope: str | None = None,
    creator_id: str | None = None,
    folder_id: str | None = None,
    path: str | None = None,
    include: Sequence[str] | str | None = ("_count", "labels"),
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
    """Read documents and folders, one row each.

    A list is returned whole or not at all: what does not add up raises and carries what was read.

    Parameters
    ----------
    labels : str or sequence of str, optional
        Only what carries at least one of these labels. Where the server does not take the
        parameter, the whole list is read and filtered here, with a warning.
    scope : {"organization", "restricted", "all"}, optional
        ``restricted`` is one person's own content, and needs `creator_id`. ``all`` is the
        organization's and that of every person, each read by itself; see Notes. Default: the
        server's, which is organization.
    creator_id : str, optional
        Membership id (UUID) of the creator.
    folder_id : str, optional
        Only what is in this folder. Not together with `path`.
    path : str, optional
        ``"/a/b"``: that folder and what it holds; ``"/a/*"``: everything below; ``"/"``: everything.
    include : str or sequence of str, default ("_count", "labels")
        Optional fields to ask for. Columns of what was not asked for are null.
    sort : {"name", "favorites", "updated_at"}, default "name"
        Where the server cannot sort by `updated_at`, it is done here, folders last, with a warning.

    See Also
    --------
    omnipd.explode_labels : One row per item and label.
    omnipd.folder_tree : Folders with parents, depth and rolled-up counts.
    omnipd.flatten_content : The same columns from JSON that you already hold.

    Notes
    -----
    With an organization key the default is everything shared with the organization. Personal
    content shows only person by person, with ``scope="restricted"`` and `creator_id`.

    ``scope="all"`` reads the users, then the organization's content, then that of each user: about
    one request per user, which is said beforehand when it takes more than a minute. What several
    lists show comes once. The organization's rows come first, then person by person in the order
    of :func:`omnipd.read_users`; `sort` holds within each, but ``updated_at`` over all. `labels`
    are filtered here. It needs an organization key. With `creator_id` it is two lists, for what
    that person made in both scopes. It does not go with `path`, `folder_id` or `limit`. Embed
    users, and people whom :func:`omnipd.read_users` does not list, are not asked for.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     content = omnipd.read_content(path="/finance/*", sort="favorites", direction="desc", limit=2)
    >>> content[["type", "folder_path", "count_favorites"]].dtypes
    type               string[pyarrow]
    folder_path        string[pyarrow]
    count_favorites     int64[pyarrow]
    dtype: object
    """
    arguments = dict(locals())
    check_errors(errors, scope)
    if scope == ALL and (path is not None or folder_id is not None):
        raise ArgumentError(
            (
                argument("scope", "all")
                + " does not go with "
                + argument("path")
                + " or "
                + argument("folder_id")
                + ": a folder is not in every list."
            ),
            hint="Read it all, and filter the frame by folder_path.",
        )
    if scope == "restricted" and creator_id is None:
        raise ArgumentError(
            (
                argument("scope", "restricted")
                + " needs "
                + argument("creator_id")
                + ", the owner of the content."
            ),
            hint="Pass a membership id; " + function("whoami") + " shows your own.",
        )
    if folder_id is not None and path is not None:
        raise ArgumentError(
            argument("folder_id")
            + " and "
            + argument("path")
            + " exclude each other; give one of them."
        )
    asked = as_list("include", include)
    if labels is not None and "labels" not in asked:
        asked.append("labels")
    arguments["include"] = asked or None
    if scope == ALL:
        return read_all_scopes(CONTENT, "creatorId", arguments, only=creator_id)
    return CONTENT.read(arguments)


def flatten_content(records: Iterable[Mapping[str, Any]] | Mapping[str, Any]) -> pd.DataFrame:
    """Turn raw content records into the frame that :func:`read_content` returns.

    Parameters
    ----------
    records : iterable of mappings, or one answer with ``records``
        As Omni's content API sends them, of any age: owners as ``owner`` or ``ownerId``, labels as
        names or as objects.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`read_content`, one row per record, in their order.

    Raises
    ------
    ArgumentError
        If there is something else than records in it.

    Examples
    --------
    >>> import omnipd
    >>> df = omnipd.flatten_content({"records": [
    ...     {"type": "folder", "id": "f1", "name": "Sales", "path": "sales", "ownerId": "m1",
    ...      "labels": [{"name": "finance", "verified": True}], "_count": {"documents": 3}},
    ... ]})
    >>> df[["path", "owner_id", "labels", "count_documents"]]
         path owner_id   labels  count_documents
    0  /sales       m1  finance                3
    """
    held = records.get("records") if isinstance(records, Mapping) else records
    if held is None:
        raise ArgumentError("The answer has no list under 'records'.", hint="Pass the records.")
    if not isinstance(held, Iterable):
        raise ArgumentError(f"Expected records, not {type(held).__name__}.")
    listed = list(held)
    if not all(isinstance(record, Mapping) for record in listed):
        raise ArgumentError("Each record must be a mapping, as Omni's content API sends it.")
    builder = TableBuilder(COLUMNS)
    builder.add([dict(record) for record in listed])
    table: pa.Table = builder.finish()
    return to_frame(table, {"complete": True})
