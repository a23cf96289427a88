"""How each kind of record stands in the file: its keys, and what refers to another record."""

from __future__ import annotations

import dataclasses
import json
from collections import abc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from omnipd_sandbox.folder.references import KINDS, References, Unreadable, near
from omnipd_sandbox.organization import chance
from omnipd_sandbox.organization.ai import Conversation, CreditLimit, Message, Routine
from omnipd_sandbox.organization.api_keys import ApiKey
from omnipd_sandbox.organization.attributes import UserAttribute
from omnipd_sandbox.organization.connections import (
    Connection,
    ConnectionEnvironment,
    DbtEnvironment,
    DbtProject,
    DbtVariable,
    RefreshSchedule,
)
from omnipd_sandbox.organization.drafts import Draft
from omnipd_sandbox.organization.email_only import EmailOnlyUser
from omnipd_sandbox.organization.embed import EmbedUser
from omnipd_sandbox.organization.evals import EvalPrompt, EvalResult, EvalRun, PromptSet
from omnipd_sandbox.organization.git import GitSettings
from omnipd_sandbox.organization.models import ModelRecord, workbook_model_id
from omnipd_sandbox.organization.moments import EPOCH, written
from omnipd_sandbox.organization.permits import ROLES, Permit
from omnipd_sandbox.organization.queries import ModelReference
from omnipd_sandbox.organization.records import (
    ABSENT,
    Absent,
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
from omnipd_sandbox.organization.suggestions import Suggestion
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
_MODEL = Refers("model", "model")
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
        "created_at": Worked(),
        "updated_at": Worked(),
    },
    StoredQuery: {},
    Dashboard: {},
    Document: {
        "owner_id": _OWNER,
        "folder_id": Refers("folder", "folder"),
        "connection_id": Refers("model", "model", gives=lambda model: model.connection_id),
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
    ConnectionEnvironment: {
        "base_connection_id": Refers("connection", "base_connection"),
        "connection_id": _CONNECTION,
    },
    RefreshSchedule: {"connection_id": _CONNECTION},
    DbtProject: {"connection_id": _CONNECTION},
    DbtVariable: {},
    DbtEnvironment: {"connection_id": _CONNECTION, "owner_id": _OWNER},
    GitSettings: {},
    Message: {"model": Refers("model", "model", whole=True)},
    Conversation: {"user_id": _USER},
    CreditLimit: {},
    Routine: {
        "user_id": _USER,
        "model_id": _MODEL,
        "recipients": Refers("user", "recipients", many=True, whole=True),
        "groups": Refers("group", "groups", many=True, whole=True),
    },
    EvalPrompt: {},
    PromptSet: {"model_id": _MODEL},
    EvalResult: {
        "prompt": Refers("prompt", "prompt", whole=True),
        "conversation_id": Refers("conversation", "conversation"),
    },
    EvalRun: {"prompt_set_id": Refers("prompt set", "prompt_set"), "model_id": _MODEL},
    Suggestion: {
        "model_id": _MODEL,
        "conversation_id": Refers("conversation", "conversation"),
        "ignored_by": Refers("user", "ignored_by"),
    },
}
_MOMENTS = ("_at", "last_login", "last_run")


def keys_of(kind: type) -> list[str]:
    """List the keys that records of a kind have in the file."""
    said = FORM[kind]
    return [
        key
        for each in dataclasses.fields(kind)
        if not (key := _key(each.name, said.get(each.name))).startswith("(")
    ]


def key_of(kind: type, name: str) -> str:
    """Give the key of a field in the file."""
    return _key(name, FORM.get(kind, {}).get(name))


def worked(name: str) -> str:
    """Give the key under which a worked out field is handed over; no file can have it."""
    return f"({name})"


def converter(references: References) -> Converter:
    """Make what turns JSON into records and back."""
    made = Converter(forbid_extra_keys=True, omit_if_default=True)
    for plain in (str, int, bool, float):
        made.register_structure_hook(plain, _strict)
    # The unions of the records' optional keys.
    made.register_structure_hook(str | Absent | None, _optional(str))
    made.register_structure_hook(int | Absent | None, _optional(int))
    for kind, said in FORM.items():
        into: dict[str, Any] = {}
        out: dict[str, Any] = {}
        hints = get_type_hints(kind)
        for each in dataclasses.fields(kind):
            about = said.get(each.name)
            key = _key(each.name, about)
            reads, writes = _hooks(each.name, about, hints[each.name], references)
            into[each.name] = override(rename=key, struct_hook=reads)
            out[each.name] = override(
                rename=key, unstruct_hook=writes, omit=True if isinstance(about, Worked) else None
            )
        made.register_structure_hook(
            kind,
            _filling(make_dict_structure_fn(kind, made, _cattrs_forbid_extra_keys=True, **into)),
        )
        made.register_unstructure_hook(
            kind, make_dict_unstructure_fn(kind, made, _cattrs_omit_if_default=True, **out)
        )
    return made


def _filling(read: Callable[[Mapping[str, Any], Any], Any]) -> Callable[[Any, Any], Any]:
    def read_filled(value: Any, kind: Any) -> Any:
        if not isinstance(value, Mapping):
            raise Unreadable(f"an object is needed here, not {value!r}")
        return read({**_empty(kind, value), **value}, kind)

    return read_filled


@cache
def _left_out(kind: type) -> tuple[tuple[str, Any], ...]:
    """List the keys that may be left out though the record needs them, with their types."""
    hints = get_type_hints(kind)
    return tuple(
        (_key(each.name, FORM[kind].get(each.name)), hints[each.name])
        for each in dataclasses.fields(kind)
        if each.default is dataclasses.MISSING
    )


def _empty(kind: type, value: Mapping[str, Any]) -> dict[str, Any]:
    """Give what stands for keys that are left out: nothing, and what follows from the rest."""
    filled: dict[str, Any] = {}
    for key, hint in _left_out(kind):
        if key in value:
            continue
        if type(None) in get_args(hint):
            filled[key] = None
        elif hint is bool:
            filled[key] = False
        elif get_origin(hint) is tuple:
            filled[key] = []
        elif get_origin(hint) in {dict, abc.Mapping}:
            filled[key] = {}
        elif key == "created_at":
            filled[key] = written(EPOCH)
        elif key == "updated_at":
            filled[key] = value.get("created_at", written(EPOCH))
        elif key in {"id", "destination_id"}:
            filled[key] = chance.stable_uuid(kind.__name__, json.dumps(value, sort_keys=True))
    return filled


def _key(name: str, about: Said | None) -> str:
    match about:
        case Refers(key=key) | Called(key=key):
            return key
        case Worked():
            return worked(name)
    return name


Hook = Callable[..., Any]


def _hooks(
    name: str, about: Said | None, hint: Any, references: References
) -> tuple[Hook | None, Hook | None]:
    optional = type(None) in get_args(hint)
    match about:
        case Refers():
            return _referring(about, references, optional=optional)
        case OneOf(words=words):
            return (lambda value, _: _one_of(value, words)), None
        case Worked():
            return (lambda value, _: value), None
    if name.endswith(_MOMENTS) and str in (hint, *get_args(hint)):
        return (lambda value, _: _moment(value, optional=optional)), None
    return None, None


def _referring(about: Refers, references: References, *, optional: bool) -> tuple[Hook, Hook]:
    identity = KINDS[about.kind][0]

    def read(value: Any, _: Any = None) -> Any:
        if value is None and optional:
            return None
        record = references.find(about.kind, value)
        if about.whole:
            return record
        return about.gives(record) if about.gives else getattr(record, identity)

    def read_many(value: Any, _: Any) -> Any:
        if not isinstance(value, list):
            raise Unreadable(f"a list is needed here, not {value!r}")
        return tuple(read(each) for each in value)

    def write(value: Any) -> Any:
        if value is None:
            return None
        if about.gives:
            return references.name_by(about.kind, value, about.gives)
        return references.name(about.kind, getattr(value, identity) if about.whole else value)

    if about.many:
        return read_many, lambda values: [write(each) for each in values]
    return read, write


def _strict(value: Any, kind: Any) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        words = {str: "a text", int: "a whole number", bool: "true or false", float: "a number"}
        raise Unreadable(f"{words[kind]} is needed here, not {value!r}")
    return value


def _optional(kind: type) -> Hook:
    return lambda value, _: value if value is None or value is ABSENT else _strict(value, kind)


def _one_of(value: Any, words: tuple[str, ...]) -> str:
    if value not in words:
        raise Unreadable(f"{value!r} is none of {', '.join(words)}{near(str(value), words)}")
    return str(value)


def _moment(value: Any, *, optional: bool) -> Any:
    if isinstance(value, Absent) or (value is None and optional):
        return value
    try:
        zone = datetime.fromisoformat(_strict(value, str)).tzinfo
    except ValueError:
        zone = None
    if zone is None:
        raise Unreadable(f"{value!r} is not a moment such as 2025-01-31T09:00:00.000Z")
    return value
