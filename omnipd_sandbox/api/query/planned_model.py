"""From the ids a query names to the model it is planned on."""

from __future__ import annotations

from omnipd_sandbox.api.models.compose import compose
from omnipd_sandbox.api.models.record import branch_of
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.engine.model.model import Model
from omnipd_sandbox.http.refusals import not_found
from omnipd_sandbox.organization.models import ModelRecord


def planned_model(call: Call, model_id: str, branch_id: str | None) -> Model | None:
    """Find the model of a query: shared, a branch's or a workbook's own.

    None is the shared model just as the engine serves it.

    Raises
    ------
    NotFound
        For a model, or a branch of it, that does not exist.
    """
    record = _record(call, model_id)
    if branch_id is not None:
        record = branch_of(model_id, branch_id, call.organization)
    return None if record is None else compose(record, call)


def _record(call: Call, model_id: str) -> ModelRecord | None:
    if model_id in call.world.engine.models:
        return None
    record = call.organization.models.get(model_id)
    if record is None or record.deleted_at:
        raise not_found("Model", model_id)
    return record
