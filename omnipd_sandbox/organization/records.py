"""The kinds of records an organization holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar

Scope = Literal["organization", "restricted"]
OrganizationRole = Literal["MEMBER", "ORG_ADMIN"]
ModelRole = Literal["NO_ACCESS", "VIEWER", "QUERY_TOPICS", "QUERIER", "MODELER", "CONNECTION_ADMIN"]


@dataclass(frozen=True)
class User:
    """A member of the organization.

    Almost every "user id" on the wire is `membership_id`; `user_id` is the person behind it
    and is deliberately never the same (docs/wire.md).
    """

    membership_id: str
    user_id: str
    name: str
    email: str
    organization_role: OrganizationRole
    # On every model, but for those in `roles`; None for a member who was given none.
    model_role: str | None
    attributes: dict[str, Any]
    created_at: str
    updated_at: str
    last_login: str | None
    active: bool = True
    roles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """A group of members; its id is a short word, not a UUID."""

    id: str
    name: str
    member_ids: tuple[str, ...]
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class Grant:
    """A role that was given to a member or a group, by id, on a document or a folder."""

    kind: Literal["user", "userGroup"]
    principal_id: str
    role: str
    access_boost: bool = False


@dataclass(frozen=True)
class Label:
    """A label that folders and documents can carry."""

    name: str
    verified: bool = False
    color: str | None = None
    description: str | None = None
    homepage: bool = False


@dataclass(frozen=True)
class Folder:
    """A folder; `path` is the wire's spelling, without a leading slash."""

    id: str
    name: str
    path: str
    parent_id: str | None
    owner_id: str
    scope: Scope
    labels: tuple[str, ...]
    favorited_by: tuple[str, ...]
    created_at: str
    updated_at: str
    # Those from the start when None.
    grants: tuple[Grant, ...] | None = None


@dataclass(frozen=True)
class StoredQuery:
    """A query of a document, as it would be sent to ``query/run``."""

    id: str
    name: str
    query: dict[str, Any]


class Absent:
    """Mark an optional key that the wire leaves out, which is not the same as null."""


ABSENT = Absent()


@dataclass(frozen=True)
class Dashboard:
    """What a dashboard has beside its queries: filters and controls by id, and their order."""

    filters: Mapping[str, Any]
    controls: Mapping[str, Any]
    order: tuple[str, ...]
    facet_filters: bool = False
    refresh_interval: int | None = None
    # By key of tile and id of filter or control: false where the tile does not obey it, else the
    # field it works on there. What is not named works on its own field.
    tile_filters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OpenedDraft:
    """A draft that was opened by a call, rather than invented."""

    identifier: str
    branch_id: str | None
    author_id: str
    created_at: str


@dataclass(frozen=True)
class DraftEdit:
    """What calls have changed in a draft: by whom and when last, and what a document will have."""

    author_id: str
    edited_at: str
    # As it is published when None.
    name: str | None = None
    description: str | Absent | None = ABSENT


@dataclass(frozen=True)
class Document:
    """A document. `updated_at` is the text on the wire."""

    identifier: str
    name: str
    owner_id: str
    folder_id: str | None
    scope: Scope
    # The shared model below it, and the connection of that.
    model_id: str
    connection_id: str
    deleted: bool
    has_dashboard: bool
    has_app: bool
    updated_at: str | None
    views: int
    description: str | Absent | None = ABSENT
    last_viewed_at: str | Absent | None = ABSENT
    visits: int | Absent | None = ABSENT
    labels: tuple[str, ...] = ()
    favorited_by: tuple[str, ...] = ()
    queries: tuple[StoredQuery, ...] = field(default=())
    # What an import or a copy brought along; the dashboard of any other document is invented.
    dashboard: Dashboard | None = None
    imported: bool = False
    # The identifier it began with, if it has another one now.
    first_identifier: str | None = None
    # Those from the start when None.
    grants: tuple[Grant, ...] | None = None
    # What was set of what it allows; the rest is invented.
    settings: Mapping[str, bool] = field(default_factory=dict)
    # What everybody may do with it, while its scope is the organization.
    organization_role: str = "VIEWER"
    favorited_at: Mapping[str, str] = field(default_factory=dict)
    opened_drafts: tuple[OpenedDraft, ...] = ()
    # Those that were published, too.
    discarded_drafts: tuple[str, ...] = ()
    # By the identifier of the draft.
    draft_edits: Mapping[str, DraftEdit] = field(default_factory=dict)

    @property
    def topic(self) -> str:
        """Give what its invented traits hang on: they stay when its identifier changes."""
        return self.first_identifier or self.identifier

    @property
    def updated_on(self) -> datetime | None:
        """Give the instant that `updated_at` names."""
        return datetime.fromisoformat(self.updated_at) if self.updated_at else None


Record = TypeVar("Record")


def by_id(records: Iterable[Record], key: str = "id") -> dict[str, Record]:
    """Give records by what tells them apart."""
    return {getattr(each, key): each for each in records}
