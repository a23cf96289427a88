"""Give roles on documents and folders, change them, and take them away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from omnipd_sandbox.api.content.rights import document_to_change, folder_to_change
from omnipd_sandbox.calls.body_keys import Key, boolean, items, one_of, read_body, text, uuid
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import BadRequest, NotFound, user_not_found
from omnipd_sandbox.http.reply import Reply, done
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.permits import ROLES, grants_on
from omnipd_sandbox.organization.records import Document, Folder, Grant

_Principal = tuple[Literal["user", "userGroup"], str]
_ROLE = one_of(*ROLES)
_PRINCIPALS = {
    "userIds": Key(items(uuid), default=[]),
    "userGroupIds": Key(items(text()), default=[]),
}
_ADDED = {
    **_PRINCIPALS,
    "role": Key(_ROLE, required=True),
    "accessBoost": Key(boolean, default=False),
}
_CHANGED = {**_PRINCIPALS, "role": Key(_ROLE), "accessBoost": Key(boolean)}
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
_EVERYBODY = ("no_access", "viewer", "editor", "manager")
_SETTING_KEYS = {
    **{name: Key(boolean) for name in _SETTINGS},
    "organizationRole": Key(one_of(*_EVERYBODY, *(word.upper() for word in _EVERYBODY))),
    "organizationAccessBoost": Key(boolean),
}


def set_document_permissions(call: Call) -> Reply:
    """Set what a document allows, and what everybody may do with it; the rest stays as it is."""
    document = document_to_change(call, "MANAGER")
    body = read_body(call, _SETTING_KEYS)
    chosen = {name: value for name, value in body.items() if name in _SETTINGS}
    role: str = body.get("organizationRole", document.organization_role)
    call.world.organization.keep_document(
        replace(
            document,
            settings={**document.settings, **chosen},
            organization_role=role.upper(),
        )
    )
    return done()


def add_document_permissions(call: Call) -> Reply:
    """Give members and groups a role on a document."""
    return _on_document(call, _added(call, strict=False))


def change_document_permissions(call: Call) -> Reply:
    """Change the role of members and groups on a document."""
    return _on_document(call, _changed(call, strict=False))


def revoke_document_permissions(call: Call) -> Reply:
    """Take from members and groups what they have on a document itself."""
    return _on_document(call, _revoked(call, strict=False))


def add_folder_permissions(call: Call) -> Reply:
    """Give members and groups a role on a folder and all that is in it."""
    return _on_folder(call, _added(call, strict=True))


def change_folder_permissions(call: Call) -> Reply:
    """Change the role of members and groups on a folder."""
    return _on_folder(call, _changed(call, strict=True))


def revoke_folder_permissions(call: Call) -> Reply:
    """Take from members and groups what they have on a folder."""
    return _on_folder(call, _revoked(call, strict=True))


_Change = Callable[[Document | Folder], tuple[Grant, ...]]


def _on_document(call: Call, change: _Change) -> Reply:
    document = document_to_change(call, "MANAGER")
    call.world.organization.keep_document(replace(document, grants=change(document)))
    return done()


def _on_folder(call: Call, change: _Change) -> Reply:
    folder = folder_to_change(call, "MANAGER")
    call.world.organization.keep_folder(replace(folder, grants=change(folder)))
    return done()


def _added(call: Call, *, strict: bool) -> _Change:
    organization = call.world.organization

    def change(item: Document | Folder) -> tuple[Grant, ...]:
        body, principals = _read(call, _ADDED, strict=strict)
        grants = {(each.kind, each.principal_id): each for each in grants_on(item, organization)}
        # Who has a role already has this one then: assumed.
        for kind, principal_id in principals:
            grants[kind, principal_id] = Grant(
                kind, principal_id, body["role"], access_boost=body["accessBoost"]
            )
        return tuple(grants.values())

    return change


def _changed(call: Call, *, strict: bool) -> _Change:
    organization = call.world.organization

    def change(item: Document | Folder) -> tuple[Grant, ...]:
        body, principals = _read(call, _CHANGED, strict=strict)
        grants = {(each.kind, each.principal_id): each for each in grants_on(item, organization)}
        for principal in principals:
            grant = grants.get(principal)
            if grant is None:
                raise NotFound(f"There are no permissions of {principal[1]} to change")
            grants[principal] = replace(
                grant,
                role=body.get("role", grant.role),
                access_boost=body.get("accessBoost", grant.access_boost),
            )
        return tuple(grants.values())

    return change


def _revoked(call: Call, *, strict: bool) -> _Change:
    organization = call.world.organization

    def change(item: Document | Folder) -> tuple[Grant, ...]:
        _, principals = _read(call, _PRINCIPALS, strict=strict)
        gone = {*principals}
        return tuple(
            each
            for each in grants_on(item, organization)
            if (each.kind, each.principal_id) not in gone
        )

    return change


def _read(
    call: Call, keys: dict[str, Key], *, strict: bool
) -> tuple[dict[str, Any], list[_Principal]]:
    body = read_body(call, keys, strict=strict)
    if not body["userIds"] and not body["userGroupIds"]:
        raise BadRequest(
            "At least one of userIds or userGroupIds must be provided", at="userIds.userGroupIds"
        )
    return body, _principals(body, call.world.organization)


def _principals(body: dict[str, Any], organization: Organization) -> list[_Principal]:
    found: list[_Principal] = []
    for user_id in body["userIds"]:
        if user_id not in organization.users:
            raise user_not_found(user_id)
        found.append(("user", user_id))
    for group_id in body["userGroupIds"]:
        if group_id not in organization.groups:
            raise NotFound(f"User group with id {group_id} does not exist")
        found.append(("userGroup", group_id))
    return found
