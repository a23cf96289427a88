"""What the AI may cost, and whom."""

from __future__ import annotations

from datetime import datetime
from operator import itemgetter

from omnipd_sandbox.calls.call import Call
from omnipd_sandbox.calls.tables import rows_of, show_page
from omnipd_sandbox.http.reply import Reply, json_reply


def show_credit_controls(call: Call) -> Reply:
    """Answer with the organization's limits; times are in milliseconds, unlike elsewhere."""
    controls = call.organization.credit_controls
    return json_reply(
        {
            "accountCreditLimit": controls.account_limit,
            "creditsUsed": controls.used,
            "downgradeCredits": controls.downgrade_at,
            "shutoffCredits": controls.shutoff_at,
            "userDefaultCredits": controls.user_default,
            "entityGroupDefaultCredits": controls.entity_group_default,
            "periodStart": _milliseconds(controls.period_start),
            "periodEnd": _milliseconds(controls.period_end),
        }
    )


def _milliseconds(instant: str) -> int:
    return int(datetime.fromisoformat(instant).timestamp() * 1000)


def list_user_limits(call: Call) -> Reply:
    """Answer with one page of the members with a limit of their own; null is unlimited."""
    return show_page(call, rows_of(call, "user_limits"), itemgetter("userId"), key="userId")


def list_entity_limits(call: Call) -> Reply:
    """Answer with one page of the embedding entities with a limit of their own."""
    return show_page(call, rows_of(call, "entity_limits"), itemgetter("entity"), key="entity")
