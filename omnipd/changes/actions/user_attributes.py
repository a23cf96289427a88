"""Values of attributes that users have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from omnipd.changes.action import Action, Present
from omnipd.changes.actions.users import user_path
from omnipd.changes.api_call import ApiCall
from omnipd.changes.attribute_values import ATTRIBUTE, definitions, value_of, why_not, why_system
from omnipd.changes.change import Change, Key
from omnipd.changes.now import Now
from omnipd.changes.scim_patch import patch
from omnipd.changes.users_now import ATTRIBUTES, users_now


def _operation(change: Change) -> dict[str, Any]:
    # By path: an object without one may have other keys only (docs/wire.md).
    path = f"{ATTRIBUTES}:{change.key.part}"
    if change.new is None:  # also then the specification asks for a value
        return {"op": "remove", "path": path, "value": None}
    value = list(change.new) if isinstance(change.new, tuple) else change.new
    return {"op": "replace", "path": path, "value": value}


def _calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    return [patch(user_path(changes[0].key.item), [_operation(change) for change in changes])]


def _present(now: Now, changes: Sequence[Change]) -> Present:
    found = users_now(now, [change.key.item for change in changes])
    return {
        change.key: value_of(found[change.key.item].attributes.get(str(change.key.part)))
        for change in changes
        if change.key.item in found
    }


def _check(change: Change) -> str | None:
    if not change.key.part:
        return "It has no attribute."
    return why_system(change.key.part)


def _preflight(now: Now, changes: Sequence[Change]) -> Mapping[Key, str]:
    defined = definitions(now)
    refused = {change.key: why_not(str(change.key.part), change.new, defined) for change in changes}
    return {key: why for key, why in refused.items() if why is not None}


VALUE = Action(
    "user_attribute",
    "value",
    ATTRIBUTE,
    _calls,
    _present,
    together=lambda change: change.key.item,
    max_together=50,
    check=_check,
    preflight=_preflight,
    remark=lambda _: "Access filters may go by it.",
)
