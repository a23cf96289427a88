"""The folder that a path names, for those who may see or change it."""

from __future__ import annotations

from omnipd_sandbox.api.items.roles import require_role
from omnipd_sandbox.api.items.visible import caller_sees
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.segments import named_in_path
from omnipd_sandbox.http.refusals import not_found
from omnipd_sandbox.organization.records import Folder


def find_folder(call: Call) -> Folder:
    """Give the folder that the path names; 404 also for what the caller may not see."""
    folder = named_in_path(call, "folderId", call.world.organization.folders, "Folder")
    if not caller_sees(folder, call):
        raise not_found("Folder", folder.id)
    return folder


def folder_to_change(call: Call, least: str) -> Folder:
    """Give the folder that the path names to somebody with such a role on it, or a higher."""
    folder = find_folder(call)
    require_role(least, folder, call)
    return folder
