"""The frames of an inventory: how each is read, and which others it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd

from omnipd.arguments import argument, as_list, check_choice
from omnipd.errors import (
    APIError,
    ArgumentError,
    AuthenticationError,
    OmniError,
    RateLimitError,
    ResponseError,
)
from omnipd.frames.to_pandas import is_whole, marked_incomplete
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut
from omnipd.lists.manual import list_of
from omnipd.readers.ai import (
    read_ai_agent_actions,
    read_ai_conversations,
    read_ai_jobs,
    read_ai_messages,
    read_ai_routines,
)
from omnipd.readers.ai_credits import (
    read_ai_credit_controls,
    read_ai_group_credit_limits,
    read_ai_user_credit_limits,
)
from omnipd.readers.ai_evals import (
    read_ai_eval_results,
    read_ai_eval_runs,
    read_ai_prompt_sets,
    read_ai_prompts,
)
from omnipd.readers.api_keys import read_api_keys
from omnipd.readers.connections import (
    read_connection_environments,
    read_connection_schedules,
    read_connections,
)
from omnipd.readers.content import read_content
from omnipd.readers.dashboard_filters import read_dashboard_filters
from omnipd.readers.dbt import read_dbt, read_dbt_environments, read_dbt_exposures
from omnipd.readers.document_access import read_document_abilities, read_document_access
from omnipd.readers.documents import (
    read_document_details,
    read_document_drafts,
    read_document_favorites,
    read_document_queries,
    read_documents,
)
from omnipd.readers.folders import read_folder_permissions, read_folders
from omnipd.readers.groups import read_group_members, read_groups
from omnipd.readers.labels import read_labels
from omnipd.readers.model_roles import read_model_roles
from omnipd.readers.models import (
    read_model_files,
    read_model_git,
    read_model_suggestions,
    read_models,
    read_schemas,
)
from omnipd.readers.schedules import (
    read_schedule_details,
    read_schedule_recipients,
    read_schedules,
)
from omnipd.readers.scope_all import ALL
from omnipd.readers.topics import (
    read_relationships,
    read_topic_fields,
    read_topics,
    read_views,
)
from omnipd.readers.uploads import read_uploads
from omnipd.readers.users import (
    read_email_only_users,
    read_embed_users,
    read_user_attribute_values,
    read_user_attributes,
    read_user_groups,
    read_users,
)
from omnipd.readers.validation import read_content_issues, read_model_issues
from omnipd.readers.whoami import read_whoami_roles

#: What stands for all frames.
EVERYTHING = "all"

#: A function named read_….
Reader = Callable[..., pd.DataFrame]


def _emails(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the schedules that have recipients: the others would cost a call and have no rows."""
    schedules = frames["schedules"]
    return schedules[schedules["destination_type"] == "email"]


def _with_dashboard(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the documents that have a dashboard, or may have one."""
    documents = frames["documents"]
    return documents[documents["has_dashboard"].fillna(True)]


def _all_documents(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return all documents that are known: no source says whether one list holds the personal ones."""
    held = [frames[name] for name in ("documents", "content") if name in frames]
    identifiers = [identifier for one in held for identifier in one["document_identifier"].dropna()]
    documents = pd.DataFrame({"document_identifier": identifiers}, dtype=object)
    # pandas keeps no mark of frames that are put together.
    return documents if all(map(is_whole, held)) else marked_incomplete(documents)


@dataclass(frozen=True)
class Part:
    """A frame of the inventory, and what it costs.

    Attributes
    ----------
    read : callable
        The reader.
    same_as : str, optional
        The frame whose list it is made from too: with a cache it costs nothing more.
    personal : bool
        Whether there is a ``scope``, and with all of it one more call for each user.
    below : str, optional
        The frame that it is one call for each row of.
    parents : callable, optional
        From the frames to the parents, where they are not these rows.
    narrowed : bool
        Whether the parents are only some of these rows, so that their number is not enough to count.
    counts_below : bool
        Whether it is read to count what is below it, a call for each of the first parents.
    group : str
        By which name it is asked for together with others.
    """

    read: Reader
    group: str
    same_as: str | None = None
    personal: bool = False
    below: str | None = None
    parents: Callable[[Mapping[str, pd.DataFrame]], pd.DataFrame] | None = None
    narrowed: bool = False
    counts_below: bool = False

    @property
    def reader_name(self) -> str:
        """The name of the reader, whatever it is asked for."""
        return str(getattr(self.read, "func", self.read).__name__)

    @property
    def endpoint(self) -> Endpoint:
        """The list itself; where it is below others, that of one parent."""
        one = list_of(self.reader_name)
        return one.endpoint if isinstance(one, FanOut) else one

    def is_expensive(self, scope: str) -> bool:
        """Whether it may take as many calls as there are users, documents or folders."""
        return self.below is not None or self.is_read_by_person(scope)

    def is_read_by_person(self, scope: str) -> bool:
        """Whether it is asked for once more for each user."""
        return self.personal and scope == ALL


#: What an audit needs.
PARTS: dict[str, Part] = {
    "content": Part(read_content, "content", personal=True),
    "documents": Part(read_documents, "content"),
    "folders": Part(read_folders, "content", personal=True),
    "labels": Part(read_labels, "content"),
    "users": Part(read_users, "people"),
    "user_attributes": Part(read_user_attributes, "people"),
    "user_attribute_values": Part(read_user_attribute_values, "people", same_as="users"),
    "groups": Part(read_groups, "people"),
    "group_members": Part(read_group_members, "people", same_as="groups"),
    "model_roles": Part(read_model_roles, "access", below="users"),
    "api_keys": Part(read_api_keys, "people"),
    "connections": Part(read_connections, "connections"),
    "models": Part(partial(read_models, model_kind="SHARED"), "models"),
    "schedules": Part(read_schedules, "schedules"),
    "schedule_recipients": Part(
        read_schedule_recipients,
        "schedules",
        below="schedules",
        parents=_emails,
        narrowed=True,
    ),
    "document_access": Part(
        read_document_access, "access", below="documents", parents=_all_documents
    ),
    "folder_permissions": Part(read_folder_permissions, "access", below="folders"),
}


#: What there is beside that.
_MORE: dict[str, Part] = {
    "document_details": Part(
        read_document_details,
        "content",
        below="documents",
        parents=_with_dashboard,
        narrowed=True,
    ),
    "document_queries": Part(read_document_queries, "content", below="documents"),
    "document_drafts": Part(read_document_drafts, "content", below="documents"),
    "document_favorites": Part(read_document_favorites, "content", below="documents"),
    "dashboard_filters": Part(
        read_dashboard_filters,
        "content",
        below="documents",
        parents=_with_dashboard,
        narrowed=True,
    ),
    "document_abilities": Part(read_document_abilities, "access", below="documents"),
    "embed_users": Part(read_embed_users, "people"),
    "email_only_users": Part(read_email_only_users, "people"),
    "user_groups": Part(read_user_groups, "people", same_as="users"),
    "whoami_roles": Part(read_whoami_roles, "access"),
    "schedule_details": Part(read_schedule_details, "schedules", below="schedules"),
    "connection_environments": Part(read_connection_environments, "connections"),
    "connection_schedules": Part(read_connection_schedules, "connections", below="connections"),
    "dbt": Part(read_dbt, "connections", below="connections"),
    "dbt_environments": Part(read_dbt_environments, "connections", below="connections"),
    "dbt_exposures": Part(read_dbt_exposures, "models", below="models"),
    "uploads": Part(read_uploads, "connections"),
    "topics": Part(read_topics, "models", below="models", counts_below=True),
    "topic_fields": Part(read_topic_fields, "models", below="topics"),
    "relationships": Part(read_relationships, "models", below="topics", same_as="topic_fields"),
    "views": Part(read_views, "models", below="models"),
    "schemas": Part(read_schemas, "models", below="models"),
    "model_files": Part(read_model_files, "models", below="models"),
    "model_git": Part(read_model_git, "models", below="models"),
    "model_issues": Part(read_model_issues, "models", below="models"),
    "model_suggestions": Part(read_model_suggestions, "models", below="models"),
    "content_issues": Part(read_content_issues, "models", below="models"),
    "ai_agent_actions": Part(read_ai_agent_actions, "ai", below="models"),
    "ai_conversations": Part(read_ai_conversations, "ai"),
    "ai_messages": Part(read_ai_messages, "ai", below="ai_conversations", counts_below=True),
    "ai_jobs": Part(read_ai_jobs, "ai", below="ai_messages"),
    "ai_routines": Part(read_ai_routines, "ai"),
    "ai_prompt_sets": Part(read_ai_prompt_sets, "ai"),
    "ai_prompts": Part(read_ai_prompts, "ai", below="ai_prompt_sets"),
    "ai_eval_runs": Part(read_ai_eval_runs, "ai", below="ai_prompt_sets", counts_below=True),
    "ai_eval_results": Part(read_ai_eval_results, "ai", below="ai_eval_runs"),
    "ai_credit_controls": Part(read_ai_credit_controls, "ai"),
    "ai_user_credit_limits": Part(read_ai_user_credit_limits, "ai"),
    "ai_group_credit_limits": Part(read_ai_group_credit_limits, "ai"),
}

#: Every list that can be read without a choice that only its reader knows.
ALL_PARTS = PARTS | _MORE

#: What stands for several at once. Where a frame has the name of its group, that is the frame.
GROUPS: dict[str, list[str]] = {}
for _name, _part in ALL_PARTS.items():
    GROUPS.setdefault(f"{_part.group}:all", []).append(_name)
    if _part.group not in ALL_PARTS:
        GROUPS.setdefault(_part.group, []).append(_name)


def names_of(include: Sequence[str] | str | None) -> list[str]:
    """Return the names of the frames that are asked for, each once, in the usual order."""
    if include is None:
        return list(PARTS)
    asked = as_list("include", include)
    if not asked:
        raise ArgumentError(
            argument("include", []) + " is empty; leave it out to ask for everything."
        )
    for name in asked:
        check_choice("include", name, [*ALL_PARTS, *GROUPS, EVERYTHING])
    wanted = {one for name in asked for one in GROUPS.get(name, (name,))}
    return [name for name in ALL_PARTS if name in wanted or EVERYTHING in wanted]


def with_needed(names: Sequence[str], scope: str) -> list[str]:
    """Return the names with those that others cannot be read without, which stand before them."""
    needed: dict[str, None] = {}
    for name in names:
        part = ALL_PARTS[name]
        if part.is_read_by_person(scope):
            needed["users"] = None
        if part.below is not None:
            needed |= dict.fromkeys(with_needed([part.below], scope))
        needed[name] = None
    return list(needed)


def is_of_one_list(error: OmniError) -> bool:
    """Whether other lists may still be read: an unknown key or a used-up pace fails them all."""
    return isinstance(error, APIError | ResponseError) and not isinstance(
        error, AuthenticationError | RateLimitError
    )
