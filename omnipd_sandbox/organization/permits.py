"""Who may do what with a document or a folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import Document, Folder, Grant, Group, User

ROLES = ("NO_ACCESS", "VIEWER", "EXPLORER", "EDITOR", "MANAGER")


@dataclass(frozen=True)
class Permit:
    """A role of one member or group on one document or folder."""

    principal: User | Group
    role: str
    access_boost: bool = False
    is_owner: bool = False

    @property
    def principal_id(self) -> str:
        """Give the membership id, or the group's id."""
        if isinstance(self.principal, User):
            return self.principal.membership_id
        return self.principal.id

    @property
    def principal_type(self) -> Literal["user", "userGroup"]:
        """Tell whether a member or a group holds it."""
        return "user" if isinstance(self.principal, User) else "userGroup"

    def covers(self, user_id: str) -> bool:
        """Tell whether it is that member's, or a group's that the member is in."""
        if isinstance(self.principal, User):
            return self.principal.membership_id == user_id
        return user_id in self.principal.member_ids


def permits_on(item: Document | Folder, organization: Organization) -> list[Permit]:
    """Give the permits that stand on a document or a folder itself, the owner's first."""
    permits = [Permit(organization.person(item.owner_id), "MANAGER", is_owner=True)]
    for grant in grants_on(item, organization):
        # Who is gone, or owns it, holds nothing by this.
        known = organization.users if grant.kind == "user" else organization.groups
        principal = known.get(grant.principal_id)
        if principal is not None and grant.principal_id != item.owner_id:
            permits.append(Permit(principal, grant.role, grant.access_boost))
    return permits


def folders_of(item: Document | Folder, organization: Organization) -> list[Folder]:
    """Give the folder that an item is in and those above it, the nearest first."""
    found: list[Folder] = []
    above = item.folder_id if isinstance(item, Document) else item.parent_id
    while above is not None:
        found.append(organization.folders[above])
        above = found[-1].parent_id
    return found


def inherited_permits(
    item: Document | Folder, organization: Organization
) -> list[tuple[Permit, Folder]]:
    """Give what is inherited from the folders above: the highest of each principal, the nearest first."""
    highest: dict[tuple[str, str], tuple[Permit, Folder]] = {}
    for folder in folders_of(item, organization):
        for permit in permits_on(folder, organization):
            principal = (permit.principal_type, permit.principal_id)
            known = highest.get(principal)
            if known is None or ROLES.index(permit.role) > ROLES.index(known[0].role):
                highest[principal] = (permit, folder)
    return [*highest.values()]


def grants_on(item: Document | Folder, organization: Organization) -> tuple[Grant, ...]:
    """Give what was given on a document or a folder itself: by calls, or from the start."""
    if item.grants is not None:
        return item.grants
    topic = item.topic if isinstance(item, Document) else item.id
    return organization.grants.get(topic, ())
