"""Who is in a group. One call puts many in, or takes many out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from omnipd.changes.action import Action, Present
from omnipd.changes.actions.groups import group_path, known_group
from omnipd.changes.api_call import ApiCall
from omnipd.changes.change import Change, Key
from omnipd.changes.groups_now import groups_now
from omnipd.changes.now import Now
from omnipd.changes.scim_patch import patch
from omnipd.changes.unknown_names import unknown_groups, unknown_users
from omnipd.changes.users_now import is_address, user_id_of
from omnipd.changes.values import FLAG
from omnipd.errors import NotFoundError

#: So many go with one call. Omni tells no limit.
_MOST = 100


def _together(change: Change) -> tuple[str, bool]:
    return change.key.item, change.new is True


def _calls(changes: Sequence[Change]) -> Sequence[ApiCall]:
    users = [change.key.part or "" for change in changes]
    # PUT would replace all members, also those that somebody has put in meanwhile.
    if changes[0].new is True:
        added = [{"value": user} for user in users]
        operations = [{"op": "add", "path": "members", "value": added}]
    else:
        operations = [{"op": "remove", "path": f'members[value eq "{user}"]'} for user in users]
    return [patch(group_path(changes[0].key.item), operations)]


def _send(now: Now, changes: Sequence[Change]) -> None:
    group = known_group(now, changes[0].key.item)
    by_id = [
        replace(one, key=one.key._replace(item=group, part=_known_user(now, one.key.part or "")))
        for one in changes
    ]
    for call in _calls(by_id):
        now.send(call)


def _known_user(now: Now, named: str) -> str:
    user_id = user_id_of(now, named)
    if user_id is None:
        raise NotFoundError(f"There is no user {named!r}.")
    return user_id


def _present(now: Now, changes: Sequence[Change]) -> Present:
    found = groups_now(now, [change.key.item for change in changes])
    made = _to_be_made(now)
    present: dict[Key, bool | None] = {}
    for change in changes:
        group, part = change.key.item, change.key.part or ""
        user = user_id_of(now, part)
        if group in found and user is not None:
            present[change.key] = True if user in found[group].members else None
        elif (group in found or group in made["group"]) and (
            user is not None or part.casefold() in made["user"]
        ):
            present[change.key] = None
    return present


def _to_be_made(now: Now) -> Mapping[str, set[str]]:
    """Return the names of groups, and the addresses of users, that the plan makes itself."""
    return {
        "group": {item for kind, item in now.to_be_made if kind == "group"},
        "user": {item.casefold() for kind, item in now.to_be_made if kind == "user"},
    }


def _preflight(now: Now, changes: Sequence[Change]) -> Mapping[Key, str]:
    made = _to_be_made(now)
    groups = unknown_groups(now, {one.key.item for one in changes} - made["group"])
    parts = {one.key.part or "" for one in changes if one.new is True}
    users = unknown_users(now, {one for one in parts if one.casefold() not in made["user"]})
    whys = ((one.key, groups.get(one.key.item) or users.get(one.key.part or "")) for one in changes)
    return {key: why for key, why in whys if why is not None}


def _check(change: Change) -> str | None:
    if change.new is False:
        return "Leave the value empty to take somebody out of a group."
    part = change.key.part or ""
    if not is_address(part) and ('"' in part or "\\" in part):
        return f"{part!r} is no membership id."
    return None


MEMBER = Action(
    "group",
    "member",
    FLAG,
    _calls,
    _present,
    together=_together,
    max_together=_MOST,
    check=_check,
    preflight=_preflight,
    send=_send,
)
