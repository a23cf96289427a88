"""Folders, as their list writes them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from omnipd_sandbox.api.items.record import owner
from omnipd_sandbox.calls.world import World
from omnipd_sandbox.organization.organization import WEB_ADDRESS
from omnipd_sandbox.organization.records import Folder


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
