"""The whole organization, with its records by id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from omnipd_sandbox.engine.protocols import ServedModel
from omnipd_sandbox.organization.api_keys import ApiKey
from omnipd_sandbox.organization.attributes import SYSTEM_ATTRIBUTES, UserAttribute
from omnipd_sandbox.organization.connections import Connection
from omnipd_sandbox.organization.conversations import Conversation
from omnipd_sandbox.organization.credits import CreditControls
from omnipd_sandbox.organization.derived import base62, stable_uuid
from omnipd_sandbox.organization.draft import Draft
from omnipd_sandbox.organization.email_only import EmailOnlyUser
from omnipd_sandbox.organization.embed import EmbedUser
from omnipd_sandbox.organization.git import GitSettings
from omnipd_sandbox.organization.habits import Habit
from omnipd_sandbox.organization.models import (
    ModelRecord,
    ModelReference,
    OwnModels,
    models_of_documents,
)
from omnipd_sandbox.organization.prompts import KnownPrompt
from omnipd_sandbox.organization.records import (
    Dashboard,
    Document,
    Folder,
    Grant,
    Group,
    Label,
    User,
)
from omnipd_sandbox.organization.schedules import Schedule
from omnipd_sandbox.organization.tables import Row
from omnipd_sandbox.organization.uploads import Upload

# A reserved top-level domain: a client must never take its host from an answer.
WEB_ADDRESS = "https://sandbox.omni.example"
ORGANIZATION_ID = stable_uuid("organization")


@dataclass(kw_only=True, eq=False)
class Organization:
    """Hold every record, by id, in the order of its making.

    The first user is the administrator, the second has a token. Each server has an organization of
    its own. Records and mappings are never changed in place: a call that writes works on a copy,
    with new records in new mappings, which takes the organization's place when the call has
    succeeded. So whoever reads sees all of a change or nothing.
    """

    users: dict[str, User]
    # Those that can be queried, by id; documents are on one of them.
    shared_models: dict[str, ModelReference]
    # Those that are no document's own.
    fixed_models: dict[str, ModelRecord]
    groups: dict[str, Group] = field(default_factory=dict)
    # The role of a group on a model: by the group's id and the model's name.
    group_roles: dict[tuple[str, str], str] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    folders: dict[str, Folder] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    attributes: tuple[UserAttribute, ...] = SYSTEM_ATTRIBUTES
    embed_users: dict[str, EmbedUser] = field(default_factory=dict)
    email_only_users: dict[str, EmailOnlyUser] = field(default_factory=dict)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    api_keys: dict[str, ApiKey] = field(default_factory=dict)
    uploads: Sequence[Upload] = ()
    connections: dict[str, Connection] = field(default_factory=dict)
    # By the model's name.
    git: Mapping[str, GitSettings] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    tables: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    # Jobs that read a schema again, with how far each is.
    refresh_jobs: Mapping[str, str] = field(default_factory=dict)

    # The prompts that the AI knows; the first that matches is meant.
    prompts: Sequence[KnownPrompt] = ()
    # By the model's name: the pattern of each field with a timeframe that is also written out.
    formats: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # What the AI may cost the whole organization.
    credit_controls: CreditControls = field(default_factory=CreditControls)

    # What documents and folders begin with, by the document's topic or the folder's id; nothing
    # for those that are not there.
    grants: Mapping[str, tuple[Grant, ...]] = field(default_factory=dict)
    drafts: Mapping[str, Sequence[Draft]] = field(default_factory=dict)
    dashboards: Mapping[str, Dashboard] = field(default_factory=dict)
    # What a document does not allow, in the words of the wire.
    forbidden: Mapping[str, frozenset[str]] = field(default_factory=dict)
    own_models: Mapping[str, OwnModels] = field(default_factory=dict)
    # Since when whose favorite it is: by user's id.
    favorited_at: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # How it is viewed as days go by.
    habits: Mapping[str, Habit | None] = field(default_factory=dict)

    # Of what it was invented; None for one that was brought.
    invented: tuple[int, ...] | None = None
    # Who left still owns what they owned.
    former_users: dict[str, User] = field(default_factory=dict)
    # Identifier that a document had → the one it has now.
    moved: dict[str, str] = field(default_factory=dict)
    # How many records were made by calls; ids come from it.
    made: int = 0

    def __post_init__(self) -> None:
        first, *others = self.users.values()
        self.administrator = first
        self.token_holder = others[0] if others else first
        self._models: tuple[dict[str, Document] | None, dict[str, ModelRecord]] = (None, {})
        self._in_folders: tuple[dict[str, Document] | None, Counter[str]] = (None, Counter())

    @property
    def models(self) -> dict[str, ModelRecord]:
        """Give every model by id, those of documents among them."""
        documents = self.documents
        of, known = self._models
        if of is not documents:
            found = [*self.fixed_models.values()]
            found += models_of_documents(documents.values(), self.shared_models, self.own_models)
            known = {model.id: model for model in found}
            # Good until a document is added, which makes a new mapping.
            self._models = (documents, known)
        return known

    def branches_of(self, model_id: str) -> list[ModelRecord]:
        """Give the branches of a shared model."""
        return [
            model
            for model in self.fixed_models.values()
            if model.kind == "BRANCH" and model.base_id == model_id
        ]

    def shared_on(self, connection_id: str | None) -> list[ModelReference]:
        """Give the shared models on a connection."""
        return [
            model for model in self.shared_models.values() if model.connection_id == connection_id
        ]

    def shared_behind(self, model_id: str) -> list[ModelReference]:
        """Give the shared model that a model is or stands on; of a schema, all that stand on it."""
        below = model_id
        while below not in self.shared_models:
            record = self.models.get(below)
            if record is None or record.base_id is None:
                return self.shared_on(record.connection_id if record else None)
            below = record.base_id
        return [self.shared_models[below]]

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
            identifier = base62(8, *self.fresh_topic("document")).lower()
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
