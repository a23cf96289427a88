"""What a document allows, and the roles given on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from omnipd_sandbox.api.documents.access import Access, accesses, source
from omnipd_sandbox.api.documents.record import document_to_change, find_document
from omnipd_sandbox.api.items.permissions import (
    added,
    changed,
    permit_record,
    principal_record,
    revoked,
)
from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, boolean, one_of
from omnipd_sandbox.calls.identity import acting_user
from omnipd_sandbox.http.refusals import BadRequest
from omnipd_sandbox.http.reply import Reply, done, json_reply
from omnipd_sandbox.organization.abilities import BY_PULL_REQUEST, abilities
from omnipd_sandbox.organization.records import Document, Grant

_SETTINGS = {
    "canDownload",
    "canDrill",
    "canSchedule",
    "canUpload",
    "canUseDashboardAi",
    "canUseTimezoneOverride",
    "canViewWorkbook",
    "requirePullRequestToPublish",
}
# In lower case in one source, in capitals in another (docs/wire.md).
_LOWER = ("no_access", "viewer", "editor", "manager")
_UPPER = tuple(word.upper() for word in _LOWER)
_EVERYBODY = {"any": (*_LOWER, *_UPPER), "lower": _LOWER, "upper": _UPPER}


def show_permissions(call: Call) -> Reply:
    """Answer with what a document allows and, for a member that is named, their permits."""
    document = find_document(call)
    organization = call.organization
    old = call.world.behavior.old_shapes
    if old and call.parameters["userId"] is None:
        raise BadRequest("Required", at="userId")
    user = acting_user(call.caller, call.parameters["userId"], organization)
    permits = [
        access
        for access in accesses(document, organization)
        if access.permit.covers(user.membership_id)
    ]
    if old:
        return json_reply([_oldest_permit(access) for access in permits])
    answer: dict[str, Any] = {"abilities": abilities(document, organization)}
    if call.parameters["userId"] is not None:
        answer["permits"] = [_document_permit(access) for access in permits]
    return json_reply(answer)


def _document_permit(access: Access) -> dict[str, Any]:
    return principal_record(access.permit) | {source(access): permit_record(access.permit)}


def _oldest_permit(access: Access) -> dict[str, Any]:
    return {
        "role": access.permit.role,
        "accessBoost": access.permit.access_boost,
        "direct": access.folder is None,
        "inherited": access.folder is not None,
    }


def set_document_permissions(call: Call) -> Reply:
    """Set what a document allows, and what everybody may do with it."""
    document = document_to_change(call, "MANAGER")
    behavior = call.world.behavior
    body = read_body(
        call,
        {
            **{name: Key(boolean) for name in _SETTINGS},
            "organizationRole": Key(one_of(*_EVERYBODY[behavior.organization_role_case])),
            "organizationAccessBoost": Key(boolean),
        },
    )
    chosen = {name: value for name, value in body.items() if name in _SETTINGS}
    before, role_before = document.settings, document.organization_role
    if behavior.omitted_settings == "reset":
        before = {name: name != BY_PULL_REQUEST for name in _SETTINGS}
        role_before = "VIEWER"
    role: str = body.get("organizationRole", role_before)
    call.organization.keep_document(
        replace(
            document,
            settings={**before, **chosen},
            organization_role=role.upper(),
        )
    )
    return done()


def add_document_permissions(call: Call) -> Reply:
    """Give members and groups a role on a document."""
    return _keep(call, added)


def change_document_permissions(call: Call) -> Reply:
    """Change the role of members and groups on a document."""
    return _keep(call, changed)


def revoke_document_permissions(call: Call) -> Reply:
    """Take from members and groups what they have on a document itself."""
    return _keep(call, revoked)


def _keep(call: Call, change: Callable[[Document, Call], tuple[Grant, ...]]) -> Reply:
    document = document_to_change(call, "MANAGER")
    call.organization.keep_document(replace(document, grants=change(document, call)))
    return done()
