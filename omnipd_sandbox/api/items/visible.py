"""Which documents and folders a member may see."""

from __future__ import annotations

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import one_of
from omnipd_sandbox.calls.identity import acting_user
from omnipd_sandbox.http.refusals import not_found
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.permits import Permit, inherited_permits, permits_on
from omnipd_sandbox.organization.records import Document, Folder, User

SCOPE = one_of("organization", "restricted")


def viewer(call: Call) -> str | None:
    """Give the id of the member, or embed user, whose view is asked for; None sees everything."""
    asked: str | None = call.parameters.get("userId")
    organization = call.organization
    if asked is not None and call.caller.key_scope == "organization":
        if asked not in organization.users and asked not in organization.embed_users:
            raise not_found("User", asked)
        return asked
    if asked is not None or call.caller.key_scope == "user":
        return acting_user(call.caller, asked, organization).membership_id
    # An organization key has the rights of an administrator: assumed to be all documents.
    return None


def may_view(user_id: str | None, item: Document | Folder, organization: Organization) -> bool:
    """Tell whether a member may see a document or a folder; None sees everything."""
    return (
        user_id is None
        or (item.scope == "organization" and not _closed(item))
        or item.owner_id == user_id
        or is_shared_with(user_id, item, organization)
        or any(_gives(permit, user_id) for permit, _ in inherited_permits(item, organization))
    )


def caller_sees(item: Document | Folder, call: Call) -> bool:
    """Tell whether a key shows a document or a folder: a member's own what that member sees."""
    own = call.caller.user.membership_id if call.caller.key_scope == "user" else None
    return may_view(own, item, call.organization)


def member_sees(user: User, item: Document | Folder, organization: Organization) -> bool:
    """Tell whether a member sees a document or a folder; administrators see everything."""
    own = None if user.organization_role == "ORG_ADMIN" else user.membership_id
    return may_view(own, item, organization)


def is_shared_with(user_id: str, item: Document | Folder, organization: Organization) -> bool:
    """Tell whether an item of somebody else is shared with a member, or a group of theirs."""
    if item.owner_id == user_id:
        return False
    return any(_gives(permit, user_id) for permit in permits_on(item, organization))


def _gives(permit: Permit, user_id: str) -> bool:
    return permit.covers(user_id) and permit.role != "NO_ACCESS"


def _closed(item: Document | Folder) -> bool:
    return isinstance(item, Document) and item.organization_role == "NO_ACCESS"
