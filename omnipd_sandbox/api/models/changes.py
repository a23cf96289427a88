"""Make models."""

from __future__ import annotations

from omnipd_sandbox.api.models.record import permissions_here
from omnipd_sandbox.calls.body import read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.checks import Key, anything, boolean, one_of, text, uuid
from omnipd_sandbox.http.refusals import BadRequest, Forbidden, not_found
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.models import ModelRecord

_MODEL = {
    "connectionId": Key(uuid, required=True),
    "modelKind": Key(one_of("SCHEMA", "SHARED", "SHARED_EXTENSION", "BRANCH"), default="SCHEMA"),
    "modelName": Key(text()),
    "baseModelId": Key(uuid),
    "accessGrants": Key(anything),
    "allowAsWorkbookBase": Key(boolean),
    "usesIsolatedBranches": Key(boolean),
}


def create_model(call: Call) -> Reply:
    """Make a branch or an extension of a shared model, or a shared model of the bare tables."""
    body = read_body(call, _MODEL)
    organization = call.organization
    kind, connection_id = body["modelKind"], body["connectionId"]
    shared = organization.shared_on(connection_id)
    if not shared:
        raise not_found("Connection", connection_id)
    base_id = body.get("baseModelId", shared[0].id)
    base = organization.models.get(base_id)
    if base is None or base.deleted_at or base.connection_id != connection_id:
        raise not_found("Model", base_id)
    refuse_without_right(base, call)
    if kind == "SCHEMA":
        raise BadRequest("The connection has its schema model already", at="modelKind")
    if "accessGrants" in body:
        raise BadRequest("The sandbox does not do this", at="accessGrants")
    if kind == "SHARED":
        if "baseModelId" in body and base.kind != "SCHEMA":
            raise BadRequest("A shared model is based on a schema model", at="baseModelId")
        base_id = base.id if base.kind == "SCHEMA" else base.base_id
    elif "baseModelId" not in body or base.id not in call.world.engine.models:
        raise BadRequest("Model must be a shared model", at="baseModelId")
    now = call.world.timestamp()
    made = ModelRecord(
        id=derived.stable_uuid(*organization.fresh_topic("model")),
        kind=kind,
        name=body.get("modelName"),
        connection_id=connection_id,
        base_id=base_id,
        created_at=now,
        updated_at=now,
    )
    organization.keep_model(made)
    shown = {"id": made.id, "modelKind": made.kind, "name": made.name}
    return json_reply({"success": True, "model": shown})


def refuse_without_right(record: ModelRecord, call: Call) -> None:
    """Refuse who may not change a model."""
    if "UPDATE" not in permissions_here(record, call):
        raise Forbidden
