"""List keys, switch those of the organization off and on, and revoke any."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from omnipd_sandbox.calls.body_keys import Key, boolean, read_body
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.paging import Order, Rank, cut_page_after_id
from omnipd_sandbox.calls.segments import uuid_in_path
from omnipd_sandbox.http.refusals import BadRequest, NotFound
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.api_keys import ApiKey


def list_api_keys(call: Call) -> Reply:
    """Answer with one page of the keys, never with a secret."""
    asked = call.parameters

    def found() -> Iterable[ApiKey]:
        everything = call.world.organization.api_keys.values()
        return (each for each in everything if asked["type"] in {None, each.type})

    def rank(key: ApiKey) -> Rank:
        return key.name if asked["sortField"] == "name" else key.created_at

    order: Order[ApiKey] = Order(
        rank=rank, identity=lambda key: key.id, descending=asked["sortDirection"] == "desc"
    )
    page, info = cut_page_after_id(call, found, order)
    return json_reply({"records": [_record(each) for each in page], "pageInfo": info})


def show_api_key(call: Call) -> Reply:
    """Answer with one key."""
    return json_reply(_record(_find(call)))


def update_api_key(call: Call) -> Reply:
    """Switch a key of the organization off or on, even the one that asks."""
    key = _find(call)
    body = read_body(call, {"enabled": Key(boolean, required=True)}, strict=True)
    if key.type != "organization":
        raise BadRequest("Only organization keys can be enabled and disabled", at="id")
    organization = call.world.organization
    changed = replace(key, enabled=body["enabled"])
    organization.api_keys = {**organization.api_keys, key.id: changed}
    return json_reply(_record(changed))


def revoke_api_key(call: Call) -> Reply:
    """Revoke a key of any kind for good, even the one that asks."""
    key = _find(call)
    organization = call.world.organization
    organization.api_keys = {
        key_id: each for key_id, each in organization.api_keys.items() if key_id != key.id
    }
    return json_reply({"success": True, "message": "API key revoked"})


def _find(call: Call) -> ApiKey:
    key = call.world.organization.api_keys.get(uuid_in_path(call, "id"))
    if key is None:
        raise NotFound(f"API key with id {call.segments['id']} does not exist")
    return key


def _record(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "type": key.type,
        "enabled": key.enabled,
        "membershipId": key.membership_id,
        "createdAt": key.created_at,
    }
