"""One folder: found by those who may see or change it, and written."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from omnipd_sandbox.api.items.record import owner
from omnipd_sandbox.api.items.roles import require_role
from omnipd_sandbox.api.items.visible import caller_sees
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.segments import named_in_path
from omnipd_sandbox.calls.world import World
from omnipd_sandbox.http.refusals import not_found
from omnipd_sandbox.organization.organization import WEB_ADDRESS
from omnipd_sandbox.organization.records import Folder


def find_folder(call: Call) -> Folder:
    """Give the folder that the path names; 404 also for what the caller may not see."""
    folder = named_in_path(call, "folderId", call.organization.folders, "Folder")
    if not caller_sees(folder, call):
        raise not_found("Folder", folder.id)
    return folder


def folder_to_change(call: Call, lowest: str) -> Folder:
    """Give the folder that the path names to somebody with such a role on it, or a higher."""
    folder = find_folder(call)
    require_role(lowest, folder, call)
    return folder


def folder_record(folder: Folder, world: World) -> dict[str, Any]:
    """Write a folder as ``/folders`` does."""
    record: dict[str, Any] = {
        "id": folder.id,
        "name": folder.name,
        "path": folder.path,
        "url": folder_address(folder),
    }
    if world.behavior.old_shapes:
        # The documentation's examples write paths both with and without the first slash.
        return record | {
            "path": f"/{folder.path}",
            "owner": owner(folder, world),
            "scope": folder.scope,
        }
    return record | {"ownerId": owner(folder, world)["id"]}


def folder_address(folder: Folder) -> str:
    """Give the page of a folder."""
    return f"{WEB_ADDRESS}/f/{quote(folder.path)}"
