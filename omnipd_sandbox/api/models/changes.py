"""Make models, and change their files."""

from __future__ import annotations

from dataclasses import replace

import yaml

from omnipd_sandbox.api.models.files import checksum_of
from omnipd_sandbox.api.models.find import compose, find_record, permissions_here
from omnipd_sandbox.calls.body_keys import Key, anything, boolean, one_of, read_body, text, uuid
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.http.refusals import BadRequest, Forbidden, NotFound, RefusedRequest
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization import derived
from omnipd_sandbox.organization.dates import written
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
_FILE = {
    "fileName": Key(text(1), required=True),
    "yaml": Key(text(), required=True),
    "mode": Key(one_of("combined", "extension", "staged", "merged", "history"), default="combined"),
    "branchId": Key(uuid),
    "previousChecksum": Key(text()),
    "commitMessage": Key(text()),
    "fetchedAtMillis": Key(anything),
    "fullyResolved": Key(boolean, default=False),
}


def create_model(call: Call) -> Reply:
    """Make a branch or an extension of a shared model, or a shared model of the bare tables."""
    body = read_body(call, _MODEL)
    organization = call.world.organization
    kind, connection_id = body["modelKind"], body["connectionId"]
    shared = organization.shared_models.get(connection_id)
    if shared is None:
        raise NotFound(f"Connection with id {connection_id} does not exist")
    base_id = body.get("baseModelId", shared.id)
    base = organization.models.get(base_id)
    if base is None or base.deleted_at or base.connection_id != connection_id:
        raise NotFound(f"Model with id {base_id} does not exist")
    _refuse_without_right(base, call)
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
    now = written(call.world.now())
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


def write_file(call: Call) -> Reply:
    """Change a file of a branch or of an extension, or add one."""
    record = find_record(call)
    body = read_body(call, _FILE, strict=True)
    if "branchId" in body:
        branch = call.world.organization.models.get(body["branchId"])
        if branch is None or branch.kind != "BRANCH" or branch.base_id != record.id:
            raise NotFound(f"Branch with id {body['branchId']} does not exist")
        record = branch
    _refuse_without_right(record, call)
    if record.kind not in {"BRANCH", "SHARED_EXTENSION"}:
        raise BadRequest(
            "The sandbox changes files on a branch or an extension only", at="branchId"
        )
    if body["mode"] not in {"combined", "extension"} or body["fullyResolved"]:
        raise BadRequest("The sandbox does not do this", at="mode")
    _refuse_unreadable(body["yaml"])
    before = compose(record, call).files
    # Omni's names have no suffix; the files may.
    names = {name.removesuffix(".yaml"): name for name in before}
    wanted = body["fileName"].removesuffix(".yaml")
    name = names.get(wanted, f"{wanted}.yaml")
    known = body.get("previousChecksum")
    if known is not None and known != checksum_of(before.get(name, "")):
        raise RefusedRequest(409, "The file has changed since it was read")
    changed = replace(
        record,
        files={**record.files, name: body["yaml"]},
        updated_at=written(call.world.now()),
    )
    call.world.organization.keep_model(changed)
    return json_reply({"files": {wanted: body["yaml"]}, "version": 1})


def _refuse_without_right(record: ModelRecord, call: Call) -> None:
    if "UPDATE" not in permissions_here(record, call):
        raise Forbidden


def _refuse_unreadable(given: str) -> None:
    try:
        # Before anything is made of it: a few aliases of aliases would fill the memory.
        aliases = any(isinstance(each, yaml.AliasEvent) for each in yaml.parse(given))
        if not aliases:
            yaml.safe_load(given)
    # A date that is none and a number that is too long are ValueErrors.
    except (yaml.YAMLError, ValueError, RecursionError):
        raise BadRequest("Invalid YAML", at="yaml") from None
    if aliases:
        raise BadRequest("The sandbox takes no aliases (*name) in YAML", at="yaml")
