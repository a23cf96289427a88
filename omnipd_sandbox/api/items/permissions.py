"""Roles given on documents and folders, changed, and taken away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, boolean, items, one_of, text, uuid
from omnipd_sandbox.calls.identity import member_with_id
from omnipd_sandbox.http.refusals import BadRequest, NotFound, not_found
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.permits import ROLES, Permit, grants_on
from omnipd_sandbox.organization.records import Document, Folder, Grant, User

_Principal = tuple[Literal["user", "userGroup"], str]
_Grants = tuple[Grant, ...]
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


def added(item: Document | Folder, call: Call) -> _Grants:
    """Give the roles on a document or a folder, with those that a call gives."""
    body, principals = _read(item, _ADDED, call)
    grants = _by_principal(item, call)
    existing = call.world.behavior.existing_permits
    for kind, principal_id in principals:
        has_one = (kind, principal_id) in grants
        if has_one and existing == "refused":
            raise BadRequest(f"{principal_id} has permissions already")
        if has_one and existing == "kept":
            continue
        grants[kind, principal_id] = Grant(
            kind, principal_id, body["role"], access_boost=body["accessBoost"]
        )
    return tuple(grants.values())


def changed(item: Document | Folder, call: Call) -> _Grants:
    """Give the roles on a document or a folder, with those that a call changes."""
    body, principals = _read(item, _CHANGED, call)
    grants = _by_principal(item, call)
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


def revoked(item: Document | Folder, call: Call) -> _Grants:
    """Give the roles on a document or a folder, without those that a call takes away."""
    _, principals = _read(item, _PRINCIPALS, call)
    grants = _by_principal(item, call)
    return tuple(each for principal, each in grants.items() if principal not in principals)


def permit_record(permit: Permit) -> dict[str, Any]:
    """Write a role that somebody holds."""
    return {"role": permit.role, "isOwner": permit.is_owner, "accessBoost": permit.access_boost}


def principal_record(permit: Permit) -> dict[str, Any]:
    """Write who holds a role."""
    principal = permit.principal
    return {
        "id": permit.principal_id,
        "name": principal.name,
        "description": principal.email if isinstance(principal, User) else None,
        "type": permit.principal_type,
    }


def _by_principal(item: Document | Folder, call: Call) -> dict[_Principal, Grant]:
    grants = grants_on(item, call.organization)
    return {(each.kind, each.principal_id): each for each in grants}


def _read(
    item: Document | Folder, keys: dict[str, Key], call: Call
) -> tuple[dict[str, Any], list[_Principal]]:
    body = read_body(call, keys, strict=isinstance(item, Folder))
    if not call.world.behavior.access_boosts and "accessBoost" in body:
        body["accessBoost"] = False
    if not body["userIds"] and not body["userGroupIds"]:
        raise BadRequest(
            "At least one of userIds or userGroupIds must be provided", at="userIds.userGroupIds"
        )
    return body, _principals(body, call.organization)


def _principals(body: dict[str, Any], organization: Organization) -> list[_Principal]:
    found: list[_Principal] = [
        ("user", member_with_id(user_id, organization).membership_id) for user_id in body["userIds"]
    ]
    for group_id in body["userGroupIds"]:
        if group_id not in organization.groups:
            raise not_found("User group", group_id)
        found.append(("userGroup", group_id))
    return found
