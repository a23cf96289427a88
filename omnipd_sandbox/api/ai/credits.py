"""What the AI may cost, and whom."""

from __future__ import annotations

from datetime import UTC, datetime
from operator import itemgetter

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.tables import rows_of, show_page
from omnipd_sandbox.http.reply import Reply, json_reply


def _milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


# Of the whole organization; times are in milliseconds, unlike elsewhere.
_CONTROLS = {
    "accountCreditLimit": 10000,
    "creditsUsed": 4211,
    "downgradeCredits": 8000,
    "shutoffCredits": None,
    "userDefaultCredits": 250,
    "entityGroupDefaultCredits": None,
    "periodStart": _milliseconds(datetime(2026, 5, 1, tzinfo=UTC)),
    "periodEnd": _milliseconds(datetime(2026, 6, 1, tzinfo=UTC)),
}


def show_credit_controls(call: Call) -> Reply:
    """Answer with the organization's limits."""
    del call
    return json_reply(_CONTROLS)


def list_user_limits(call: Call) -> Reply:
    """Answer with one page of the members with a limit of their own; null is unlimited."""
    return show_page(call, rows_of(call, "user_limits"), itemgetter("userId"), key="userId")


def list_entity_limits(call: Call) -> Reply:
    """Answer with one page of the embedding entities with a limit of their own."""
    return show_page(call, rows_of(call, "entity_limits"), itemgetter("entity"), key="entity")
