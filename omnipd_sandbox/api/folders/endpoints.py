"""The endpoints of folders, and what each lets itself be asked."""

from __future__ import annotations

from omnipd_sandbox.api.folders.changes import create_folder, delete_folder, update_folder
from omnipd_sandbox.api.folders.labels import change_folder_labels
from omnipd_sandbox.api.folders.list import list_folders
from omnipd_sandbox.api.folders.permissions import (
    add_folder_permissions,
    change_folder_permissions,
    revoke_folder_permissions,
    show_folder_permissions,
)
from omnipd_sandbox.api.items.visible import SCOPE
from omnipd_sandbox.calls.checks import Key, text, uuid
from omnipd_sandbox.calls.parameters import comma_separated, flag, pages, sorting, words
from omnipd_sandbox.calls.routing import Endpoint
from omnipd_sandbox.moods.behavior import Behavior

_FOLDERS = "/api/v1/folders"
_FOLDER = f"{_FOLDERS}/{{folderId}}"
_PERMISSIONS = f"{_FOLDER}/permissions"
_FIELDS = ("name", "createdAt", "updatedAt", "favorites", "path")


def folder_endpoints(behavior: Behavior) -> list[Endpoint]:
    """Write out the table."""
    labels = Endpoint("PATCH", f"{_FOLDER}/labels", change_folder_labels)
    return [
        *([labels] if behavior.folder_labels else []),
        Endpoint(
            "GET",
            _FOLDERS,
            list_folders,
            {
                **pages(None),
                "include": Key(words("_count", "labels", "onlySharedWithMe"), frozenset()),
                "labels": Key(comma_separated),
                "ownerId": Key(uuid),
                "path": Key(text()),
                "scope": Key(SCOPE, "organization"),
                "userId": Key(uuid),
                **sorting(*_FIELDS, by="name", direction="asc"),
            },
        ),
        Endpoint("GET", _PERMISSIONS, show_folder_permissions, {"userId": Key(uuid)}),
        Endpoint("POST", _FOLDERS, create_folder),
        Endpoint("PATCH", _FOLDER, update_folder),
        Endpoint("DELETE", _FOLDER, delete_folder, {"force": Key(flag, False)}),
        Endpoint("POST", _PERMISSIONS, add_folder_permissions),
        Endpoint("PATCH", _PERMISSIONS, change_folder_permissions),
        Endpoint("DELETE", _PERMISSIONS, revoke_folder_permissions),
    ]
