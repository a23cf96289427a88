"""A model put together: its files, and those of all that lies below it."""

from __future__ import annotations

from omnipd_sandbox.api.models.record import find_branch, find_record
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.engine.model.model import Model
from omnipd_sandbox.http.refusals import not_found
from omnipd_sandbox.organization.models import ModelRecord


def composed(call: Call) -> Model:
    """Give a model with all that lies below it, on the branch that the parameters name."""
    record = find_record(call)
    return compose(find_branch(call, record) or record, call)


def compose(record: ModelRecord, call: Call) -> Model:
    """Give a model with all that lies below it."""
    world = call.world
    files = dict(record.files)
    below: ModelRecord | None = record
    while below is not None and below.id not in world.engine.models:
        if below.kind == "SCHEMA":
            shared = world.organization.shared_models[below.connection_id or ""]
            schema: Model = world.engine.schema_model(shared.id)
            return schema
        below = world.organization.models.get(below.base_id or "")
        files = {**(below.files if below else {}), **files}
    if below is None:
        raise not_found("Model", record.id)
    model: Model = world.engine.model_with(below.id, files)
    return model
