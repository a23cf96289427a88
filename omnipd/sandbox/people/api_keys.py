"""List keys: ``GET /api-keys``."""

from __future__ import annotations

from typing import Any

from omnipd.sandbox.organisation.api_keys import ApiKey
from omnipd.sandbox.paging import Order, Rank, cut_page_after_id
from omnipd.sandbox.refusals import NotFound
from omnipd.sandbox.reply import Reply, json_reply
from omnipd.sandbox.request import Call
from omnipd.sandbox.segments import uuid_in_path


def list_api_keys(call: Call) -> Reply:
    """Answer with one page of the keys, never with a secret."""
    asked = call.parameters
    found = [
        each
        for each in call.world.organisation.api_keys.values()
        if asked["type"] in {None, each.type}
    ]

    def rank(key: ApiKey) -> Rank:
        return key.name if asked["sortField"] == "name" else key.created_at

    order: Order[ApiKey] = Order(
        rank=rank, identity=lambda key: key.id, descending=asked["sortDirection"] == "desc"
    )
    page, info = cut_page_after_id(found, order, asked=asked)
    return json_reply({"records": [_record(each) for each in page], "pageInfo": info})


def show_api_key(call: Call) -> Reply:
    """Answer with one key."""
    key = call.world.organisation.api_keys.get(uuid_in_path(call, "id"))
    if key is None:
        raise NotFound(f"API key with id {call.segments['id']} does not exist")
    return json_reply(_record(key))


def _record(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "type": key.type,
        "enabled": key.enabled,
        "membershipId": key.membership_id,
        "createdAt": key.created_at,
    }
