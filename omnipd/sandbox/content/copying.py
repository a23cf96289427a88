"""Copy a document."""

from __future__ import annotations

from dataclasses import replace

from omnipd.sandbox.body_keys import Key, nullable, read_body, text
from omnipd.sandbox.content.placing import SCOPE, folder_by_path, scope_in
from omnipd.sandbox.content.rights import author, document_to_change
from omnipd.sandbox.organisation import chance
from omnipd.sandbox.organisation.dashboards import dashboard_of
from omnipd.sandbox.organisation.models import workbook_model_id
from omnipd.sandbox.organisation.moments import written
from omnipd.sandbox.organisation.records import Document
from omnipd.sandbox.reply import Reply, json_reply
from omnipd.sandbox.request import Call

_KEYS = {
    "name": Key(text(1, 254), required=True),
    "folderPath": Key(nullable(text())),
    "scope": Key(SCOPE),
}


def duplicate_document(call: Call) -> Reply:
    """Make a copy, which belongs to the caller; a second time makes a second one."""
    original = document_to_change(call, "VIEWER")
    body = read_body(call, _KEYS)
    organisation = call.world.organisation
    # Beside the original, unless another place is named: assumed.
    folder = (
        folder_by_path(body["folderPath"], call)
        if "folderPath" in body
        else organisation.folders.get(original.folder_id or "")
    )
    identifier = organisation.new_identifier()
    model = organisation.shared_models[original.connection_id]
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
            replace(query, id=chance.stable_uuid("copied query", identifier, query.id))
            for query in original.queries
        ),
        dashboard=dashboard_of(original, model.subject),
        imported=True,
        grants=(),
    )
    organisation.keep_document(copy)
    return json_reply(
        {
            "identifier": identifier,
            "name": copy.name,
            "dashboardId": chance.stable_uuid("dashboard", identifier),
            "workbookId": workbook_model_id(copy),
        },
        status=201,
    )
