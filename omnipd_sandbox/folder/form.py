"""How each kind of record stands in the file: its keys, and what refers to another record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

from omnipd_sandbox.organization.api_keys import ApiKey
from omnipd_sandbox.organization.attributes import UserAttribute
from omnipd_sandbox.organization.connections import Connection
from omnipd_sandbox.organization.conversations import Conversation, Message
from omnipd_sandbox.organization.credits import CreditControls
from omnipd_sandbox.organization.draft import Draft
from omnipd_sandbox.organization.email_only import EmailOnlyUser
from omnipd_sandbox.organization.embed import EmbedUser
from omnipd_sandbox.organization.git import GitSettings
from omnipd_sandbox.organization.models import (
    ModelRecord,
    ModelReference,
    OwnModel,
    workbook_model_id,
)
from omnipd_sandbox.organization.permits import ROLES, Permit
from omnipd_sandbox.organization.prompts import KnownPrompt
from omnipd_sandbox.organization.records import (
    Dashboard,
    Document,
    Folder,
    Group,
    Label,
    ModelRole,
    StoredQuery,
    User,
)
from omnipd_sandbox.organization.schedules import Alert, Schedule
from omnipd_sandbox.organization.uploads import Upload


@dataclass(frozen=True)
class Refers:
    """Say that a field names another record, under a key of its own in the file.

    ``gives`` is what the field holds of that record: its id, unless something else is said.
    """

    kind: str
    key: str
    many: bool = False
    gives: Callable[[Any], Any] | None = None
    whole: bool = False


@dataclass(frozen=True)
class Worked:
    """Say that a field is worked out from others and does not stand in the file."""


@dataclass(frozen=True)
class Called:
    """Say that a field has another key in the file."""

    key: str


@dataclass(frozen=True)
class OneOf:
    """Say that a field is one of a few words."""

    words: tuple[str, ...]


Said = Refers | Worked | Called | OneOf
_OWNER = Refers("user", "owner")
_USER = Refers("user", "user")
_CONNECTION = Refers("connection", "connection")
_LABELS = Refers("label", "labels", many=True)
_FAVORITES = Refers("user", "favorites", many=True)

# What calls have changed has no key: a folder is an organization as it begins.
_CHANGED_BY_CALLS = {
    name: Worked()
    for name in (
        "first_identifier",
        "grants",
        "settings",
        "organization_role",
        "favorited_at",
        "opened_drafts",
        "discarded_drafts",
        "draft_edits",
    )
}

# What is not said of a field: its key is its name, its value is as its type says.
FORM: Mapping[type, Mapping[str, Said]] = {
    User: {
        "membership_id": Called("id"),
        "model_role": OneOf(get_args(ModelRole)),
        "roles": Worked(),
    },
    UserAttribute: {"system": Worked()},
    Group: {"member_ids": Refers("user", "members", many=True)},
    Label: {},
    ModelReference: {"connection_id": _CONNECTION},
    ModelRecord: {
        "connection_id": _CONNECTION,
        "base_id": Refers("model or branch", "base"),
    },
    Folder: {
        "parent_id": Worked(),
        "owner_id": _OWNER,
        "labels": _LABELS,
        "favorited_by": _FAVORITES,
        "grants": Worked(),
    },
    StoredQuery: {},
    Dashboard: {},
    Document: {
        "owner_id": _OWNER,
        "folder_id": Refers("folder", "folder"),
        "model_id": Refers("model", "model"),
        "connection_id": Worked(),
        "labels": _LABELS,
        "favorited_by": _FAVORITES,
        "imported": Worked(),
        **_CHANGED_BY_CALLS,
    },
    Draft: {
        "document": Worked(),
        "branch": Refers("model or branch", "branch", whole=True),
        "created_by": Refers("user", "created_by", whole=True),
        "last_edited_by": Refers("user", "last_edited_by", whole=True),
    },
    Permit: {
        "principal": Worked(),
        "is_owner": Worked(),
        "role": OneOf(ROLES),
    },
    EmbedUser: {
        "membership_id": Called("id"),
        "group_ids": Refers("group", "groups", many=True),
    },
    EmailOnlyUser: {"membership_id": Called("id"), "attributes": Worked()},
    Alert: {},
    Schedule: {
        "identifier": Refers("document", "document"),
        "member_ids": Refers("user", "members", many=True),
        "stranger_ids": Refers("email-only user", "email_only_users", many=True),
        "group_ids": Refers("group", "groups", many=True),
        "owner_id": _OWNER,
        "triggered_at": Worked(),
    },
    ApiKey: {"membership_id": _USER},
    Upload: {
        "connection_id": _CONNECTION,
        # A workbook's model is known by its document.
        "model_id": Refers("document", "document", gives=workbook_model_id),
        "user_id": _USER,
    },
    Connection: {},
    GitSettings: {},
    OwnModel: {},
    KnownPrompt: {"model_id": Refers("model", "model")},
    CreditControls: {},
    Message: {"model": Refers("model", "model", whole=True)},
    Conversation: {"user_id": _USER},
}


def keys_of(kind: type) -> list[str]:
    """List the keys that records of a kind have in the file."""
    return [key for name in get_type_hints(kind) if not (key := key_of(kind, name)).startswith("(")]


def key_of(kind: type, name: str) -> str:
    """Give the key of a field in the file."""
    match FORM.get(kind, {}).get(name):
        case Refers(key=key) | Called(key=key):
            return key
        case Worked():
            return worked(name)
    return name


def worked(name: str) -> str:
    """Give the key under which a worked out field is handed over; no file can have it."""
    return f"({name})"
