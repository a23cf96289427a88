"""Where a document is put: a folder, and the scope that goes with it."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.api.items.roles import author
from omnipd_sandbox.api.items.visible import member_sees
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import BadRequest, not_found
from omnipd_sandbox.organization.records import Folder, Scope


def folder_by_path(path: str | None, call: Call) -> Folder | None:
    """Find the folder that a path names; none for the top."""
    wanted = (path or "").removeprefix("/")
    if not wanted:
        return None
    folder = call.organization.folder_at(wanted)
    if folder is None or not member_sees(author(call), folder, call.organization):
        # Whether Omni would make the folder is not known: assumed not.
        raise not_found("Folder", path or "", by="path")
    return folder


def scope_in(folder: Folder | None, body: dict[str, Any], otherwise: Scope) -> Scope:
    """Give the scope of what comes into a folder, or to the top where any scope may be."""
    chosen: Scope | None = body.get("scope")
    if folder is not None and chosen not in {None, folder.scope}:
        raise BadRequest(f"Scope must be that of the folder, {folder.scope}", at="scope")
    return folder.scope if folder else (chosen or otherwise)
