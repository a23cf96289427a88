"""List keys: ``GET /api-keys``."""

from __future__ import annotations

from collections.abc import Iterable

from omnipd_sandbox.api.api_keys.record import api_key_record
from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.paging import Ranks, asked_order, cut_page_after_id, page_reply
from omnipd_sandbox.http.reply import Reply
from omnipd_sandbox.organization.api_keys import ApiKey

_RANKS: Ranks[ApiKey] = {
    "name": lambda key: key.name,
    "createdAt": lambda key: key.created_at,
}


def list_api_keys(call: Call) -> Reply:
    """Answer with one page of the keys, never with a secret."""
    asked = call.parameters

    def found() -> Iterable[ApiKey]:
        everything = call.organization.api_keys.values()
        return (each for each in everything if asked["type"] in {None, each.type})

    order = asked_order(call, _RANKS, lambda key: key.id)
    return page_reply(cut_page_after_id(call, found, order), api_key_record)
