"""Files that were loaded: ``GET /uploads``."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, one_of, text, uuid
from omnipd_sandbox.calls.paging import Ranks, asked_order, cut_page, page_reply
from omnipd_sandbox.calls.parameters import pages, sorting
from omnipd_sandbox.calls.routing import Endpoint
from omnipd_sandbox.http.reply import Reply
from omnipd_sandbox.organization.organization import Organization
from omnipd_sandbox.organization.uploads import Upload

_RANKS: Ranks[Upload] = {
    "createdAt": lambda upload: upload.created_at,
    "fileName": lambda upload: upload.file_name,
    "updatedAt": lambda upload: upload.updated_at,
}


def upload_endpoints() -> list[Endpoint]:
    """Write out the table."""
    return [
        Endpoint(
            "GET",
            "/api/v1/uploads",
            list_uploads,
            {
                **pages(),
                "connectionId": Key(uuid),
                "modelId": Key(uuid),
                "searchTerm": Key(text(maximum=256)),
                "type": Key(one_of("csv", "spreadsheet"), "csv"),
                **sorting(*_RANKS, by="updatedAt", direction="desc"),
            },
        )
    ]


def list_uploads(call: Call) -> Reply:
    """Answer with one page of the files; only of one type, and csv unless asked otherwise."""
    order = asked_order(call, _RANKS, lambda upload: upload.id)
    page = cut_page(call, lambda: _found(call), order)
    return page_reply(page, lambda upload: _record(upload, call.organization))


def _found(call: Call) -> list[Upload]:
    asked = call.parameters
    found = [each for each in call.organization.uploads if each.type == asked["type"]]
    if asked["connectionId"] is not None:
        found = [each for each in found if each.connection_id == asked["connectionId"]]
    if asked["modelId"] is not None:
        found = [each for each in found if _belongs(each, asked["modelId"], call.organization)]
    if asked["searchTerm"]:
        found = [
            each for each in found if asked["searchTerm"].casefold() in each.file_name.casefold()
        ]
    return found


def _belongs(upload: Upload, model_id: str, organization: Organization) -> bool:
    """Tell whether a file is a workbook's own, or one of the connection of a shared model."""
    shared = organization.shared_models.get(model_id)
    if shared is not None:
        return upload.model_id is None and upload.connection_id == shared.connection_id
    return upload.model_id == model_id


def _record(upload: Upload, organization: Organization) -> dict[str, Any]:
    user = organization.person(upload.user_id) if upload.user_id else None
    return {
        "id": upload.id,
        "file_name": upload.file_name,
        "view_name": upload.view_name,
        "connection_id": upload.connection_id,
        "model_id": upload.model_id,
        "in_db_as_table_name": upload.table_name,
        "size_bytes": upload.size,
        "created_at": upload.created_at,
        "updated_at": upload.updated_at,
        "uploaded_by_user": user and {"id": user.membership_id, "name": user.name},
    }
