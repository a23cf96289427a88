"""Whom a document is a favorite of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from omnipd.changes.action import Action, Present
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change, Key
from omnipd.changes.document_calls import older_path
from omnipd.changes.now import Now
from omnipd.changes.values import FLAG
from omnipd.errors import ForbiddenError, NotFoundError
from omnipd.readers.documents import read_document_favorites
from omnipd.readers.users import read_users

#: Not a favorite is false or null.
_IS_FAVORITE = replace(FLAG, same=lambda one, other: bool(one) == bool(other))


def _calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    path = older_path(change.key.item, "/favorite")
    whose = {"userId": str(change.key.part)}
    return [ApiCall("PUT" if change.new else "DELETE", path, params=whose)]


def _check(change: Change) -> str | None:
    return "Whose favorite it is has to be said." if change.key.part is None else None


def _preflight(now: Now, changes: Sequence[Change]) -> Mapping[Key, str]:
    try:
        known = set(read_users(refresh=True, client=now.client)["user_id"])
    except ForbiddenError:  # none but organization keys may ask
        return {}
    return {
        change.key: f"There is no user {change.key.part!r}."
        for change in changes
        if change.new and change.key.part not in known
    }


def _present(now: Now, changes: Sequence[Change]) -> Present:
    """Read whose favorite each document is, with one list per document."""
    whose: dict[str, set[str]] = {}
    for item in dict.fromkeys(change.key.item for change in changes):
        try:
            favorites = read_document_favorites(item, refresh=True, client=now.client)
        except NotFoundError:
            continue
        whose[item] = set(favorites["user_id"].dropna())
    return {
        change.key: change.key.part in whose[change.key.item]
        for change in changes
        if change.key.item in whose
    }


FAVORITE = Action(
    "document",
    "favorite",
    _IS_FAVORITE,
    _calls,
    _present,
    check=_check,
    preflight=_preflight,
)
