"""What a member may do with a document or a folder."""

from __future__ import annotations

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.identity import acting_user
from omnipd_sandbox.http.refusals import Forbidden, not_found
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.permits import ROLES, inherited_permits, permits_on
from omnipd_sandbox.organization.records import Document, Folder, User


def author(call: Call) -> User:
    """Give the member a change is made for: the one named by ``userId``, or the key's own."""
    return acting_user(call.caller, call.parameters.get("userId"), call.organization)


def role_on(user: User, item: Document | Folder, organization: Organization) -> str:
    """Give the highest role of a member, by whatever way they have it: assumed to be in effect."""
    if user.organization_role == "ORG_ADMIN":
        return "MANAGER"
    permits = permits_on(item, organization)
    permits += [permit for permit, _ in inherited_permits(item, organization)]
    roles = [permit.role for permit in permits if permit.covers(user.membership_id)]
    if item.scope == "organization":
        roles.append(item.organization_role if isinstance(item, Document) else "VIEWER")
    return max(roles, key=ROLES.index, default="NO_ACCESS")


def require_role(lowest: str, item: Document | Folder, call: Call) -> None:
    """Refuse who has no such role on a document or a folder, nor a higher one."""
    role = role_on(author(call), item, call.organization)
    if role == "NO_ACCESS":
        if isinstance(item, Document):
            raise not_found("Document", item.identifier, by="identifier")
        raise not_found("Folder", item.id)
    if ROLES.index(role) < ROLES.index(lowest):
        raise Forbidden
