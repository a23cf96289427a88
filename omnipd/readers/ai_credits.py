"""What Omni's AI may cost, and whom."""

from __future__ import annotations

import pandas as pd

from omnipd.client.client import Client
from omnipd.frames.columns import NUMBER, Column, flag, instant, text
from omnipd.frames.records import Record
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.manual import manual


def _credits(path: str, doc: str) -> Column:
    """Declare an amount of credits, which need not be whole."""
    return Column(NUMBER, (path,), doc)


def _controls(controls: Record) -> list[Record]:
    """Tell a limit of 0, which is none on the wire, from one of so many credits."""
    limit = controls.get("accountCreditLimit")
    if limit is None:
        return [controls]
    return [
        {**controls, "accountCreditLimit": limit or None, "accountUnlimited": limit == 0},
    ]


CREDIT_CONTROLS = Endpoint(
    "/api/v1/ai/credit-controls",
    pages=paging.single,
    rows=None,
    columns={
        "account_credit_limit": _credits(
            "accountCreditLimit", "Credits of a period; null: unlimited or not known"
        ),
        "account_unlimited": flag(
            "accountUnlimited", doc="Whether the account has no limit; null where not known"
        ),
        "credits_used": _credits("creditsUsed", "Credits used in this period"),
        "downgrade_credits": _credits(
            "downgradeCredits", "From here on a cheaper model answers; null: never"
        ),
        "shutoff_credits": _credits("shutoffCredits", "From here on nothing answers; null: never"),
        "user_default_credits": _credits(
            "userDefaultCredits", "Limit of users without one of their own; null: none"
        ),
        "entity_group_default_credits": _credits(
            "entityGroupDefaultCredits", "Limit of groups without one of their own; null: none"
        ),
        "period_start_at": instant("periodStart", doc="When the period began"),
        "period_end_at": instant("periodEnd", doc="When it ends"),
    },
    unfold=_controls,
)


@manual(CREDIT_CONTROLS)
def read_ai_credit_controls(*, refresh: bool = False, client: Client | None = None) -> pd.DataFrame:
    """Read what Omni's AI may cost the organization, in one row. For administrators of the AI.

    See Also
    --------
    omnipd.read_ai_user_credit_limits, omnipd.read_ai_group_credit_limits : Limits of their own.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     controls = omnipd.read_ai_credit_controls()
    >>> controls[["account_credit_limit", "user_default_credits"]]
       account_credit_limit  user_default_credits
    0               10000.0                 250.0
    """
    return CREDIT_CONTROLS.read(locals())


def _limit(record: Record) -> list[Record]:
    """Tell a limit that was lifted, null on the wire, from one that is not known."""
    lifted = record["creditLimit"] is None if "creditLimit" in record else None
    return [{**record, "unlimited": lifted}]


_LIMIT = {
    "credit_limit": _credits("creditLimit", "Credits of a period; null: unlimited or not known"),
    "unlimited": flag("unlimited", doc="Whether the limit was lifted; null where not known"),
}

USER_CREDIT_LIMITS = Endpoint(
    "/api/v1/ai/credit-controls/users",
    key=("user_id",),
    keyless="whole",
    columns={"user_id": text("userId", doc="Membership id"), **_LIMIT},
    unfold=_limit,
)


@manual(USER_CREDIT_LIMITS)
def read_ai_user_credit_limits(
    *,
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read users with a limit of their own on Omni's AI, one row each.

    Whoever has no row has the organization's default. For administrators of the AI.

    See Also
    --------
    omnipd.read_ai_credit_controls : The defaults.
    omnipd.read_users : Who they are.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     limits = omnipd.read_ai_user_credit_limits()
    >>> limits.loc[limits["unlimited"], "credit_limit"].unique().tolist()
    [<NA>]
    """
    return USER_CREDIT_LIMITS.read(locals())


GROUP_CREDIT_LIMITS = Endpoint(
    "/api/v1/ai/credit-controls/entity-groups",
    key=("embed_entity",),
    keyless="whole",
    columns={"embed_entity": text("entity", doc="Entity of an embedding application"), **_LIMIT},
    unfold=_limit,
)


@manual(GROUP_CREDIT_LIMITS)
def read_ai_group_credit_limits(
    *,
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read embedding entities with a limit of their own on Omni's AI, one row each.

    Whichever has no row has the organization's default. For administrators of the AI.

    See Also
    --------
    omnipd.read_ai_credit_controls : The defaults.
    omnipd.read_embed_users : Who belongs to them.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     limits = omnipd.read_ai_group_credit_limits()
    >>> limits[["embed_entity", "credit_limit", "unlimited"]]
      embed_entity  credit_limit  unlimited
    0         acme         500.0      False
    1       globex          <NA>       True
    """
    return GROUP_CREDIT_LIMITS.read(locals())
