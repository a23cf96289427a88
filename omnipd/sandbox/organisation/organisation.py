"""The whole organization, with its records by id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock

from omnipd.sandbox.organisation import chance
from omnipd.sandbox.organisation.ai import (
    invent_conversations,
    invent_entity_limits,
    invent_routines,
    invent_user_limits,
)
from omnipd.sandbox.organisation.api_keys import invent_api_keys
from omnipd.sandbox.organisation.connections import (
    invent_connections,
    invent_dbt_environments,
    invent_dbt_projects,
    invent_environments,
    invent_refreshes,
)
from omnipd.sandbox.organisation.documents import invent_documents
from omnipd.sandbox.organisation.email_only import invent_email_only_users
from omnipd.sandbox.organisation.embed import invent_embed_users
from omnipd.sandbox.organisation.evals import invent_eval_runs, invent_prompt_sets
from omnipd.sandbox.organisation.folders import invent_folders
from omnipd.sandbox.organisation.models import ModelRecord, invent_models, models_of_documents
from omnipd.sandbox.organisation.people import (
    LABELS,
    invent_groups,
    invent_newcomers,
    invent_users,
)
from omnipd.sandbox.organisation.queries import ModelReference
from omnipd.sandbox.organisation.records import Document, Folder, Group, Label, User
from omnipd.sandbox.organisation.schedules import invent_schedules
from omnipd.sandbox.organisation.suggestions import invent_suggestions
from omnipd.sandbox.organisation.uploads import invent_uploads

# A reserved top-level domain: a client must never take its host from an answer.
WEB_ADDRESS = "https://sandbox.omni.example"
ORGANIZATION_ID = chance.stable_uuid("organization")


class Organisation:
    """Hold every record, by id, in the order of its making.

    Each server has one of its own. The records themselves are never changed in place.
    """

    def __init__(
        self,
        *,
        models: Sequence[ModelReference],
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
        self.embed_users = {user.membership_id: user for user in invent_embed_users()}
        self.administrator = users[0]
        self.token_holder = users[1]
        # The model behind a document is the one on its connection.
        self.shared_models = {model.connection_id: model for model in models}
        self.fixed_models = invent_models(models)
        self.widely_shared = _first_shown(documents)
        self._furnish(models)
        self._lock = Lock()
        self._models: tuple[dict[str, Document] | None, dict[str, ModelRecord]] = (None, {})

    def _furnish(self, models: Sequence[ModelReference]) -> None:
        """Invent what hangs on members, models and documents and is the same every time."""
        members = list(self.users.values())
        self.email_only_users = {each.membership_id: each for each in invent_email_only_users()}
        self.schedules = {
            each.id: each
            for each in invent_schedules(
                list(self.documents.values()),
                members,
                list(self.email_only_users.values()),
                list(self.groups.values()),
            )
        }
        self.api_keys = {each.id: each for each in invent_api_keys(members)}
        self.uploads = invent_uploads(members, list(self.documents.values()), models)
        self.connections = {each.id: each for each in invent_connections(models)}
        self.environments = invent_environments(models)
        self.refreshes = invent_refreshes(models)
        self.dbt_projects = {each.connection_id: each for each in invent_dbt_projects(models)}
        self.dbt_environments = invent_dbt_environments(
            list(self.dbt_projects.values()), self.token_holder.membership_id
        )
        self.conversations = {each.id: each for each in invent_conversations(members, models)}
        self.user_limits = invent_user_limits(members)
        self.entity_limits = invent_entity_limits()
        self.routines = invent_routines(members, list(self.groups.values()), models)
        self.prompt_sets = {each.id: each for each in invent_prompt_sets(models)}
        self.eval_runs = invent_eval_runs(
            list(self.prompt_sets.values()),
            [
                each
                for each in self.conversations.values()
                if each.user_id == self.administrator.membership_id
            ],
        )
        self.suggestions = invent_suggestions(
            models, list(self.conversations.values()), self.administrator.membership_id
        )
        self.refresh_jobs = {
            chance.stable_uuid("refresh job", status): status
            for status in ("COMPLETED", "FAILED", "IN_PROGRESS")
        }

    @property
    def models(self) -> dict[str, ModelRecord]:
        """Give every model by id, those of documents among them."""
        documents = self.documents
        of, known = self._models
        if of is not documents:
            found = [*self.fixed_models]
            found += models_of_documents(documents.values(), self.shared_models)
            known = {model.id: model for model in found}
            # Good until a document is added, which makes a new mapping.
            self._models = (documents, known)
        return known

    def branches_of(self, connection_id: str) -> list[ModelRecord]:
        """Give the branches of the shared model on a connection."""
        return [
            model
            for model in self.fixed_models
            if model.kind == "BRANCH" and model.connection_id == connection_id
        ]

    def groups_of(self, user_id: str) -> list[Group]:
        """Give the groups a member is in."""
        return [group for group in self.groups.values() if user_id in group.member_ids]

    def add_document(self, document: Document) -> bool:
        """Add a document; tell whether its identifier was free."""
        with self._lock:
            if document.identifier in self.documents:
                return False
            # A new mapping, so that whoever walks the old one is not disturbed.
            self.documents = {**self.documents, document.identifier: document}
            return True

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
    users = [*invent_users(), *invent_newcomers()]
    return Organisation(
        models=models,
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


def _first_shown(documents: Sequence[Document]) -> str | None:
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
