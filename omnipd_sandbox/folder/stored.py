"""What calls can change in an organization, as texts that are stored, and read again.

What they cannot change is what the organization begins with, invented or brought.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from functools import cache
from hashlib import sha256
from itertools import chain
from types import GenericAlias
from typing import Any

from cattrs import transform_error
from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError
from cattrs.v import format_exception

from omnipd_sandbox.folder.content import problems_of_dashboard, problems_of_queries
from omnipd_sandbox.folder.problems import DEEPEST
from omnipd_sandbox.folder.strict import Unreadable, strict_converter
from omnipd_sandbox.http.strict_json import loads
from omnipd_sandbox.organization.api_keys import ApiKey
from omnipd_sandbox.organization.email_only import EmailOnlyUser
from omnipd_sandbox.organization.embed import EmbedUser
from omnipd_sandbox.organization.models import ModelRecord
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.records import (
    Document,
    Folder,
    Group,
    Label,
    User,
)
from omnipd_sandbox.organization.schedules import Schedule

# The mappings of an organization: what their values are, and which field of theirs is the key.
_RECORDS: dict[str, tuple[Any, str]] = {
    "users": (User, "membership_id"),
    "former_users": (User, "membership_id"),
    "embed_users": (EmbedUser, "membership_id"),
    "email_only_users": (EmailOnlyUser, "membership_id"),
    "groups": (Group, "id"),
    "labels": (Label, "name"),
    "folders": (Folder, "id"),
    "documents": (Document, "identifier"),
    "schedules": (Schedule, "id"),
    "api_keys": (ApiKey, "id"),
    "fixed_models": (ModelRecord, "id"),
}
# Those of plain texts, with how many texts their keys are.
_OF_TEXTS = {"moved": 1, "group_roles": 2}
MAPPINGS = (*_RECORDS, *_OF_TEXTS)
# And what is one value: of what it was invented, which ids it began with, how much was made.
VALUES = ("invented", "begun", "made")
_converter = cache(strict_converter)


class Trouble(Exception):
    """Say what is wrong with what was stored; there may be several things."""


def first_values(begun: Organization) -> dict[str, str]:
    """Give what is one value of an organization as it begins, as texts by name."""
    return {
        "invented": as_text(begun.invented),
        "begun": as_text(_fingerprints(begun)),
        "made": as_text(begun.made),
    }


def text_of(stored: object) -> str:
    """Give a text that was stored.

    Raises
    ------
    Trouble
        If it is something else.
    """
    if not isinstance(stored, bytes):
        raise Trouble(f"it is damaged: {stored!r:.50} is no text")
    try:
        return stored.decode()
    except UnicodeDecodeError:
        raise Trouble(f"it is damaged: {stored!r:.50} is not UTF-8") from None


def as_text(value: Any) -> str:
    """Write a record, a key or a value."""
    # ASCII, because names may hold what UTF-8 cannot say.
    return json.dumps(_converter().unstructure(value), allow_nan=False, separators=(",", ":"))


def read_organization(
    begun: Organization,
    values: Mapping[str, str],
    mappings: Mapping[str, Sequence[tuple[str, str]]],
) -> Organization:
    """Read what was stored.

    Parameters
    ----------
    begun
        The organization as it begins: it has what calls cannot change.
    values
        The values by name, as texts.
    mappings
        The keys and values of each mapping, as texts and in order.

    Raises
    ------
    Trouble
        For what is not what was stored, or belongs to another organization.
    """
    missing = sorted(set(VALUES) - values.keys())
    if missing:
        raise Trouble(*(f"{name} is missing" for name in missing))
    if _parsed(values["invented"], "invented") != (begun.invented and [*begun.invented]):
        raise Trouble(
            "it is of an organization of another size, or of your own: start the sandbox with"
            " the same documents= or org= as before"
        )
    then = _structure(_parsed(values["begun"], "begun"), list[list[str]], "begun")
    other = [each[0] for each in _fingerprints(begun) if each not in then]
    if other:
        raise Trouble(
            f"it is of another organization, which began with other {', '.join(other)}: start the"
            " sandbox with the same org=, size=, seed=, model_name= and topic_name= as before"
        )
    organization = copy(begun)
    organization.made = _structure(_parsed(values["made"], "made"), int, "made")
    for name, (kind, key) in _RECORDS.items():
        records = _structure(
            [_parsed(text, name) for _, text in mappings[name]], GenericAlias(list, (kind,)), name
        )
        for (stored_as, _), record in zip(mappings[name], records, strict=True):
            if stored_as != as_text(getattr(record, key)):
                raise Trouble(f"{name}: a record is stored under {stored_as}, not under its {key}")
        setattr(organization, name, {getattr(each, key): each for each in records})
    for name, length in _OF_TEXTS.items():
        setattr(organization, name, _texts(mappings[name], length, name))
    for name, stored in mappings.items():
        if len(getattr(organization, name)) < len(stored):
            raise Trouble(f"{name}: a key is there twice")
    troubles = [*_troubles(organization)]
    if troubles:
        raise Trouble(*troubles)
    return organization


def _fingerprints(begun: Organization) -> list[list[str]]:
    """Name what an organization begins with, each with little text that tells by its ids."""
    models = [(each.id, each.name, each.topic) for each in begun.shared_models.values()]
    parts = {"models": models, **{name: [*getattr(begun, name)] for name in _RECORDS}}
    return [[name, sha256(as_text(ids).encode()).hexdigest()[:16]] for name, ids in parts.items()]


def _texts(stored: Iterable[tuple[str, str]], length: int, at: str) -> dict[Any, str]:
    found: dict[Any, str] = {}
    for key_text, text in stored:
        key = _parsed(key_text, at)
        parts = _structure([key] if length == 1 else key, tuple[str, ...], at)
        if len(parts) != length:
            raise Trouble(f"{at}: {key_text} is not a key")
        found[parts[0] if length == 1 else parts] = _structure(_parsed(text, at), str, at)
    return found


def _parsed(text: str, at: str) -> Any:
    try:
        return loads(text, DEEPEST)
    except (ValueError, TypeError):
        raise Trouble(f"{at}: {text!r:.50} cannot be read") from None


def _structure(value: Any, kind: Any, at: str) -> Any:
    try:
        return _converter().structure(value, kind)
    except (BaseValidationError, ForbiddenExtraKeysError, ValueError) as error:
        raise Trouble(*transform_error(error, path=at, format_exception=_words)) from None


def _words(error: BaseException, kind: type | None) -> str:
    # Our own words where there are some.
    return str(error) if isinstance(error, Unreadable) else format_exception(error, kind)


def _troubles(organization: Organization) -> Iterator[str]:
    """Look for records that name what is not there."""
    of = organization
    people = {*of.users, *of.former_users}
    for model in of.fixed_models.values():
        yield from _unknown(f"model {model.id}", "base", [model.base_id], of.fixed_models)
    for folder in of.folders.values():
        at = f"folder {folder.id}"
        yield from _unknown(at, "owner", [folder.owner_id], people)
        yield from _unknown(at, "parent", [folder.parent_id], of.folders)
        yield from _unknown(at, "label", folder.labels, of.labels)
    for document in of.documents.values():
        at = f"document {document.identifier}"
        for problem in chain(
            problems_of_queries(document.queries), problems_of_dashboard(document.dashboard)
        ):
            yield f"{at}: {problem}"
        authors = [each.author_id for each in document.opened_drafts]
        authors += [each.author_id for each in document.draft_edits.values()]
        named = [document.owner_id, *document.favorited_by, *authors]
        yield from _unknown(at, "person", named, people)
        yield from _unknown(at, "folder", [document.folder_id], of.folders)
        yield from _unknown(at, "label", document.labels, of.labels)
        yield from _unknown(at, "model", [document.model_id], of.shared_models)
    for schedule in of.schedules.values():
        at = f"schedule {schedule.id}"
        yield from _unknown(at, "owner", [schedule.owner_id], people)
        yield from _unknown(at, "document", [schedule.identifier], of.documents)
    for group in of.groups.values():
        yield from _unknown(f"group {group.id}", "member", group.member_ids, of.users)
    yield from _unknown("the sandbox", "user", _everybody_named(of), people)


def _everybody_named(organization: Organization) -> Sequence[str]:
    """List who is named by what calls cannot change."""
    return [each.user_id for each in organization.uploads if each.user_id]


def _unknown(at: str, what: str, ids: Iterable[str | None], known: Any) -> Iterator[str]:
    for each in ids:
        if each is not None and each not in known:
            yield f"{at}: there is no {what} {each}"
