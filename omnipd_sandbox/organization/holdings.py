"""All that an organization is, as lists: what inventing one gives, and what reading one gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from omnipd_sandbox.organization.attributes import ATTRIBUTES, UserAttribute
from omnipd_sandbox.organization.records import Document, Folder, Grant, Group, Label, User

if TYPE_CHECKING:
    from omnipd_sandbox.organization.ai import Conversation, CreditLimit, Routine
    from omnipd_sandbox.organization.api_keys import ApiKey
    from omnipd_sandbox.organization.connections import (
        Connection,
        ConnectionEnvironment,
        DbtEnvironment,
        DbtProject,
        RefreshSchedule,
    )
    from omnipd_sandbox.organization.drafts import Draft
    from omnipd_sandbox.organization.email_only import EmailOnlyUser
    from omnipd_sandbox.organization.embed import EmbedUser
    from omnipd_sandbox.organization.evals import EvalRun, PromptSet
    from omnipd_sandbox.organization.git import GitSettings
    from omnipd_sandbox.organization.models import ModelRecord
    from omnipd_sandbox.organization.queries import ModelReference
    from omnipd_sandbox.organization.schedules import Schedule
    from omnipd_sandbox.organization.suggestions import Suggestion
    from omnipd_sandbox.organization.uploads import Upload


@dataclass(frozen=True)
class Particulars:
    """Hold what is said of single documents and folders, beside their records.

    Where nothing is said, there is nothing. An invented organization has no particulars: they
    are chanced for each item when it is asked for.
    """

    # By the document's identifier or the folder's id.
    grants: Mapping[str, tuple[Grant, ...]] = field(default_factory=dict)
    drafts: Mapping[str, Sequence[Draft]] = field(default_factory=dict)
    # What a document does not allow, in the words of the wire.
    forbidden: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """Hold an organization; the first user is the administrator, the second has a token."""

    models: Sequence[ModelReference]
    model_records: Sequence[ModelRecord]
    users: Sequence[User]
    groups: Sequence[Group] = ()
    # The role of a group on a model: by the group's id and the model's name.
    group_roles: Mapping[tuple[str, str], str] = field(default_factory=dict)
    labels: Sequence[Label] = ()
    folders: Sequence[Folder] = ()
    documents: Sequence[Document] = ()
    particulars: Particulars | None = field(default_factory=Particulars)
    attributes: Sequence[UserAttribute] = tuple(each for each in ATTRIBUTES if each.system)
    embed_users: Sequence[EmbedUser] = ()
    email_only_users: Sequence[EmailOnlyUser] = ()
    schedules: Sequence[Schedule] = ()
    api_keys: Sequence[ApiKey] = ()
    uploads: Sequence[Upload] = ()
    connections: Sequence[Connection] = ()
    environments: Sequence[ConnectionEnvironment] = ()
    refreshes: Sequence[RefreshSchedule] = ()
    dbt_projects: Sequence[DbtProject] = ()
    dbt_environments: Sequence[DbtEnvironment] = ()
    # By the model's name.
    git: Mapping[str, GitSettings] = field(default_factory=dict)
    conversations: Sequence[Conversation] = ()
    user_limits: Sequence[CreditLimit] = ()
    entity_limits: Sequence[CreditLimit] = ()
    routines: Sequence[Routine] = ()
    prompt_sets: Sequence[PromptSet] = ()
    eval_runs: Sequence[EvalRun] = ()
    suggestions: Sequence[Suggestion] = ()
    # Of what it was invented; None for one that was brought.
    invented: tuple[int, ...] | None = None
    # Jobs that read a schema again, with how far each is.
    refresh_jobs: Mapping[str, str] = field(default_factory=dict)
