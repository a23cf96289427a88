"""List models: ``GET /models``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from omnipd_sandbox.api.models.record import branch_record, model_record, permissions_here
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.paging import Ranks, asked_order, cut_page, page_reply
from omnipd_sandbox.http.refusals import BadListCursor, BadRequest
from omnipd_sandbox.http.reply import Reply
from omnipd_sandbox.organization.models import ModelRecord


def list_models(call: Call) -> Reply:
    """Answer with one page of the models that match; a bad cursor has an error form of its own."""
    order = asked_order(call, _RANKS, lambda model: model.id)

    def found() -> Iterable[ModelRecord]:
        everything = call.organization.models.values()
        return (
            each for each in everything if _matches(each, call) and permissions_here(each, call)
        )

    def write(model: ModelRecord) -> dict[str, Any]:
        record = model_record(model)
        if "activeBranches" in call.parameters["include"]:
            record["branches"] = [
                branch_record(each, call)
                # Documents have no branches.
                for each in call.organization.fixed_models.values()
                if each.kind == "BRANCH" and each.base_id == model.id and not each.deleted_at
            ]
        return record

    try:
        page = cut_page(call, found, order)
    except BadRequest:
        raise BadListCursor from None
    return page_reply(page, write)


def _matches(model: ModelRecord, call: Call) -> bool:
    asked = call.parameters
    return (
        (model.deleted_at is None or asked["includeDeleted"])
        and asked["modelId"] in {None, model.id}
        and asked["modelKind"] in {None, model.kind}
        and asked["baseModelId"] in {None, model.base_id}
        and asked["connectionId"] in {None, model.connection_id}
        # An empty name is no filter (docs/wire.md).
        and (not asked["name"] or (model.name or "").casefold() == asked["name"].casefold())
    )


_RANKS: Ranks[ModelRecord] = {
    "name": lambda model: model.name or "",
    "modelKind": lambda model: model.kind,
    "connectionId": lambda model: model.connection_id or "",
    "baseModelId": lambda model: model.base_id or "",
    "createdAt": lambda model: model.created_at,
    "updatedAt": lambda model: model.updated_at,
}
