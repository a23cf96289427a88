"""The whole organization, with its records by id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from omnipd.sandbox.organisation.documents import invent_documents
from omnipd.sandbox.organisation.folders import invent_folders
from omnipd.sandbox.organisation.people import LABELS, invent_groups, invent_users
from omnipd.sandbox.organisation.queries import ModelReference
from omnipd.sandbox.organisation.records import Document, Folder, Group, Label, User

# A reserved top-level domain: a client must never take its host from an answer.
WEB_ADDRESS = "https://sandbox.omni.example"


class Organisation:
    """Hold every record, by id, in the order of its making.

    Each server has one of its own. The records themselves are never changed in place.
    """

    def __init__(
        self,
        *,
        users: Sequence[User],
        groups: Sequence[Group],
        labels: Sequence[Label],
        folders: Sequence[Folder],
        documents: Sequence[Document],
    ) -> None:
        self.users = {user.membership_id: user for user in users}
        self.groups = {group.id: group for group in groups}
        self.labels = {label.name: label for label in labels}
        self.folders = {folder.id: folder for folder in folders}
        self.documents = {document.identifier: document for document in documents}
        self.administrator = users[0]
        self.token_holder = users[1]

    def documents_per_folder(self) -> Counter[str]:
        """Count the documents directly in each folder, without those in the Trash."""
        return Counter(
            document.folder_id
            for document in self.documents.values()
            if document.folder_id is not None and not document.deleted
        )

    def folder_at(self, path: str) -> Folder | None:
        """Find a folder by its path, without a leading slash."""
        return next((folder for folder in self.folders.values() if folder.path == path), None)


def invent_organisation(
    models: Sequence[ModelReference], *, documents: int, folders: int
) -> Organisation:
    """Invent an organization; the same arguments give the same one on every day and machine."""
    invented_folders, invented_documents = _invent_content(tuple(models), documents, folders)
    users = invent_users()
    return Organisation(
        users=users,
        groups=invent_groups(users),
        labels=LABELS,
        folders=invented_folders,
        documents=invented_documents,
    )


@lru_cache(maxsize=8)
def _invent_content(
    models: tuple[ModelReference, ...], documents: int, folders: int
) -> tuple[tuple[Folder, ...], tuple[Document, ...]]:
    users = invent_users()
    tree = tuple(invent_folders(users, folders))
    return tree, tuple(invent_documents(users, tree, models, documents))
