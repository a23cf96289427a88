"""API keys: switched on and off, and deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from omnipd.changes.action import Action, Present
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change, Key
from omnipd.changes.now import Now
from omnipd.changes.values import FLAG, RECORD
from omnipd.client.api_paths import segment
from omnipd.errors import BadRequestError, ForbiddenError, NotFoundError
from omnipd.lists import paging
from omnipd.readers.api_keys import API_KEYS, read_api_keys
from omnipd.readers.whoami import whoami

_IN_USE = "Omni does not say which key is in use. If it is this one, nothing can be done with it any more."
_THE_ONE = "It would leave no other key that this may go by: {which} is the one in use. Connect with another key."


def _path(change: Change) -> str:
    return f"{API_KEYS.path}/{segment(change.key.item)}"


def _switch(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    return [ApiCall("PUT", _path(change), {"enabled": change.new})]


def _delete(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    return [ApiCall("DELETE", _path(change))]


def _now(now: Now, changes: Sequence[Change]) -> Mapping[Key, Any]:
    """Return whether keys are enabled; one is asked for alone, more are looked for in the list of all."""
    if len(changes) == 1:
        alone = replace(API_KEYS, path=_path(changes[0]), pages=paging.single, rows=None, params={})
        try:
            frame = alone.read({"refresh": True, "client": now.client})
        except (NotFoundError, BadRequestError):  # no id could be so
            return {}
    else:
        frame = read_api_keys(refresh=True, client=now.client)
    enabled = dict(zip(frame["api_key_id"], frame["enabled"].astype(object), strict=True))
    return {one.key: enabled[one.key.item] for one in changes if one.key.item in enabled}


def _enabled(now: Now, changes: Sequence[Change]) -> Present:
    return {key: FLAG.of(held) for key, held in _now(now, changes).items()}


def _records(now: Now, changes: Sequence[Change]) -> Present:
    return {key: {"enabled": FLAG.of(held)} for key, held in _now(now, changes).items()}


def _check_switch(change: Change) -> str | None:
    return "A key is enabled or not: true or false." if change.new is None else None


def _check_delete(change: Change) -> str | None:
    return None if change.new is None else "Omni has no call that makes an API key."


def _takes_away(change: Change) -> bool:
    return change.new is None or change.new is False


def _remark(change: Change) -> str | None:
    return _IN_USE if _takes_away(change) else None


def _irreversible(change: Change) -> str | None:
    return "A key that is deleted is gone for good." if change.new is None else None


def _preflight_switch(now: Now, changes: Sequence[Change]) -> Mapping[Key, str]:
    keys = read_api_keys(refresh=True, client=now.client).set_index("api_key_id")
    types = keys["type"].to_dict()
    refused = {
        one.key: f"Only keys of the organization can be switched on and off; it is {types[one.key.item]}."
        for one in changes
        if types.get(one.key.item, "organization") != "organization"
    }
    return {**_in_use(now, [one for one in changes if one.key not in refused], keys), **refused}


def _preflight_delete(now: Now, changes: Sequence[Change]) -> Mapping[Key, str]:
    return _in_use(
        now, changes, read_api_keys(refresh=True, client=now.client).set_index("api_key_id")
    )


def _in_use(now: Now, changes: Sequence[Change], keys: pd.DataFrame) -> Mapping[Key, str]:
    """Refuse what would certainly take the key away that all this goes by."""
    taken = now.learn("API keys taken away")
    taken |= {one.key.item: True for one in changes if _takes_away(one)}
    mine = _may_be_in_use(now, keys)
    if not mine or mine - taken.keys():
        return {}
    which = "it" if len(mine) == 1 else f"one of these {len(mine)}"
    return {
        one.key: _THE_ONE.format(which=which)
        for one in changes
        if _takes_away(one) and one.key.item in mine
    }


def _may_be_in_use(now: Now, keys: pd.DataFrame) -> set[str]:
    """Return the keys of which one is in use, as far as Omni tells: those of its kind, and its owner."""
    listed = keys[keys["enabled"].fillna(value=False).astype(bool)]
    try:
        me = whoami(client=now.client)
    except (ForbiddenError, NotFoundError):  # older servers do not tell
        return set(listed.index)
    kind = {"organization": "organization", "user": "personal"}.get(me.key_scope or "")
    if kind is not None:
        listed = listed[listed["type"] == kind]
    if kind == "personal":
        listed = listed[listed["user_id"] == me.user_id]
    return set(listed.index)


ENABLED = Action(
    "api_key",
    "enabled",
    FLAG,
    _switch,
    _enabled,
    check=_check_switch,
    preflight=_preflight_switch,
    remark=_remark,
)
EXISTS = Action(
    "api_key",
    "exists",
    RECORD,
    _delete,
    _records,
    makes=True,
    check=_check_delete,
    preflight=_preflight_delete,
    irreversible=_irreversible,
    remark=_remark,
)
