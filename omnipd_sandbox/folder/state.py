"""An organization in a file, so that changes outlive the server.

The file is JSON: every record that calls can change. What they cannot change is what the
organization begins with, invented or brought.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from functools import cache
from itertools import chain
from pathlib import Path
from types import GenericAlias
from typing import Any

from cattrs import transform_error
from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError
from cattrs.v import format_exception

from omnipd_sandbox.folder.content import problems_of_dashboard, problems_of_queries
from omnipd_sandbox.folder.problems import DEEPEST, BadOrganization
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

_FORMAT = "omnipd-sandbox"
_VERSION = 2
# What calls can change: the mapping, the kind of its records, and the field that is their key.
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
_OTHER: dict[str, Any] = {"moved": dict[str, str], "made": int}
_GROUP_ROLE = tuple[str, ...]
_converter = cache(strict_converter)


def store(organization: Organization, path: Path) -> None:
    """Write an organization to a file: the whole of it, or the file stays as it was."""
    plain = _converter().unstructure
    state: dict[str, Any] = {
        "format": _FORMAT,
        "version": _VERSION,
        "invented": organization.invented,
        "group_roles": [[*key, role] for key, role in organization.group_roles.items()],
    }
    state |= {name: getattr(organization, name) for name in _OTHER}
    # A list each, as keys are in the records.
    state |= {
        name: [plain(each) for each in getattr(organization, name).values()] for name in _RECORDS
    }
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            # ASCII, because names may hold what UTF-8 cannot say.
            file.write(json.dumps(state, allow_nan=False, separators=(",", ":")))
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise


def load(path: Path, begun: Organization) -> Organization:
    """Read an organization from a file; `begun` has what calls cannot change.

    Raises
    ------
    BadOrganization
        If the file is damaged, of another version, or of another organization.
    """
    try:
        state = loads(path.read_bytes(), DEEPEST)
    except ValueError:
        raise _unusable(path, "it is not JSON: damaged, or something else") from None
    if not isinstance(state, dict) or state.get("format") != _FORMAT:
        raise _unusable(path, "it is not a state of a sandbox")
    if state.get("version") != _VERSION:
        raise _unusable(path, f"version {state.get('version')!r} is not {_VERSION}")
    missing = {"invented", "group_roles", *_OTHER, *_RECORDS} - state.keys()
    if missing:
        raise _unusable(path, *(f"{name} is missing" for name in sorted(missing)))
    if state["invented"] != (begun.invented and [*begun.invented]):
        raise _unusable(
            path,
            "it is of an organization of another size, or of your own: start the sandbox with"
            " the same documents= or org= as before",
        )
    try:
        organization = _read(state, begun)
    except _Trouble as trouble:
        raise _unusable(path, *trouble.args) from None
    troubles = [*_troubles(organization)]
    if troubles:
        raise _unusable(path, *troubles)
    return organization


class _Trouble(Exception):
    """Say what is wrong in a file."""


def _unusable(path: Path, *problems: str) -> BadOrganization:
    return BadOrganization(str(path), problems)


def _read(state: dict[str, Any], begun: Organization) -> Organization:
    organization = copy(begun)
    for name, kind in _OTHER.items():
        setattr(organization, name, _structure(state[name], kind, name))
    for name, (kind, key) in _RECORDS.items():
        records = _structure(state[name], GenericAlias(list, (kind,)), name)
        found = {getattr(each, key): each for each in records}
        if len(found) < len(records):
            raise _Trouble(f"{name}: two records have one {key}")
        setattr(organization, name, found)
    roles = _structure(state["group_roles"], tuple[_GROUP_ROLE, ...], "group_roles")
    if any(len(each) != 3 for each in roles):
        raise _Trouble("group_roles: a group, a model and a role are needed")
    organization.group_roles = {(group, model): role for group, model, role in roles}
    return organization


def _structure(value: Any, kind: Any, at: str) -> Any:
    try:
        return _converter().structure(value, kind)
    except (BaseValidationError, ForbiddenExtraKeysError, ValueError) as error:
        raise _Trouble(*transform_error(error, path=at, format_exception=_words)) from None


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
