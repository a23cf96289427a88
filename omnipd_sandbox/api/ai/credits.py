"""What the AI may cost, and whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.paging import Order, cut_page
from omnipd_sandbox.http.reply import Reply, json_reply
from omnipd_sandbox.organization.ai import PERIOD, CreditLimit


def show_credit_controls(call: Call) -> Reply:
    """Answer with the organization's limits; times are in milliseconds, unlike elsewhere."""
    del call
    start, end = PERIOD
    return json_reply(
        {
            "accountCreditLimit": 10000,
            "creditsUsed": 4211,
            "downgradeCredits": 8000,
            "shutoffCredits": None,
            "userDefaultCredits": 250,
            "entityGroupDefaultCredits": None,
            "periodStart": int(start.timestamp() * 1000),
            "periodEnd": int(end.timestamp() * 1000),
        }
    )


def list_user_limits(call: Call) -> Reply:
    """Answer with one page of the members with a limit of their own; null is unlimited."""
    return _page(call, call.world.organization.user_limits, "userId")


def list_entity_limits(call: Call) -> Reply:
    """Answer with one page of the embedding entities with a limit of their own."""
    return _page(call, call.world.organization.entity_limits, "entity")


def _page(call: Call, limits: Sequence[CreditLimit], key: str) -> Reply:
    order: Order[CreditLimit] = Order(
        rank=lambda each: each.owner, identity=lambda each: each.owner, descending=False
    )
    page, info = cut_page(call, lambda: limits, order)
    records: list[dict[str, Any]] = [{key: each.owner, "creditLimit": each.limit} for each in page]
    return json_reply({"records": records, "pageInfo": info})
