"""One model: found, and written."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.segments import uuid_in_path
from omnipd_sandbox.http.refusals import BadRequest, not_found
from omnipd_sandbox.organization.models import ModelRecord
from omnipd_sandbox.organization.organization import Organization


def find_record(call: Call) -> ModelRecord:
    """Give the record of the model that the path names; 404 also where there is no role."""
    model_id = uuid_in_path(call, "modelId")
    record = call.organization.models.get(model_id)
    if record is None or record.deleted_at or not permissions_here(record, call):
        raise not_found("Model", model_id)
    return record


def permissions_here(record: ModelRecord, call: Call) -> frozenset[str]:
    """Give what the caller may do with a model."""
    return call.world.permissions_on(record.id, call.caller.user)


def find_shared(call: Call) -> ModelRecord:
    """Give the record of the shared model that the path names; 400 for another kind."""
    record = find_record(call)
    if record.kind != "SHARED":
        raise BadRequest("Model must be a shared model", at="modelId")
    return record


def find_branch(call: Call, record: ModelRecord) -> ModelRecord | None:
    """Give the branch that the parameters name, if they name one; it must be of that model."""
    asked = call.parameters
    branch_id: str | None = asked.get("branch_id") or asked.get("branchId")
    if branch_id is None:
        return None
    return branch_of(record.id, branch_id, call.organization)


def branch_of(model_id: str, branch_id: str, organization: Organization) -> ModelRecord:
    """Give a branch by its id; 404 for what is no branch of that model."""
    branch = organization.models.get(branch_id)
    if branch is None or branch.kind != "BRANCH" or branch.base_id != model_id:
        raise not_found("Branch", branch_id)
    return branch


def model_record(model: ModelRecord) -> dict[str, Any]:
    """Write a model as the list does."""
    return {
        "id": model.id,
        "name": model.name,
        "modelKind": model.kind,
        "connectionId": model.connection_id,
        "baseModelId": model.base_id,
        "createdAt": model.created_at,
        "updatedAt": model.updated_at,
        "deletedAt": model.deleted_at,
    }


def branch_record(branch: ModelRecord, call: Call) -> dict[str, Any]:
    """Write a branch as the list does beside its model."""
    if call.world.behavior.old_shapes:
        return model_record(branch)
    return {"id": branch.id, "name": branch.name}
