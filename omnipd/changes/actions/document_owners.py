"""Whose documents are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from omnipd.changes.action import Action, Present
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change, Key
from omnipd.changes.documents_now import present_of
from omnipd.changes.now import Now
from omnipd.changes.people_now import why_no_owner
from omnipd.changes.values import TEXT
from omnipd.client.api_paths import segment


def _calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    path = f"/api/v1/documents/{segment(change.key.item)}/transfer-ownership"
    return [ApiCall("PUT", path, {"userId": change.new})]


def _present(now: Now, changes: Sequence[Change]) -> Present:
    return present_of(now, changes, lambda row: row["owner_id"])


def _check(change: Change) -> str | None:
    return "It needs an owner: the membership id of a user." if change.new is None else None


def _preflight(now: Now, changes: Sequence[Change]) -> Mapping[Key, str]:
    told = {change.key: why_no_owner(now, change.new) for change in changes}
    return {key: why for key, why in told.items() if why is not None}


OWNERS = Action("document", "owner_id", TEXT, _calls, _present, check=_check, preflight=_preflight)
