"""Who may do what with a document or a folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from omnipd.sandbox.organisation import chance
from omnipd.sandbox.organisation.records import Document, Folder, Group, User

if TYPE_CHECKING:
    from omnipd.sandbox.organisation.organisation import Organisation

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


def permits_on_document(document: Document, organisation: Organisation) -> list[Permit]:
    """Give the permits that stand on the document itself, the owner's first."""
    if organisation.particulars is not None:
        return _said(document.identifier, document.owner_id, organisation)
    # One document is shared with everybody by name, so that a long list can be asked for.
    everybody = document.identifier == organisation.widely_shared
    return list(
        _permits(
            organisation,
            document.owner_id,
            document.identifier,
            percent=100 if everybody else 5,
            groups=not document.imported,
        )
    )


def permits_on_folder(folder: Folder, organisation: Organisation) -> list[Permit]:
    """Give the permits that stand on a folder, the owner's first."""
    if organisation.particulars is not None:
        return _said(folder.id, folder.owner_id, organisation)
    return list(_permits(organisation, folder.owner_id, folder.id, percent=6, groups=True))


def _said(item_id: str, owner_id: str, organisation: Organisation) -> list[Permit]:
    assert organisation.particulars is not None  # noqa: S101 - for mypy
    owner = Permit(organisation.users[owner_id], "MANAGER", is_owner=True)
    return [owner, *organisation.particulars.permits.get(item_id, ())]


def _permits(
    organisation: Organisation, owner_id: str, topic: str, *, percent: int, groups: bool
) -> Iterator[Permit]:
    yield Permit(organisation.users[owner_id], "MANAGER", is_owner=True)
    if not groups:
        return
    # Only the first members, but for the one that is shared with all: it is the longer road.
    members = list(organisation.users.values())
    candidates = members if percent == 100 else members[:24]
    for user in chance.some(candidates, percent, "permit", topic):
        if user.membership_id != owner_id:
            yield _permit(user, user.membership_id, topic)
    for group in chance.some(list(organisation.groups.values()), 15, "group permit", topic):
        yield _permit(group, group.id, topic)


def _permit(principal: User | Group, principal_id: str, topic: str) -> Permit:
    return Permit(
        principal,
        chance.pick(_GRANTED, "role", topic, principal_id),
        access_boost=chance.number(10, "boost", topic, principal_id) == 0,
    )
