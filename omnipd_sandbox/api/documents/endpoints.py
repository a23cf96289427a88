"""The endpoints of documents, and what each lets itself be asked."""

from __future__ import annotations

from omnipd_sandbox.api.documents.access import list_access
from omnipd_sandbox.api.documents.changes import (
    delete_document,
    duplicate_document,
    give_document,
    move_document,
    update_document,
)
from omnipd_sandbox.api.documents.dashboard import list_queries, show_document
from omnipd_sandbox.api.documents.drafts import discard_draft, list_drafts, open_draft
from omnipd_sandbox.api.documents.favorites import add_favorite, list_favorites, remove_favorite
from omnipd_sandbox.api.documents.filters import show_filters, update_filters
from omnipd_sandbox.api.documents.labels import change_labels, put_label, remove_label
from omnipd_sandbox.api.documents.list import list_documents
from omnipd_sandbox.api.documents.migration import export_document, import_document
from omnipd_sandbox.api.documents.permissions import (
    add_document_permissions,
    change_document_permissions,
    revoke_document_permissions,
    set_document_permissions,
    show_permissions,
)
from omnipd_sandbox.api.documents.state import (
    edit_draft,
    edit_new_draft,
    publish_draft,
    readdress_document,
    show_draft,
    show_state,
)
from omnipd_sandbox.calls.checks import Key, one_of, uuid
from omnipd_sandbox.calls.parameters import comma_separated, pages, sorting, words
from omnipd_sandbox.calls.routing import Endpoint
from omnipd_sandbox.moods.behavior import Behavior

_DOCUMENT = "/api/v1/documents/{identifier}"
_STATE = "/api/v2/documents/{identifier}"
_DRAFT = f"{_STATE}/draft/{{draftId}}"
_FILTERS = "/api/v1/dashboards/{identifier}/filters"
_LABEL = f"{_DOCUMENT}/labels/{{labelName}}"
_FOR = {"userId": Key(uuid)}


def document_endpoints(behavior: Behavior) -> list[Endpoint]:
    """Write out the table."""
    return [*_reads(behavior), *_changes()]


def _reads(behavior: Behavior) -> list[Endpoint]:
    include = words("_count", "labels", "includeDeleted", "onlyFavorites", "onlySharedWithMe")
    return [
        Endpoint(
            "GET",
            "/api/v1/documents",
            list_documents,
            {
                # Two sources, two defaults and bounds (docs/wire.md).
                **(pages() if behavior.old_shapes else pages(None, 50)),
                "include": Key(include, frozenset()),
                "creatorId": Key(uuid),
                "folderId": Key(uuid),
                "labels": Key(comma_separated),
                "userId": Key(uuid),
                **sorting("name", "favorites", "updatedAt", "visits", by="name", direction="asc"),
            },
        ),
        Endpoint("GET", _DOCUMENT, show_document),
        Endpoint("GET", _STATE, show_state),
        Endpoint("GET", _DRAFT, show_draft),
        Endpoint("GET", f"{_DOCUMENT}/queries", list_queries),
        Endpoint("GET", f"{_DOCUMENT}/permissions", show_permissions, _FOR),
        Endpoint(
            "GET",
            f"{_DOCUMENT}/access-list",
            list_access,
            {
                **pages(),
                "accessSource": Key(one_of("direct", "folder")),
                "type": Key(one_of("user", "userGroup")),
                **sorting("name", "email", "role", by="name", direction="asc"),
            },
        ),
        Endpoint("GET", f"{_DOCUMENT}/drafts", list_drafts, {"include": Key(one_of("archived"))}),
        Endpoint("GET", f"{_DOCUMENT}/favorites", list_favorites, pages()),
        # Export and import never moved to v1.
        Endpoint("GET", "/api/unstable/documents/{identifier}/export", export_document),
        Endpoint("GET", _FILTERS, show_filters, _FOR),
    ]


def _changes() -> list[Endpoint]:
    permissions = f"{_DOCUMENT}/permissions"
    return [
        Endpoint("POST", "/api/unstable/documents/import", import_document),
        Endpoint("PATCH", _DOCUMENT, update_document),
        Endpoint("DELETE", _DOCUMENT, delete_document),
        Endpoint("POST", f"{_DOCUMENT}/move", move_document),
        Endpoint("PUT", f"{_DOCUMENT}/transfer-ownership", give_document),
        Endpoint("POST", f"{_DOCUMENT}/duplicate", duplicate_document, _FOR),
        Endpoint("POST", f"{_DOCUMENT}/draft", open_draft),
        Endpoint("DELETE", f"{_DOCUMENT}/draft", discard_draft),
        Endpoint("PATCH", f"{_STATE}/draft", edit_new_draft),
        Endpoint("PATCH", _DRAFT, edit_draft),
        Endpoint("POST", f"{_STATE}/draft/publish", publish_draft),
        Endpoint("PUT", f"{_STATE}/identifier", readdress_document),
        Endpoint("PUT", f"{_DOCUMENT}/favorite", add_favorite, _FOR),
        Endpoint("DELETE", f"{_DOCUMENT}/favorite", remove_favorite, _FOR),
        Endpoint("PATCH", f"{_DOCUMENT}/labels", change_labels, _FOR),
        Endpoint("PUT", _LABEL, put_label, _FOR),
        Endpoint("DELETE", _LABEL, remove_label, _FOR),
        Endpoint("PUT", permissions, set_document_permissions),
        Endpoint("POST", permissions, add_document_permissions),
        Endpoint("PATCH", permissions, change_document_permissions),
        Endpoint("DELETE", permissions, revoke_document_permissions),
        Endpoint("PATCH", _FILTERS, update_filters, _FOR),
    ]
