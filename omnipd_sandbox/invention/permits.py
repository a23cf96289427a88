"""Who may do what with documents and folders, besides their owners."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from omnipd_sandbox.invention import chance
from omnipd_sandbox.organization.records import Document, Folder, Grant, Group, User

_ROLES = ("VIEWER", "VIEWER", "EXPLORER", "EDITOR", "MANAGER")


def widely_shared(documents: Iterable[Document]) -> str | None:
    """Give the document that is shared with everybody by name, so that a long list can be asked for.

    It is the first one that everybody sees, with a dashboard and in a folder.
    """
    return next(
        (
            document.identifier
            for document in documents
            if document.has_dashboard
            and document.folder_id
            and document.scope == "organization"
            and not document.deleted
        ),
        None,
    )


def invent_grants(
    item: Document | Folder, users: Sequence[User], groups: Sequence[Group], *, everybody: bool
) -> tuple[Grant, ...]:
    """Invent what was given on a document or a folder: to few of the first members, or to all."""
    topic = item.identifier if isinstance(item, Document) else item.id
    percent = 100 if everybody else 5 if isinstance(item, Document) else 6
    candidates = users if everybody else users[:24]
    members = [
        _grant("user", user.membership_id, topic)
        for user in chance.some(candidates, percent, "permit", topic)
        if user.membership_id != item.owner_id
    ]
    chosen = chance.some(groups, 15, "group permit", topic)
    return (*members, *(_grant("userGroup", group.id, topic) for group in chosen))


def _grant(kind: Literal["user", "userGroup"], principal_id: str, topic: str) -> Grant:
    return Grant(
        kind,
        principal_id,
        chance.pick(_ROLES, "role", topic, principal_id),
        access_boost=chance.one_in(10, "boost", topic, principal_id),
    )
