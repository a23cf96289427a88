"""Who may do what with documents."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Literal

import pandas as pd

from omnipd.arguments import argument
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.errors import ArgumentError
from omnipd.frames.columns import (
    flag,
    folder_path,
    text,
)
from omnipd.frames.records import Record
from omnipd.frames.to_pandas import is_whole, marked_incomplete
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut
from omnipd.lists.manual import manual
from omnipd.lists.params import SORT_DIRECTION, Param, choices
from omnipd.lists.parents import Parents, parent_keys
from omnipd.readers.documents import PARENT
from omnipd.readers.permits import editable_permits

DOCUMENT_ACCESS = FanOut(
    Endpoint(
        "/api/v1/documents/{document_identifier}/access-list",
        rows=("principals", "records"),
        # Whoever has access in both ways comes twice.
        key=("principal_type", "principal_id", "access_source"),
        keyless="whole",
        editable=editable_permits("document_permission", "document_identifier"),
        params={
            "access_source": Param("accessSource", "choice", choices("direct", "folder")),
            "principal_type": Param("type", "choice", choices("user", "userGroup")),
            "sort": Param("sortField", "choice", choices("name", "email", "role")),
            "direction": SORT_DIRECTION,
        },
        columns={
            "principal_type": text("type", doc="user or userGroup"),
            "principal_id": text("id", doc="Membership id, or id of the group"),
            "principal_name": text("name", doc="Name of the person or group"),
            "email": text("email", doc="Address; null for groups"),
            "role": text("role", doc="VIEWER, EDITOR, MANAGER and others"),
            "access_boost": flag("accessBoost", doc="Whether access is boosted"),
            "access_source": text("accessSource", doc="direct, or folder when inherited"),
            "is_owner": flag("isOwner", doc="Whether they own it; null for groups"),
            "folder_id": text("folderInfo.id", doc="Folder the access comes from"),
            "folder_name": text("folderInfo.name", doc="Name of that folder"),
            "folder_path": folder_path(
                "folderInfo.path", doc="Path of that folder, with one leading slash"
            ),
        },
    ),
    parent=PARENT,
)


@manual(DOCUMENT_ACCESS)
def read_document_access(
    documents: Parents,
    *,
    access_source: str | None = None,
    principal_type: str | None = None,
    sort: str = "name",
    direction: str = "asc",
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read who has access to documents, one row per document, person or group, and way of access.

    Parameters
    ----------
    access_source : {"direct", "folder"}, optional
        Only access given on the document itself, or only what comes from its folder.
    principal_type : {"user", "userGroup"}, optional
        Only people, or only groups.
    sort : {"name", "email", "role"}, default "name"
        What to sort by, within each document.

    See Also
    --------
    omnipd.read_folder_permissions : Who has access to folders.
    omnipd.read_document_permissions : What one person may do.

    Notes
    -----
    Whoever has access both directly and through a folder has two rows. A role that everybody in the
    organization has may not be listed.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     documents = omnipd.read_documents(limit=5)
    ...     access = omnipd.read_document_access(documents, principal_type="user")
    >>> access["principal_type"].unique().tolist()
    ['user']
    """
    return DOCUMENT_ACCESS.read(documents, locals())


def _permit_rows(permit: Record) -> Iterator[Record]:
    """Yield a row for each way in which a permit holds."""
    rest = {key: permit[key] for key in permit.keys() - {"direct", "folder", "inherited"}}
    ways = [way for way in ("direct", "folder") if isinstance(permit.get(way), dict)]
    for way in ways:
        yield {**rest, "source": way, "held": permit[way]}
    if not ways:
        inherited = "folder" if permit.get("inherited") is True else None
        yield {**rest, "source": "direct" if permit.get("direct") is True else inherited}


DOCUMENT_PERMISSIONS = FanOut(
    Endpoint(
        "/api/v1/documents/{document_identifier}/permissions",
        pages=paging.whole_or_bare,
        rows="permits",
        unfold=_permit_rows,
        params={"user_id": Param("userId", "id")},
        columns={
            "principal_id": text("id", doc="Membership id, or id of a group of theirs"),
            "principal_name": text("name", doc="Name of the person or of that group"),
            "principal_type": text("type", doc="user or userGroup"),
            "description": text("description", doc="What Omni says of them, such as an address"),
            "source": text("source", doc="direct, or folder when inherited"),
            "role": text("held.role", "role", doc="VIEWER, EDITOR, MANAGER and others"),
            "is_owner": flag("held.isOwner", "isOwner", doc="Whether they own it"),
            "access_boost": flag(
                "held.accessBoost", "accessBoost", doc="Whether access is boosted"
            ),
        },
    ),
    parent=(*PARENT, "user_id"),
)


@manual(DOCUMENT_PERMISSIONS)
def read_document_permissions(
    documents: Parents,
    *,
    user_id: str | None = None,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read one person's permits on documents, one row per document and permit.

    Parameters
    ----------
    user_id : str, optional
        Membership id (UUID) of the person. Default: that of the client; one of the two is needed.

    See Also
    --------
    omnipd.read_document_access : Everybody who has access, in one call per document.
    omnipd.read_document_abilities : What a document allows.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     documents = omnipd.read_documents(limit=5)
    ...     me = omnipd.whoami().user_id
    ...     permits = omnipd.read_document_permissions(documents, user_id=me)
    >>> set(permits["source"]) <= {"direct", "folder"}
    True
    """
    arguments = dict(locals())
    person = user_id if user_id is not None else current_client(client).user_id
    if person is None:
        raise ArgumentError(argument("user_id") + " is missing: the person whose permits to read.")
    DOCUMENT_PERMISSIONS.endpoint.params["user_id"].encode("user_id", person)
    pairs = [(*key, person) for key in parent_keys(documents, PARENT)]
    asked = pd.DataFrame(pairs, columns=list(DOCUMENT_PERMISSIONS.parent), dtype=object)
    asked = asked if is_whole(documents) else marked_incomplete(asked)
    return DOCUMENT_PERMISSIONS.read(asked, arguments)


DOCUMENT_ABILITIES = FanOut(
    Endpoint(
        "/api/v1/documents/{document_identifier}/permissions",
        pages=paging.single,
        rows="abilities",
        params={"user_id": Param("userId", "id")},
        columns={
            "can_analyze": flag("canAnalyze", doc="Analyze it"),
            "can_download": flag("canDownload", doc="Download its data"),
            "can_drill": flag("canDrill", doc="Drill into it"),
            "can_duplicate": flag("canDuplicate", doc="Duplicate it"),
            "can_request_access": flag("canRequestAccess", doc="Ask for access"),
            "can_save_spreadsheets": flag("canSaveSpreadsheets", doc="Save spreadsheets"),
            "can_schedule": flag("canSchedule", doc="Schedule deliveries"),
            "can_upload": flag("canUpload", doc="Upload files"),
            "can_use_dashboard_ai": flag("canUseDashboardAi", doc="Use AI on the dashboard"),
            "can_use_timezone_override": flag(
                "canUseTimezoneOverride", doc="View it in another time zone"
            ),
            "can_view_workbook": flag("canViewWorkbook", doc="View the workbook behind it"),
            "require_pull_request_to_publish": flag(
                "requirePullRequestToPublish", doc="Whether it is published by pull request only"
            ),
        },
    ),
    parent=PARENT,
)


@manual(DOCUMENT_ABILITIES)
def read_document_abilities(
    documents: Parents,
    *,
    user_id: str | None = None,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read what documents allow, one row per document, with one call each.

    Parameters
    ----------
    user_id : str, optional
        Membership id (UUID) of the person to ask for. Default: that of the client. Older servers
        need one.

    Raises
    ------
    ResponseError
        If this Omni does not tell abilities; older ones do not.

    See Also
    --------
    omnipd.read_document_permissions : Whom they are allowed to.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     documents = omnipd.read_documents(limit=5)
    ...     abilities = omnipd.read_document_abilities(documents)
    >>> len(abilities)
    5
    """
    return DOCUMENT_ABILITIES.read(documents, locals())
