"""Who may do what with a document or a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from omnipd_sandbox.organization import chance
from omnipd_sandbox.organization.records import Document, Folder, Grant, Group, User

if TYPE_CHECKING:
    from omnipd_sandbox.organization.organization import Organization

ROLES = ("NO_ACCESS", "VIEWER", "EXPLORER", "EDITOR", "MANAGER")
_GRANTED = ("VIEWER", "VIEWER", "EXPLORER", "EDITOR", "MANAGER")


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


def grants_on(item: Document | Folder, organization: Organization) -> tuple[Grant, ...]:
    """Give what was given on a document or a folder itself: by calls, or from the start."""
    if item.grants is not None:
        return item.grants
    topic = item.topic if isinstance(item, Document) else item.id
    if organization.particulars is not None:
        return organization.particulars.grants.get(topic, ())
    # One document is shared with everybody by name, so that a long list can be asked for.
    everybody = topic == organization.widely_shared
    percent = 100 if everybody else 5 if isinstance(item, Document) else 6
    return tuple(
        _invent(
            topic,
            item.owner_id,
            organization.founders,
            organization.founding_groups,
            percent=percent,
        )
    )


def _invent(
    topic: str,
    owner_id: str,
    users: Sequence[User],
    groups: Sequence[Group],
    *,
    percent: int,
) -> Iterator[Grant]:
    """Choose who besides its owner may do what with a document or a folder."""
    # Only the first members, but for the one that is shared with all: it is the longer road.
    candidates = users if percent == 100 else users[:24]
    for user in chance.some(candidates, percent, "permit", topic):
        if user.membership_id != owner_id:
            yield _grant("user", user.membership_id, topic)
    for group in chance.some(groups, 15, "group permit", topic):
        yield _grant("userGroup", group.id, topic)


def _grant(kind: Literal["user", "userGroup"], principal_id: str, topic: str) -> Grant:
    return Grant(
        kind,
        principal_id,
        chance.pick(_GRANTED, "role", topic, principal_id),
        access_boost=chance.number(10, "boost", topic, principal_id) == 0,
    )
