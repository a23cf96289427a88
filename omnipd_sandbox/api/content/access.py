"""Who may do what with a document or a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from omnipd_sandbox.api.content.visible import find_document, find_folder
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.identity import Caller, acting_user
from omnipd_sandbox.calls.paging import Order, Rank, cut_page
from omnipd_sandbox.http.refusals import BadRequest, Forbidden
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.abilities import abilities
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.permits import (
    ROLES,
    Permit,
    permits_on,
)
from omnipd_sandbox.organization.records import Document, Folder, User


@dataclass(frozen=True)
class Access:
    """A permit, and the folder it comes from unless it stands on the document itself."""

    permit: Permit
    folder: Folder | None = None


def show_permissions(call: Call) -> Reply:
    """Answer with what a document allows and, for a member that is named, their permits."""
    document = find_document(call)
    organization = call.world.organization
    old = call.world.behavior.old_shapes
    if old and call.parameters["userId"] is None:
        raise BadRequest("Required", at="userId")
    user = acting_user(call.caller, call.parameters["userId"], organization)
    permits = [
        access
        for access in _accesses(document, organization)
        if access.permit.covers(user.membership_id)
    ]
    if old:
        return json_reply([_oldest_permit(access) for access in permits])
    answer: dict[str, Any] = {"abilities": abilities(document, organization)}
    if call.parameters["userId"] is not None:
        answer["permits"] = [_document_permit(access) for access in permits]
    return json_reply(answer)


def list_access(call: Call) -> Reply:
    """Answer with one page of everybody who has access, once for each way they have it."""
    document = find_document(call)
    asked = call.parameters

    def found() -> Iterable[Access]:
        return (
            access
            for access in _accesses(document, call.world.organization)
            if asked["accessSource"] in {None, _source(access)}
            and asked["type"] in {None, access.permit.principal_type}
        )

    order: Order[Access] = Order(
        rank=_RANKS[asked["sortField"]],
        identity=lambda access: " ".join(
            (access.permit.principal_type, access.permit.principal_id, _source(access))
        ),
        descending=asked["sortDirection"] == "desc",
    )
    page, info = cut_page(call, found, order)
    return json_reply({"principals": [_principal(access) for access in page], "pageInfo": info})


def show_folder_permissions(call: Call) -> Reply:
    """Answer with the permits on a folder: all of them for its managers, or one member's."""
    folder = find_folder(call)
    organization = call.world.organization
    permits = permits_on(folder, organization)
    user_id: str | None = call.parameters["userId"]
    if user_id is not None:
        user = acting_user(call.caller, user_id, organization)
        permits = [permit for permit in permits if permit.covers(user.membership_id)]
    elif not _manages(call.caller, permits):
        raise Forbidden
    write = _older_folder_permit if call.world.behavior.old_shapes else _folder_permit
    return json_reply({"permits": [write(permit) for permit in permits]})


def _accesses(document: Document, organization: Organization) -> list[Access]:
    found = [Access(permit) for permit in permits_on(document, organization)]
    if document.folder_id is not None:
        folder = organization.folders[document.folder_id]
        found += [Access(permit, folder) for permit in permits_on(folder, organization)]
    return found


def _manages(caller: Caller, permits: list[Permit]) -> bool:
    return caller.user.organization_role == "ORG_ADMIN" or any(
        permit.role == "MANAGER" and permit.covers(caller.user.membership_id) for permit in permits
    )


def _source(access: Access) -> str:
    return "folder" if access.folder else "direct"


def _email(access: Access) -> str:
    principal = access.permit.principal
    return principal.email if isinstance(principal, User) else ""


def _by_role(access: Access) -> Rank:
    return ROLES.index(access.permit.role)


_RANKS: dict[str, Callable[[Access], Rank]] = {
    "name": lambda access: access.permit.principal.name,
    "email": _email,
    "role": _by_role,
}


def _principal(access: Access) -> dict[str, Any]:
    permit, folder = access.permit, access.folder
    record: dict[str, Any] = {
        "id": permit.principal_id,
        "name": permit.principal.name,
        "type": permit.principal_type,
        "role": permit.role,
        "accessBoost": permit.access_boost,
        "accessSource": _source(access),
    }
    if isinstance(permit.principal, User):
        record |= {"email": permit.principal.email, "isOwner": permit.is_owner}
    if folder is not None:
        record["folderInfo"] = {"id": folder.id, "name": folder.name, "path": folder.path}
    return record


def _held(permit: Permit) -> dict[str, Any]:
    return {"role": permit.role, "isOwner": permit.is_owner, "accessBoost": permit.access_boost}


def _named(permit: Permit) -> dict[str, Any]:
    principal = permit.principal
    return {
        "id": permit.principal_id,
        "name": principal.name,
        "description": principal.email if isinstance(principal, User) else None,
        "type": permit.principal_type,
    }


def _document_permit(access: Access) -> dict[str, Any]:
    return _named(access.permit) | {_source(access): _held(access.permit)}


def _oldest_permit(access: Access) -> dict[str, Any]:
    return {
        "role": access.permit.role,
        "accessBoost": access.permit.access_boost,
        "direct": access.folder is None,
        "inherited": access.folder is not None,
    }


def _folder_permit(permit: Permit) -> dict[str, Any]:
    key = "userId" if permit.principal_type == "user" else "userGroupId"
    record = {"role": permit.role, key: permit.principal_id}
    # Optional on the wire; only said where it was granted: assumed.
    return record | ({"accessBoost": True} if permit.access_boost else {})


def _older_folder_permit(permit: Permit) -> dict[str, Any]:
    return _named(permit) | {"direct": _held(permit)}
