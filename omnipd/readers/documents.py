"""Documents: the list, and what is below each of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from omnipd.arguments import argument, as_list, check_flag
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import ArgumentError
from omnipd.frames.columns import (
    COUNT,
    TEXT,
    Column,
    as_json,
    count,
    flag,
    folder_path,
    instant,
    text,
    to_count,
)
from omnipd.frames.labels import LABELS, LABELS_VERIFIED, join_names
from omnipd.lists import paging
from omnipd.lists.editable import Editable, why_deleted
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut
from omnipd.lists.manual import manual
from omnipd.lists.params import SORT_DIRECTION, Param, choices
from omnipd.lists.parents import Parents

# How Omni says that a document, which exists, has no dashboard (docs/wire.md).
NO_DASHBOARD = "does not have a dashboard|has no dashboard"
PARENT = ("document_identifier",)

DOCUMENTS = Endpoint(
    "/api/v1/documents",
    key=("document_identifier",),
    editable=Editable(
        "document",
        ("document_identifier",),
        columns={
            "name": "name",
            "description": "description",
            "labels": "labels",
            "folder_path": "folder_path",
            "owner_id": "owner_id",
        },
        name="name",
        row="exists",
        fixed=why_deleted,
    ),
    params={
        "labels": Param("labels", "list"),
        "creator_id": Param("creatorId", "id"),
        "folder_id": Param("folderId", "id"),
        "user_id": Param("userId", "id"),
        "include": Param(
            "include",
            "list",
            choices(
                "_count",
                "labels",
                include_deleted="includeDeleted",
                only_favorites="onlyFavorites",
                only_shared_with_me="onlySharedWithMe",
            ),
        ),
        "sort": Param(
            "sortField", "choice", choices("name", "favorites", "visits", updated_at="updatedAt")
        ),
        "direction": SORT_DIRECTION,
    },
    columns={
        "type": text("type", doc="document"),
        "document_identifier": text(
            "identifier", doc="Identifier of the document; it can be renamed"
        ),
        "name": text("name", doc="Name as people see it"),
        "scope": text("scope", doc="organization or restricted"),
        "owner_id": text("owner.id", "ownerId", doc="Membership id of the owner"),
        "owner_name": text("owner.name", "ownerName", doc="Name of the owner; not unique"),
        "folder_id": text("folder.id", "folderId", doc="Folder that holds it; null at the top"),
        "folder_name": text("folder.name", "folderName", doc="Name of that folder"),
        "folder_path": folder_path(
            "folder.path", "folderPath", doc="Path of that folder, with one leading slash"
        ),
        "folder_scope": text("folder.scope", doc="Scope of that folder"),
        "connection_id": text("connectionId", doc="Connection the document queries"),
        "description": text("description", doc="Description"),
        "has_dashboard": flag("hasDashboard", doc="Whether it has a dashboard"),
        "has_app": flag("hasApp", doc="Whether it has an app"),
        "deleted": flag("deleted", doc="Whether it is in the trash"),
        "labels": LABELS,
        "labels_verified": LABELS_VERIFIED,
        "count_favorites": count("_count.favorites", doc="People who have it as a favorite"),
        "count_views": count("_count.views", doc="Views"),
        "updated_at": instant("updatedAt", doc="Last change"),
        "url": text("url", doc="Where to open it"),
    },
)


@manual(DOCUMENTS)
def read_documents(
    *,
    labels: Sequence[str] | str | None = None,
    creator_id: str | None = None,
    folder_id: str | None = None,
    user_id: str | None = None,
    include: Sequence[str] | str | None = ("_count", "labels"),
    include_deleted: bool = False,
    only_favorites: bool = False,
    only_shared_with_me: bool = False,
    sort: str = "name",
    direction: str = "asc",
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read documents, one row each.

    Parameters
    ----------
    labels : str or sequence of str, optional
        Only documents with these labels.
    creator_id : str, optional
        Membership id (UUID) of the creator.
    folder_id : str, optional
        Only what is directly in this folder.
    user_id : str, optional
        Only what this person can view: a membership id or the id of an embed user. Default: that of
        the client.
    include : str or sequence of str, default ("_count", "labels")
        Optional fields to ask for. Columns of what was not asked for are null.
    include_deleted : bool, default False
        Also what is in the trash.
    only_favorites : bool, default False
        Only what the person of `user_id` marked as a favorite.
    only_shared_with_me : bool, default False
        Only what others share with the person of `user_id`, or with the owner of a personal access
        token. Not together with `only_favorites` or `folder_id`.
    sort : {"name", "favorites", "updated_at", "visits"}, default "name"
        What to sort by.

    See Also
    --------
    omnipd.read_content : Documents and folders in one frame.
    omnipd.read_document_queries : What the dashboards ask.

    Notes
    -----
    No source says whether an organization key sees personal documents here;
    ``read_content(scope="all")`` asks for those of every person.

    No column says which model a document uses: :func:`omnipd.read_document_queries` has
    ``model_id``.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     documents = omnipd.read_documents(sort="favorites", direction="desc", limit=5)
    >>> documents["count_favorites"].is_monotonic_decreasing
    True
    """
    arguments = dict(locals())
    switches = {
        "include_deleted": include_deleted,
        "only_favorites": only_favorites,
        "only_shared_with_me": only_shared_with_me,
    }
    asked = as_list("include", include)
    for name, on in switches.items():
        check_flag(name, on)
        asked += [name] if on and name not in asked else []
    if "only_favorites" in asked and user_id is None and current_client(client).user_id is None:
        raise ArgumentError(
            argument("only_favorites", True)
            + " needs "
            + argument("user_id")
            + ": whose favorites."
        )
    if "only_shared_with_me" in asked and ("only_favorites" in asked or folder_id is not None):
        raise ArgumentError(
            argument("only_shared_with_me")
            + " excludes "
            + argument("only_favorites")
            + " and "
            + argument("folder_id")
            + "."
        )
    return DOCUMENTS.read(arguments | {"include": asked or None})


DOCUMENT_DETAILS = FanOut(
    Endpoint(
        "/api/v1/documents/{document_identifier}",
        pages=paging.single,
        rows=None,
        columns={
            "name": text("name", doc="Name as people see it"),
            "description": text("description", doc="Description"),
            "model_id": text("modelId", doc="Model the dashboard uses"),
            "facet_filters": flag("facetFilters", doc="Whether filters narrow each other"),
            "refresh_interval_s": count("refreshInterval", doc="Seconds between refreshes"),
            "filter_order": Column(
                TEXT, ("filterOrder",), "Ids of the filters in order, comma-joined", join_names
            ),
            "filter_config": Column(TEXT, ("filterConfig",), "The filters, as JSON", as_json),
            "document_metadata": Column(
                TEXT, ("documentMetadata",), "Layout and the like, as JSON", as_json
            ),
            "query_presentations": Column(
                TEXT, ("queryPresentations",), "The tiles with their queries, as JSON", as_json
            ),
            "query_count": Column(COUNT, ("queryPresentations",), "Number of tiles", len),
        },
    ),
    parent=PARENT,
)


@manual(DOCUMENT_DETAILS)
def read_document_details(
    documents: Parents,
    *,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read what dashboards are made of, one row per document, with one call each.

    Parameters
    ----------
    documents : str, iterable of str, or DataFrame
        Identifiers, or a frame with ``document_identifier``. Only documents with
        a dashboard: Omni answers 400 for others.

    See Also
    --------
    omnipd.read_document_queries : The queries, one row each.
    omnipd.read_dashboard_filters : The filters, one row each.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     documents = omnipd.read_documents(limit=10)
    ...     details = omnipd.read_document_details(documents[documents["has_dashboard"]])
    >>> bool((details["query_count"] >= 0).all())
    True
    """
    return DOCUMENT_DETAILS.read(documents, locals())


def _of_query(
    key: str, doc: str, kind: pa.DataType = TEXT, convert: Callable[[Any], Any] | None = None
) -> Column:
    """Declare a column that stands inside the query object, which is kept whole beside it."""

    def found(query: Any) -> Any:
        value = query.get(key) if isinstance(query, dict) else None
        return value if value is None or convert is None else convert(value)

    return Column(kind, ("query",), doc, found)


#: What is told of a query that stands in a record.
QUERY_PARTS: dict[str, Column] = {
    "model_id": _of_query("modelId", "Model that it asks"),
    "table": _of_query("table", "View that it starts from"),
    "topic": _of_query("join_paths_from_topic_name", "Topic whose joins it uses"),
    "fields": _of_query("fields", "Its fields, comma-joined", convert=join_names),
    "limit": _of_query("limit", "Its row limit; null for none", COUNT, to_count),
    "user_edited_sql": _of_query("userEditedSQL", "SQL by hand; empty without"),
    "query": Column(TEXT, ("query",), "The query object, as JSON: run_query takes it", as_json),
}

DOCUMENT_QUERIES = FanOut(
    Endpoint(
        "/api/v1/documents/{document_identifier}/queries",
        pages=paging.whole,
        rows="queries",
        key=("query_id",),
        columns={
            "query_id": text("id", doc="Id of the query in its document"),
            "name": text("name", doc="Name of the tile"),
            "query_identifier_map_key": text(
                "queryIdentifierMapKey", doc="Key of the tile: for downloads and alerts"
            ),
            "url": text("url", doc="Where to open it"),
            **QUERY_PARTS,
        },
    ),
    parent=PARENT,
    none_said=NO_DASHBOARD,
    none_column="has_dashboard",
)


@manual(DOCUMENT_QUERIES)
def read_document_queries(
    documents: Parents,
    *,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the queries of dashboards, one row per document and query, with one call per document.

    Parameters
    ----------
    documents : str, iterable of str, or DataFrame
        Identifiers, or a frame with ``document_identifier``. A document without a
        dashboard has no rows.

    See Also
    --------
    omnipd.run_query : Run one of them.

    Notes
    -----
    Omni answers 404 for a document without a dashboard, and for one that is gone or not to be seen.
    The first has no rows, where Omni's words or the ``has_dashboard`` of the frame say so; any other
    404 is an error. Passing ``documents[documents["has_dashboard"]]`` saves calls.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     documents = omnipd.read_documents(limit=10)
    ...     queries = omnipd.read_document_queries(documents)
    >>> set(queries["document_identifier"]) <= set(documents["document_identifier"])
    True
    """
    return DOCUMENT_QUERIES.read(documents, locals())


DOCUMENT_FAVORITES = FanOut(
    Endpoint(
        "/api/v1/documents/{document_identifier}/favorites",
        key=("user_id",),
        keyless="whole",
        editable=Editable("document", ("document_identifier",), part=("user_id",), row="favorite"),
        columns={
            "user_id": text("userId", doc="Membership id"),
            "name": text("name", doc="Name of the person"),
            "email": text("email", doc="Address of the person"),
            "favorited_at": instant("favoritedAt", doc="When they marked it"),
        },
    ),
    parent=PARENT,
)


@manual(DOCUMENT_FAVORITES)
def read_document_favorites(
    documents: Parents,
    *,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read who marked documents as favorites, one row per document and person, the first first.

    Notes
    -----
    ``count_favorites`` of :func:`omnipd.read_documents` says how many, without a call per document.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     documents = omnipd.read_documents(sort="favorites", direction="desc", limit=3)
    ...     favorites = omnipd.read_document_favorites(documents)
    >>> len(favorites) == documents["count_favorites"].sum()
    True
    """
    return DOCUMENT_FAVORITES.read(documents, locals())


DOCUMENT_DRAFTS = FanOut(
    Endpoint(
        "/api/v1/documents/{document_identifier}/drafts",
        pages=paging.whole,
        rows=None,
        key=("draft_identifier",),
        keyless="whole",
        params={"include": Param("include", "list", choices("archived"))},
        columns={
            "draft_identifier": text("identifier", doc="Identifier of the draft"),
            "published_identifier": text(
                "publishedIdentifier", doc="The document that it is a draft of"
            ),
            "status": text("status", doc="active or archived"),
            "draft_out_of_date": flag(
                "draftOutOfDate", doc="Whether the document was published since"
            ),
            "branch_id": text("branch.id", doc="Branch of the model; null without"),
            "branch_name": text("branch.name", doc="Name of that branch"),
            "created_by_id": text("createdBy.id", doc="Who began it, where the server says so"),
            "created_by_name": text("createdBy.name", doc="Name of who began it"),
            "last_edited_by_id": text(
                "lastEditedBy.id", doc="Who changed it last, where the server says so"
            ),
            "last_edited_by_name": text("lastEditedBy.name", doc="Name of who changed it last"),
            "created_at": instant("createdAt", doc="When it was begun"),
            "updated_at": instant("updatedAt", doc="Last change"),
            "workbook_model_id": text(
                "workbookModelId", doc="Model of its workbook; another after each publishing"
            ),
        },
    ),
    parent=PARENT,
)


@manual(DOCUMENT_DRAFTS)
def read_document_drafts(
    documents: Parents,
    *,
    include_archived: bool = False,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read the drafts of documents, one row per document and draft, the newest first.

    Parameters
    ----------
    include_archived : bool, default False
        Also drafts that were given up; Omni keeps them about a week.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     documents = omnipd.read_documents(limit=30)
    ...     drafts = omnipd.read_document_drafts(documents, include_archived=True)
    >>> set(drafts["status"]) <= {"active", "archived"}
    True
    """
    check_flag("include_archived", include_archived)
    asked = {"include": "archived" if include_archived else None}
    return DOCUMENT_DRAFTS.read(documents, locals() | asked)
