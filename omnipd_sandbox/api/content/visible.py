"""Which documents and folders a caller may see."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.identity import acting_user
from omnipd_sandbox.calls.segments import uuid_in_path
from omnipd_sandbox.http.refusals import NotFound, RefusedRequest, user_not_found
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.permits import permits_on
from omnipd_sandbox.organization.records import Document, Folder


def viewer(call: Call) -> str | None:
    """Give the id of the member, or embed user, whose view is asked for; None sees everything."""
    asked: str | None = call.parameters.get("userId")
    organization = call.world.organization
    if asked is not None and call.caller.key_scope == "organization":
        if asked not in organization.users and asked not in organization.embed_users:
            raise user_not_found(asked)
        return asked
    if asked is not None or call.caller.key_scope == "user":
        return acting_user(call.caller, asked, organization).membership_id
    # An organization key has the rights of an administrator: assumed to be all documents.
    return None


def may_view(user_id: str | None, item: Document | Folder, organization: Organization) -> bool:
    """Tell whether a member may see a document or a folder."""
    return (
        user_id is None
        or (item.scope == "organization" and not _closed(item))
        or item.owner_id == user_id
        or is_shared_with(user_id, item, organization)
    )


def _closed(item: Document | Folder) -> bool:
    return isinstance(item, Document) and item.organization_role == "NO_ACCESS"


def is_shared_with(user_id: str, item: Document | Folder, organization: Organization) -> bool:
    """Tell whether an item of somebody else is shared with a member, or a group of theirs."""
    if item.owner_id == user_id:
        return False
    return any(
        permit.covers(user_id) and permit.role != "NO_ACCESS"
        for permit in permits_on(item, organization)
    )


def find_document(call: Call) -> Document:
    """Give the document that the path names; 404 also for what the caller may not see."""
    identifier = call.segments["identifier"]
    organization = call.world.organization
    if identifier not in organization.documents and identifier in organization.moved:
        raise moved_permanently(call, organization.moved[identifier])
    document = organization.documents.get(identifier)
    own = call.caller.user.membership_id if call.caller.key_scope == "user" else None
    # What is in the Trash is not found: assumed.
    if document is None or document.deleted or not may_view(own, document, organization):
        raise NotFound(f"Document with identifier {identifier} does not exist")
    return document


def moved_permanently(call: Call, identifier: str) -> RefusedRequest:
    """Send who asks for an identifier that was changed to the one it is now."""
    parts = call.request.path.split("/")
    # As in /api/v1/documents/{identifier}/queries.
    parts[4] = quote(identifier, safe="")
    query = f"?{urlencode(call.request.query)}" if call.request.query else ""
    # A status that keeps the method; which one Omni sends is not known.
    return RefusedRequest(308, "Permanent Redirect", {"Location": "/".join(parts) + query})


def find_dashboard(call: Call) -> Document:
    """Give the document that the path names, if it has a dashboard."""
    document = find_document(call)
    if not document.has_dashboard:
        raise NotFound(f"Document with identifier {document.identifier} does not have a dashboard")
    return document


def find_folder(call: Call) -> Folder:
    """Give the folder that the path names; 404 also for what the caller may not see."""
    organization = call.world.organization
    folder_id = uuid_in_path(call, "folderId")
    folder = organization.folders.get(folder_id)
    own = call.caller.user.membership_id if call.caller.key_scope == "user" else None
    if folder is None or not may_view(own, folder, organization):
        raise NotFound(f"Folder with id {folder_id} does not exist")
    return folder
