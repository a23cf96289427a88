"""The endpoints of content, and what each lets itself be asked."""

from __future__ import annotations

from omnipd_sandbox.api.content.access import list_access, show_folder_permissions, show_permissions
from omnipd_sandbox.api.content.copying import duplicate_document
from omnipd_sandbox.api.content.document import (
    list_drafts,
    list_favorites,
    list_queries,
    show_document,
    show_filters,
    show_state,
)
from omnipd_sandbox.api.content.documents import list_documents
from omnipd_sandbox.api.content.drafting import discard_draft, open_draft
from omnipd_sandbox.api.content.favorites import add_favorite, remove_favorite
from omnipd_sandbox.api.content.filtering import update_filters
from omnipd_sandbox.api.content.folder_making import create_folder, delete_folder, update_folder
from omnipd_sandbox.api.content.folders import list_folders
from omnipd_sandbox.api.content.label_making import create_label, delete_label, update_label
from omnipd_sandbox.api.content.labelling import change_labels, put_label, remove_label
from omnipd_sandbox.api.content.labels import list_labels, show_label
from omnipd_sandbox.api.content.listing import list_content
from omnipd_sandbox.api.content.migration import export_document, import_document
from omnipd_sandbox.api.content.placing import delete_document, give_document, move_document
from omnipd_sandbox.api.content.renaming import update_document
from omnipd_sandbox.api.content.sharing import (
    add_document_permissions,
    add_folder_permissions,
    change_document_permissions,
    change_folder_permissions,
    revoke_document_permissions,
    revoke_folder_permissions,
    set_document_permissions,
)
from omnipd_sandbox.calls.parameters import (
    Parameter,
    boolean,
    comma_separated,
    one_of,
    page_size,
    text,
    uuid,
    words,
)
from omnipd_sandbox.calls.routing import Endpoint
from omnipd_sandbox.moods.behavior import Behavior

_DIRECTION = one_of("asc", "desc")
_FOR = {"userId": Parameter(uuid)}


def content_endpoints(behavior: Behavior) -> list[Endpoint]:
    """Write out the table; a few parameters are there only when switched on."""
    content_sorts = ["name", "favorites"]
    if behavior.accepts_sort_by_updated_at:
        content_sorts.append("updatedAt")
    content_labels = {"labels": Parameter(comma_separated)}
    # Two sources, two defaults and bounds (docs/wire.md).
    document_size = (
        Parameter(page_size(100), 20) if behavior.old_shapes else Parameter(page_size(None), 50)
    )
    return [
        Endpoint(
            "GET",
            "/api/v1/content",
            list_content,
            {
                "cursor": Parameter(text),
                "pageSize": Parameter(page_size(100), 20),
                "include": Parameter(words("_count", "labels"), frozenset()),
                "scope": Parameter(one_of("organization", "restricted"), "organization"),
                "creatorId": Parameter(uuid),
                "folderId": Parameter(uuid),
                "path": Parameter(text),
                "sortField": Parameter(one_of(*content_sorts), "name"),
                "sortDirection": Parameter(_DIRECTION, "desc"),
                **(content_labels if behavior.accepts_labels_filter else {}),
            },
        ),
        Endpoint(
            "GET",
            "/api/v1/documents",
            list_documents,
            {
                "cursor": Parameter(text),
                "pageSize": document_size,
                "include": Parameter(
                    words(
                        "_count", "labels", "includeDeleted", "onlyFavorites", "onlySharedWithMe"
                    ),
                    frozenset(),
                ),
                "creatorId": Parameter(uuid),
                "folderId": Parameter(uuid),
                "labels": Parameter(comma_separated),
                "userId": Parameter(uuid),
                "sortField": Parameter(one_of("name", "favorites", "updatedAt", "visits"), "name"),
                "sortDirection": Parameter(_DIRECTION, "asc"),
            },
        ),
        Endpoint("GET", "/api/v1/documents/{identifier}", show_document),
        Endpoint("GET", "/api/v2/documents/{identifier}", show_state),
        Endpoint("GET", "/api/v1/documents/{identifier}/queries", list_queries),
        Endpoint(
            "GET",
            "/api/v1/documents/{identifier}/permissions",
            show_permissions,
            {"userId": Parameter(uuid)},
        ),
        Endpoint(
            "GET",
            "/api/v1/documents/{identifier}/access-list",
            list_access,
            {
                "cursor": Parameter(text),
                "pageSize": Parameter(page_size(100), 20),
                "accessSource": Parameter(one_of("direct", "folder")),
                "type": Parameter(one_of("user", "userGroup")),
                "sortField": Parameter(one_of("name", "email", "role"), "name"),
                "sortDirection": Parameter(_DIRECTION, "asc"),
            },
        ),
        Endpoint(
            "GET",
            "/api/v1/documents/{identifier}/drafts",
            list_drafts,
            {"include": Parameter(one_of("archived"))},
        ),
        Endpoint(
            "GET",
            "/api/v1/documents/{identifier}/favorites",
            list_favorites,
            {"cursor": Parameter(text), "pageSize": Parameter(page_size(100), 20)},
        ),
        # These two never moved to v1.
        Endpoint("GET", "/api/unstable/documents/{identifier}/export", export_document),
        Endpoint("POST", "/api/unstable/documents/import", import_document, writes=True),
        Endpoint(
            "GET",
            "/api/v1/folders",
            list_folders,
            {
                "cursor": Parameter(text),
                "pageSize": Parameter(page_size(None), 20),
                "include": Parameter(words("_count", "labels", "onlySharedWithMe"), frozenset()),
                "labels": Parameter(comma_separated),
                "ownerId": Parameter(uuid),
                "path": Parameter(text),
                "scope": Parameter(one_of("organization", "restricted"), "organization"),
                "userId": Parameter(uuid),
                "sortField": Parameter(
                    one_of("name", "createdAt", "updatedAt", "favorites", "path"), "name"
                ),
                "sortDirection": Parameter(_DIRECTION, "asc"),
            },
        ),
        Endpoint(
            "GET",
            "/api/v1/folders/{folderId}/permissions",
            show_folder_permissions,
            {"userId": Parameter(uuid)},
        ),
        Endpoint("GET", "/api/v1/labels", list_labels),
        Endpoint("GET", "/api/v1/labels/{name}", show_label),
        Endpoint(
            "GET",
            "/api/v1/dashboards/{identifier}/filters",
            show_filters,
            {"userId": Parameter(uuid)},
        ),
        *_document_changes(),
        *_folder_and_label_changes(),
    ]


def _document_changes() -> list[Endpoint]:
    one = "/api/v1/documents/{identifier}"
    return [
        Endpoint("PATCH", one, update_document, writes=True),
        Endpoint("DELETE", one, delete_document, writes=True),
        Endpoint("POST", f"{one}/move", move_document, writes=True),
        Endpoint("PUT", f"{one}/transfer-ownership", give_document, writes=True),
        Endpoint("POST", f"{one}/duplicate", duplicate_document, _FOR, writes=True),
        Endpoint("POST", f"{one}/draft", open_draft, writes=True),
        Endpoint("DELETE", f"{one}/draft", discard_draft, writes=True),
        Endpoint("PUT", f"{one}/favorite", add_favorite, _FOR, writes=True),
        Endpoint("DELETE", f"{one}/favorite", remove_favorite, _FOR, writes=True),
        Endpoint("PATCH", f"{one}/labels", change_labels, _FOR, writes=True),
        Endpoint("PUT", f"{one}/labels/{{labelName}}", put_label, _FOR, writes=True),
        Endpoint("DELETE", f"{one}/labels/{{labelName}}", remove_label, _FOR, writes=True),
        Endpoint("PUT", f"{one}/permissions", set_document_permissions, writes=True),
        Endpoint("POST", f"{one}/permissions", add_document_permissions, writes=True),
        Endpoint("PATCH", f"{one}/permissions", change_document_permissions, writes=True),
        Endpoint("DELETE", f"{one}/permissions", revoke_document_permissions, writes=True),
        Endpoint(
            "PATCH", "/api/v1/dashboards/{identifier}/filters", update_filters, _FOR, writes=True
        ),
    ]


def _folder_and_label_changes() -> list[Endpoint]:
    folder, label = "/api/v1/folders/{folderId}", "/api/v1/labels/{name}"
    return [
        Endpoint("POST", "/api/v1/folders", create_folder, writes=True),
        Endpoint("PATCH", folder, update_folder, writes=True),
        Endpoint(
            "DELETE", folder, delete_folder, {"force": Parameter(boolean, False)}, writes=True
        ),
        Endpoint("POST", f"{folder}/permissions", add_folder_permissions, writes=True),
        Endpoint("PATCH", f"{folder}/permissions", change_folder_permissions, writes=True),
        Endpoint("DELETE", f"{folder}/permissions", revoke_folder_permissions, writes=True),
        Endpoint("POST", "/api/v1/labels", create_label, _FOR, writes=True),
        Endpoint("PUT", label, update_label, _FOR, writes=True),
        Endpoint("DELETE", label, delete_label, _FOR, writes=True),
    ]
