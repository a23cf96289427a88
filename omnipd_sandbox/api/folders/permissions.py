"""The roles given on a folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from omnipd_sandbox.api.folders.record import find_folder, folder_to_change
from omnipd_sandbox.api.items.permissions import (
    added,
    changed,
    permit_record,
    principal_record,
    revoked,
)
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.identity import Caller, acting_user
from omnipd_sandbox.http.refusals import Forbidden
from omnipd_sandbox.http.reply import Reply, done, json_reply
from omnipd_sandbox.organization.permits import Permit, permits_on
from omnipd_sandbox.organization.records import Folder, Grant


def show_folder_permissions(call: Call) -> Reply:
    """Answer with the permits on a folder: all of them for its managers, or one member's."""
    folder = find_folder(call)
    permits = permits_on(folder, call.organization)
    user_id: str | None = call.parameters["userId"]
    if user_id is not None:
        user = acting_user(call.caller, user_id, call.organization)
        permits = [permit for permit in permits if permit.covers(user.membership_id)]
    elif not _manages(call.caller, permits):
        raise Forbidden
    write = _older_folder_permit if call.world.behavior.old_shapes else _folder_permit
    return json_reply({"permits": [write(permit) for permit in permits]})


def _manages(caller: Caller, permits: list[Permit]) -> bool:
    return caller.user.organization_role == "ORG_ADMIN" or any(
        permit.role == "MANAGER" and permit.covers(caller.user.membership_id) for permit in permits
    )


def _folder_permit(permit: Permit) -> dict[str, Any]:
    key = "userId" if permit.principal_type == "user" else "userGroupId"
    record = {"role": permit.role, key: permit.principal_id}
    # Optional on the wire; only said where it was granted: assumed.
    return record | ({"accessBoost": True} if permit.access_boost else {})


def _older_folder_permit(permit: Permit) -> dict[str, Any]:
    return principal_record(permit) | {"direct": permit_record(permit)}


def add_folder_permissions(call: Call) -> Reply:
    """Give members and groups a role on a folder and all that is in it."""
    return _keep(call, added)


def change_folder_permissions(call: Call) -> Reply:
    """Change the role of members and groups on a folder."""
    return _keep(call, changed)


def revoke_folder_permissions(call: Call) -> Reply:
    """Take from members and groups what they have on a folder."""
    return _keep(call, revoked)


def _keep(call: Call, change: Callable[[Folder, Call], tuple[Grant, ...]]) -> Reply:
    folder = folder_to_change(call, "MANAGER")
    call.organization.keep_folder(replace(folder, grants=change(folder, call)))
    return done()
