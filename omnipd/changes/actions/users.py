"""Users: made, renamed, deactivated, deleted.

Never by a PUT: sources disagree on whether it takes away what it does not say, and without ``active`` it
makes who was deactivated active again (docs/wire.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from omnipd.changes.action import Action, Present
from omnipd.changes.addresses import why_no_address
from omnipd.changes.api_call import ApiCall
from omnipd.changes.attribute_values import definitions, why_not
from omnipd.changes.change import Change, Key
from omnipd.changes.near_names import did_you_mean
from omnipd.changes.now import Now
from omnipd.changes.scim_patch import patch
from omnipd.changes.users_now import (
    ATTRIBUTES,
    USERS_PATH,
    User,
    all_users,
    is_address,
    learn_user,
    user_id_of,
    users_now,
)
from omnipd.changes.values import FLAG, RECORD, TEXT, Value
from omnipd.client.api_paths import segment
from omnipd.errors import ForbiddenError, NotFoundError
from omnipd.readers.whoami import whoami

#: What the record of a new user may say.
_SAID = ("display_name", "active", "attributes")


def user_path(item: str) -> str:
    """Return the path of a user."""
    return f"{USERS_PATH}/{segment(item)}"


def _patch_each(operation: Callable[[Change], Mapping[str, Any]]) -> Any:
    def calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
        return [patch(user_path(change.key.item), [operation(change)]) for change in changes]

    return calls


_rename = _patch_each(lambda one: {"op": "replace", "value": {"displayName": one.new}})
_activate = _patch_each(lambda one: {"op": "replace", "path": "active", "value": one.new})


def _sent_by_id(calls: Callable[[Sequence[Change]], Sequence[ApiCall]]) -> Any:
    """Return what makes changes of users who may be named by address: Omni takes ids only."""

    def send(now: Now, changes: Sequence[Change]) -> None:
        for call in calls([_by_id(now, change) for change in changes]):
            now.send(call)

    return send


def _by_id(now: Now, change: Change) -> Change:
    user_id = user_id_of(now, change.key.item)
    return change if user_id is None else replace(change, key=change.key._replace(item=user_id))


def _present_of(value: Callable[[User], Value]) -> Callable[[Now, Sequence[Change]], Present]:
    def present(now: Now, changes: Sequence[Change]) -> Present:
        found = users_now(now, [change.key.item for change in changes])
        there = {
            change.key: value(found[change.key.item])
            for change in changes
            if change.key.item in found
        }
        # Who is yet to be made by the same plan will be as it was planned.
        made = {
            change.key: change.old
            for change in changes
            if change.key not in there
            and change.key.column != "exists"
            and ("user", change.key.item) in now.to_be_made
        }
        return {**there, **made}

    return present


def _record(user: User) -> Value:
    return {"display_name": user.display_name, "active": user.active}


def _make_or_delete(changes: Sequence[Change]) -> Sequence[ApiCall]:
    (change,) = changes
    if not isinstance(change.new, Mapping):
        return [ApiCall("DELETE", user_path(change.key.item))]
    body = {"userName": change.key.item, "displayName": change.new.get("display_name")}
    if attributes := change.new.get("attributes"):
        body[ATTRIBUTES] = attributes
    return [ApiCall("POST", USERS_PATH, body)]


def _send(now: Now, changes: Sequence[Change]) -> None:
    (change,) = changes
    if change.new is None:
        (call,) = _make_or_delete([_by_id(now, change)])
        now.send(call)
        if is_address(change.key.item):
            learn_user(now, change.key.item, None)
        return
    (call,) = _make_or_delete(changes)
    made = now.send(call)
    if isinstance(made, dict) and isinstance(made.get("id"), str):
        learn_user(now, change.key.item, made["id"])


def _check(change: Change) -> str | None:
    new = change.new
    if not isinstance(new, Mapping):
        return None
    if not is_address(change.key.item):
        return f"There is no user {change.key.item!r}. A new one has a user_name and no user_id."
    if (why := why_no_address(change.key.item)) is not None:
        return why
    if unknown := [name for name in new if name not in _SAID]:
        return f"A new user has no {unknown[0]!r}." + did_you_mean(unknown[0], _SAID)
    if not new.get("display_name"):
        return "A new user needs a display_name."
    if str(new.get("active", "true")).casefold() != "true":
        return "A new user is active. Make them first, and deactivate them then."
    return None


def _preflight(now: Now, changes: Sequence[Change]) -> Mapping[Key, str]:
    made = {change.key: change.new for change in changes if isinstance(change.new, Mapping)}
    refused = _not_own(now, [change for change in changes if change.new is None])
    if not made:
        return refused
    known = {user.address.casefold() for user in all_users(now)}
    has_values = any(record.get("attributes") for record in made.values())
    defined = definitions(now) if has_values else {}
    for key, record in made.items():
        if key.item.casefold() in known:
            refused[key] = f"There is a user {key.item!r} already, or twice in the plan."
        known.add(key.item.casefold())
        for name, value in (record.get("attributes") or {}).items():
            held = tuple(value) if isinstance(value, list) else value
            if (why := why_not(name, held, defined)) is not None:
                refused.setdefault(key, why)
    return refused


def _not_own(now: Now, changes: Sequence[Change]) -> dict[Key, str]:
    """Refuse to take away the user whom the key acts for: it would lose its rights with them."""
    if not changes:
        return {}
    try:
        own = whoami(client=now.client).user_id
    except (ForbiddenError, NotFoundError):  # older servers do not tell
        return {}
    why = "The key acts for them, and would lose its rights with theirs."
    return {change.key: why for change in changes if user_id_of(now, change.key.item) == own}


def _gone(change: Change) -> str | None:
    if change.new is not None:
        return None
    return (
        "Omni has no call that brings a deleted user back: made again, they are another user, without the "
        "groups, roles and content."
    )


def _undone(change: Change) -> Change:
    """Take a change back; of who was made by the same plan, only that they were made.

    Made inactive, they would else be active for the time until they are deleted.
    """
    if is_address(change.key.item):
        return replace(change, old=change.new, refused=None)
    return change.swapped


def _remark(change: Change) -> str:
    return "They can log in." if change.new else "They cannot log in; what they own stays theirs."


EXISTS = Action(
    "user",
    "exists",
    RECORD,
    _make_or_delete,
    _present_of(_record),
    repeat="key",
    makes=True,
    check=_check,
    preflight=_preflight,
    irreversible=_gone,
    remark=lambda one: (
        None if one.new else "They still own what they own: give it to somebody else first."
    ),
    send=_send,
)
DISPLAY_NAME = Action(
    "user",
    "display_name",
    TEXT,
    _rename,
    _present_of(lambda user: user.display_name),
    check=lambda one: "A user needs a display_name." if one.new is None else None,
    send=_sent_by_id(_rename),
)
ACTIVE = Action(
    "user",
    "active",
    FLAG,
    _activate,
    _present_of(lambda user: user.active),
    check=lambda one: "active is true or false, and not empty." if one.new is None else None,
    preflight=lambda now, changes: _not_own(now, [one for one in changes if one.new is False]),
    remark=_remark,
    send=_sent_by_id(_activate),
    inverse=_undone,
)
