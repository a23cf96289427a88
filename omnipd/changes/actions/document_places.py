"""Where documents lie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from omnipd.changes.action import Action, Present
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change, Key
from omnipd.changes.document_place import PLACE, path_and_scope, place, place_of
from omnipd.changes.documents_now import documents_now, present_of
from omnipd.changes.frame_rows import rows_of
from omnipd.changes.near_names import did_you_mean
from omnipd.changes.now import Now
from omnipd.client.api_paths import segment
from omnipd.errors import NotFoundError
from omnipd.readers.folders import read_folders

#: The scopes of folders by their paths; None where Omni does not tell.
_Folders = dict[str, str | None]


def _calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    path, scope = path_and_scope(change.new)
    # The scope is sent, though it is the folder's: where the folder's is another by now, Omni refuses the
    # move instead of showing the document to others than the plan says.
    body = {"folderPath": path} | ({} if scope is None else {"scope": scope})
    return [ApiCall("POST", f"/api/v1/documents/{segment(change.key.item)}/move", body)]


def _present(now: Now, changes: Sequence[Change]) -> Present:
    return present_of(now, changes, place_of)


def _remark(change: Change) -> str | None:
    (_, before), (_, after) = path_and_scope(change.old), path_and_scope(change.new)
    if before == after or None in {before, after}:
        return None
    if after == "organization":
        return "It was restricted; everybody in the organization may see it there."
    return "Only its owner sees it there, and those that it or its folder is shared with."


def _preflight(now: Now, changes: Sequence[Change]) -> Mapping[Key, str | Change]:
    unscoped = {one.key.item for one in changes if path_and_scope(one.old)[1] is None}
    rows = documents_now(now, unscoped) if unscoped else {}
    folders = _folders(now, changes, (row["owner_id"] for row in rows.values()))
    told: dict[Key, str | Change] = {}
    for change in changes:
        item, old = change.key.item, change.old
        if item in unscoped:
            if (row := rows.get(item)) is None:
                told[change.key] = "There is no such document."
                continue
            # What was moved since the frame was read stays as the frame has it: a conflict.
            old = place_of(row) if PLACE.same(old, place_of(row)) else old
        path, scope = path_and_scope(change.new)
        if path is None:
            new = place(None, scope or path_and_scope(old)[1])
        elif path not in folders:
            told[change.key] = (
                f"There is no folder {path!r} of the organization, or of the documents' owners."
                + did_you_mean(path, folders)
            )
            continue
        elif scope is not None and folders[path] not in {None, scope}:
            told[change.key] = f"What is in the folder {path!r} has its scope, {folders[path]}."
            continue
        else:
            new = place(path, folders[path] or scope)
        told[change.key] = replace(change, old=old, new=new)
    return told


def _folders(now: Now, changes: Sequence[Change], owners: Iterable[str | None]) -> _Folders:
    """Return the folders of the organization, and, if one is wanted that is not among them, of the owners."""
    wanted = {path for one in changes if (path := path_and_scope(one.new)[0]) is not None}
    if not wanted:
        return {}
    frame = read_folders(scope="organization", include=None, refresh=True, client=now.client)
    folders = {row["path"]: row["scope"] or "organization" for row in rows_of(frame)}
    if wanted <= folders.keys():
        return folders
    known = {*owners} | {row["owner_id"] for row in _rows_of_documents(now, changes)}
    for owner in sorted(known - {None}, key=str):
        try:
            frame = read_folders(
                scope="restricted", owner_id=owner, include=None, refresh=True, client=now.client
            )
        except NotFoundError:  # who owned the document is gone
            continue
        for row in rows_of(frame):
            folders.setdefault(row["path"], row["scope"] or "restricted")
    return folders


def _rows_of_documents(now: Now, changes: Sequence[Change]) -> Iterable[Mapping[str, str | None]]:
    return documents_now(now, {one.key.item for one in changes}).values()


PLACES = Action(
    "document", "folder_path", PLACE, _calls, _present, preflight=_preflight, remark=_remark
)
