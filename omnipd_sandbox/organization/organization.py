"""The whole organization, with its records by id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from omnipd_sandbox.organization import chance
from omnipd_sandbox.organization.holdings import Holdings
from omnipd_sandbox.organization.models import ModelRecord, models_of_documents
from omnipd_sandbox.organization.queries import ModelReference
from omnipd_sandbox.organization.records import Document, Folder, Group, User
from omnipd_sandbox.organization.schedules import Schedule

if TYPE_CHECKING:
    from omnipd_sandbox.engine.protocols import ServedModel

# A reserved top-level domain: a client must never take its host from an answer.
WEB_ADDRESS = "https://sandbox.omni.example"
ORGANIZATION_ID = chance.stable_uuid("organization")


class Organization:
    """Hold every record, by id, in the order of its making.

    Each server has one of its own. Records and mappings are never changed in place: a call that
    writes works on a copy, with new records in new mappings, which takes the organization's place
    when the call has succeeded. So whoever reads sees all of a change or nothing.
    """

    def __init__(self, holdings: Holdings) -> None:
        self.users = {user.membership_id: user for user in holdings.users}
        # Who left still owns what they owned.
        self.former_users: dict[str, User] = {}
        # Those who were there from the start: what is invented for an item is chosen among them.
        self.founders = tuple(holdings.users)
        self.founding_groups = tuple(holdings.groups)
        # Identifier that a document had → the one it has now.
        self.moved: dict[str, str] = {}
        self.invented = holdings.invented
        # How many records were made by calls; ids come from it.
        self.made = 0
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
        self.fixed_models = {model.id: model for model in holdings.model_records}
        self.widely_shared = first_shown(holdings.documents)
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
        self._models: tuple[dict[str, Document] | None, dict[str, ModelRecord]] = (None, {})
        self._in_folders: tuple[dict[str, Document] | None, Counter[str]] = (None, Counter())

    @property
    def models(self) -> dict[str, ModelRecord]:
        """Give every model by id, those of documents among them."""
        documents = self.documents
        of, known = self._models
        if of is not documents:
            found = [*self.fixed_models.values()]
            found += models_of_documents(documents.values(), self.shared_models)
            known = {model.id: model for model in found}
            # Good until a document is added, which makes a new mapping.
            self._models = (documents, known)
        return known

    def branches_of(self, connection_id: str) -> list[ModelRecord]:
        """Give the branches of the shared model on a connection."""
        return [
            model
            for model in self.fixed_models.values()
            if model.kind == "BRANCH" and model.connection_id == connection_id
        ]

    def groups_of(self, user_id: str) -> list[Group]:
        """Give the groups a member is in."""
        return [group for group in self.groups.values() if user_id in group.member_ids]

    def person(self, membership_id: str) -> User:
        """Give a member, also one who left."""
        return self.users.get(membership_id) or self.former_users[membership_id]

    def role_of(self, user: User, model: ModelReference | ServedModel) -> str:
        """Give the role in effect: the member's own, one of a group, or the connection's."""
        own = user.roles.get(model.id) or user.model_role
        if own is not None:
            return own
        for group in self.groups_of(user.membership_id):
            role = self.group_roles.get((group.id, model.name))
            if role is not None:
                return role
        connection = self.connections.get(model.connection_id)
        return (connection and connection.base_role) or "NO_ACCESS"

    def new_identifier(self) -> str:
        """Make an identifier that no document has."""
        while True:
            identifier = chance.base62(8, *self.fresh_topic("document")).lower()
            if identifier not in self.documents:
                return identifier

    def fresh_topic(self, kind: str) -> tuple[str, str, int]:
        """Give what the ids of a new record hang on; the same calls give the same ids."""
        self.made += 1
        return ("made", kind, self.made)

    def keep_model(self, model: ModelRecord) -> None:
        """Put a model that is no document's own in its place, or at the end."""
        self.fixed_models = {**self.fixed_models, model.id: model}
        self._models = (None, {})

    def keep_document(self, document: Document) -> None:
        """Put a document in its place, or at the end."""
        self.documents = {**self.documents, document.identifier: document}

    def keep_folder(self, folder: Folder) -> None:
        """Put a folder in its place, or at the end."""
        self.folders = {**self.folders, folder.id: folder}

    def keep_user(self, user: User) -> None:
        """Put a member in their place, or at the end."""
        self.users = {**self.users, user.membership_id: user}

    def keep_group(self, group: Group) -> None:
        """Put a group in its place, or at the end."""
        self.groups = {**self.groups, group.id: group}

    def keep_schedule(self, schedule: Schedule) -> None:
        """Put a schedule in its place, or at the end."""
        self.schedules = {**self.schedules, schedule.id: schedule}

    def documents_per_folder(self) -> Counter[str]:
        """Count the documents directly in each folder, without those in the Trash."""
        documents = self.documents
        of, counted = self._in_folders
        if of is not documents:
            counted = Counter(
                each.folder_id for each in documents.values() if each.folder_id and not each.deleted
            )
            # Good until a document is added or changed, which makes a new mapping.
            self._in_folders = (documents, counted)
        return counted

    def folder_at(self, path: str) -> Folder | None:
        """Find a folder by its path, without a leading slash."""
        return next((folder for folder in self.folders.values() if folder.path == path), None)


def first_shown(documents: Sequence[Document]) -> str | None:
    """Give the first document that everybody sees, with a dashboard and in a folder."""
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
