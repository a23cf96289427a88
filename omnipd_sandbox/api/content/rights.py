"""Who may change a document or a folder."""

from __future__ import annotations

from omnipd_sandbox.api.content.visible import find_document, find_folder
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.identity import acting_user
from omnipd_sandbox.http.refusals import Forbidden, NotFound
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.permits import ROLES, permits_on
from omnipd_sandbox.organization.records import Document, Folder, User


def author(call: Call) -> User:
    """Give the member a change is made for: the one named by ``userId``, or the key's own."""
    return acting_user(call.caller, call.parameters.get("userId"), call.world.organization)


def document_to_change(call: Call, least: str) -> Document:
    """Give the document that the path names to somebody with such a role on it, or a higher."""
    document = find_document(call)
    _require(author(call), document, least, call.world.organization)
    return document


def folder_to_change(call: Call, least: str) -> Folder:
    """Give the folder that the path names to somebody with such a role on it, or a higher."""
    folder = find_folder(call)
    _require(author(call), folder, least, call.world.organization)
    return folder


def role_on(user: User, item: Document | Folder, organization: Organization) -> str:
    """Give the highest role of a member, by whatever way they have it: assumed to be in effect."""
    if user.organization_role == "ORG_ADMIN":
        return "MANAGER"
    permits = permits_on(item, organization)
    if isinstance(item, Document) and item.folder_id is not None:
        permits += permits_on(organization.folders[item.folder_id], organization)
    roles = [permit.role for permit in permits if permit.covers(user.membership_id)]
    if item.scope == "organization":
        roles.append(item.organization_role if isinstance(item, Document) else "VIEWER")
    return max(roles, key=ROLES.index, default="NO_ACCESS")


def _require(user: User, item: Document | Folder, least: str, organization: Organization) -> None:
    role = role_on(user, item, organization)
    if role == "NO_ACCESS":
        name = f"identifier {item.identifier}" if isinstance(item, Document) else f"id {item.id}"
        raise NotFound(f"{type(item).__name__} with {name} does not exist")
    if ROLES.index(role) < ROLES.index(least):
        raise Forbidden
