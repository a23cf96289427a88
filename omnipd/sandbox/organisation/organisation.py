"""The whole organization, with its records by id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from threading import Lock

from omnipd.sandbox.organisation import chance
from omnipd.sandbox.organisation.holdings import Holdings
from omnipd.sandbox.organisation.models import ModelRecord, models_of_documents
from omnipd.sandbox.organisation.records import Document, Folder, Group

# A reserved top-level domain: a client must never take its host from an answer.
WEB_ADDRESS = "https://sandbox.omni.example"
ORGANIZATION_ID = chance.stable_uuid("organization")


class Organisation:
    """Hold every record, by id, in the order of its making.

    Each server has one of its own. The records themselves are never changed in place.
    """

    def __init__(self, holdings: Holdings) -> None:
        self.users = {user.membership_id: user for user in holdings.users}
        self.groups = {group.id: group for group in holdings.groups}
        self.group_roles = dict(holdings.group_roles)
        self.labels = {label.name: label for label in holdings.labels}
        self.folders = {folder.id: folder for folder in holdings.folders}
        self.documents = {document.identifier: document for document in holdings.documents}
        self.particulars = holdings.particulars
        self.administrator = holdings.users[0]
        self.token_holder = holdings.users[min(1, len(holdings.users) - 1)]
        self.attributes = tuple(holdings.attributes)
        self.embed_users = {user.membership_id: user for user in holdings.embed_users}
        self.email_only_users = {user.membership_id: user for user in holdings.email_only_users}
        # The model behind a document is the one on its connection.
        self.shared_models = {model.connection_id: model for model in holdings.models}
        self.fixed_models = list(holdings.model_records)
        self.widely_shared = _first_shown(holdings.documents)
        self.schedules = {each.id: each for each in holdings.schedules}
        self.api_keys = {each.id: each for each in holdings.api_keys}
        self.uploads = list(holdings.uploads)
        self.connections = {each.id: each for each in holdings.connections}
        self.environments = list(holdings.environments)
        self.refreshes = list(holdings.refreshes)
        self.dbt_projects = {each.connection_id: each for each in holdings.dbt_projects}
        self.dbt_environments = list(holdings.dbt_environments)
        self.git = dict(holdings.git)
        self.conversations = {each.id: each for each in holdings.conversations}
        self.user_limits = list(holdings.user_limits)
        self.entity_limits = list(holdings.entity_limits)
        self.routines = list(holdings.routines)
        self.prompt_sets = {each.id: each for each in holdings.prompt_sets}
        self.eval_runs = list(holdings.eval_runs)
        self.suggestions = list(holdings.suggestions)
        self.refresh_jobs = dict(holdings.refresh_jobs)
        self._lock = Lock()
        self._models: tuple[dict[str, Document] | None, dict[str, ModelRecord]] = (None, {})

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
