"""Copy a document."""

from __future__ import annotations

from dataclasses import replace

from omnipd_sandbox.api.content.placing import SCOPE, folder_by_path, scope_in
from omnipd_sandbox.api.content.rights import author, document_to_change
from omnipd_sandbox.calls.body_keys import Key, nullable, read_body, text
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.dashboards import dashboard_of
from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.models import workbook_model_id
from omnipd_sandbox.organization.records import Document

_KEYS = {
    "name": Key(text(1, 254), required=True),
    "folderPath": Key(nullable(text())),
    "scope": Key(SCOPE),
}


def duplicate_document(call: Call) -> Reply:
    """Make a copy, which belongs to the caller; a second time makes a second one."""
    original = document_to_change(call, "VIEWER")
    body = read_body(call, _KEYS)
    organization = call.world.organization
    # Beside the original, unless another place is named: assumed.
    folder = (
        folder_by_path(body["folderPath"], call)
        if "folderPath" in body
        else organization.folders.get(original.folder_id or "")
    )
    identifier = organization.new_identifier()
    copy = Document(
        identifier=identifier,
        name=body["name"],
        owner_id=author(call).membership_id,
        folder_id=folder.id if folder else None,
        scope=scope_in(folder, body, original.scope),
        connection_id=original.connection_id,
        deleted=False,
        has_dashboard=original.has_dashboard,
        has_app=original.has_app,
        updated_at=written(call.world.now()),
        views=0,
        description=original.description,
        queries=tuple(
            replace(query, id=derived.stable_uuid("copied query", identifier, query.id))
            for query in original.queries
        ),
        dashboard=dashboard_of(original, organization),
        imported=True,
        grants=(),
    )
    organization.keep_document(copy)
    return json_reply(
        {
            "identifier": identifier,
            "name": copy.name,
            "dashboardId": derived.stable_uuid("dashboard", identifier),
            "workbookId": workbook_model_id(copy),
        },
        status=201,
    )
