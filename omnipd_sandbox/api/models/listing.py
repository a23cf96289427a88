"""List models: ``GET /models``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from omnipd_sandbox.api.models.find import permissions_here
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.paging import Order, Rank, cut_page
from omnipd_sandbox.http.refusals import BadListCursor, BadRequest
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.models import ModelRecord


def list_models(call: Call) -> Reply:
    """Answer with one page of the models that match; a bad cursor has an error form of its own."""
    asked = call.parameters
    organization = call.world.organization
    order: Order[ModelRecord] = Order(
        rank=_RANKS[asked["sortField"]],
        identity=lambda model: model.id,
        descending=asked["sortDirection"] == "desc",
    )

    def found() -> Iterable[ModelRecord]:
        everything = organization.models.values()
        return (
            each for each in everything if _matches(each, call) and permissions_here(each, call)
        )

    try:
        page, info = cut_page(call, found, order)
    except BadRequest:
        raise BadListCursor from None
    records = [_record(model) for model in page]
    if "activeBranches" in asked["include"]:
        for record, model in zip(records, page, strict=True):
            record["branches"] = [
                _branch(each, call)
                # Documents have no branches.
                for each in organization.fixed_models.values()
                if each.kind == "BRANCH" and each.base_id == model.id and not each.deleted_at
            ]
    return json_reply({"records": records, "pageInfo": info})


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


_RANKS: dict[str, Callable[[ModelRecord], Rank]] = {
    "name": lambda model: model.name or "",
    "modelKind": lambda model: model.kind,
    "connectionId": lambda model: model.connection_id or "",
    "baseModelId": lambda model: model.base_id or "",
    "createdAt": lambda model: model.created_at,
    "updatedAt": lambda model: model.updated_at,
}


def _record(model: ModelRecord) -> dict[str, Any]:
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


def _branch(branch: ModelRecord, call: Call) -> dict[str, Any]:
    if call.world.behavior.old_shapes:
        return _record(branch)
    return {"id": branch.id, "name": branch.name}
