"""Everybody who has access to a document: ``GET /documents/{identifier}/access-list``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from omnipd_sandbox.api.documents.record import find_document
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.paging import Rank, Ranks, asked_order, cut_page
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.permits import ROLES, Permit, inherited_permits, permits_on
from omnipd_sandbox.organization.records import Document, Folder, User


@dataclass(frozen=True)
class Access:
    """A permit, and the folder it comes from unless it stands on the document itself."""

    permit: Permit
    folder: Folder | None = None


def list_access(call: Call) -> Reply:
    """Answer with one page of everybody who has access, once for each way they have it."""
    document = find_document(call)
    asked = call.parameters

    def found() -> Iterable[Access]:
        return (
            access
            for access in accesses(document, call.organization)
            if asked["accessSource"] in {None, source(access)}
            and asked["type"] in {None, access.permit.principal_type}
        )

    page, info = cut_page(call, found, asked_order(call, _RANKS, _identity))
    return json_reply({"principals": [_principal(access) for access in page], "pageInfo": info})


def accesses(document: Document, organization: Organization) -> list[Access]:
    """Give every way in which somebody has access to a document."""
    found = [Access(permit) for permit in permits_on(document, organization)]
    inherited = inherited_permits(document, organization)
    return found + [Access(permit, folder) for permit, folder in inherited]


def source(access: Access) -> str:
    """Tell where an access comes from, in Omni's words."""
    return "folder" if access.folder else "direct"


def _identity(access: Access) -> str:
    permit = access.permit
    return f"{permit.principal_type} {permit.principal_id} {source(access)}"


def _email(access: Access) -> str:
    principal = access.permit.principal
    return principal.email if isinstance(principal, User) else ""


def _by_role(access: Access) -> Rank:
    return ROLES.index(access.permit.role)


_RANKS: Ranks[Access] = {
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
        "accessSource": source(access),
    }
    if isinstance(permit.principal, User):
        record |= {"email": permit.principal.email, "isOwner": permit.is_owner}
    if folder is not None:
        record["folderInfo"] = {"id": folder.id, "name": folder.name, "path": folder.path}
    return record
