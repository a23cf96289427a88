"""Models, as their list writes them."""

from __future__ import annotations

from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.organization.models import ModelRecord


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
