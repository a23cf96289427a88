"""Omni's AI: conversations, routines, and what they may cost."""

from __future__ import annotations

import pandas as pd

from omnipd import paging
from omnipd.client import Client
from omnipd.columns import NUMBER, TEXT, Column, count, flag, instant, text
from omnipd.endpoint import Endpoint
from omnipd.fanout import FanOut, Parents
from omnipd.labels import join_names
from omnipd.params import Param
from omnipd.records import Record

CONVERSATIONS = Endpoint(
    "/api/v1/ai/conversations",
    key=("id",),
    rows=("records", "data"),
    params={"user_id": Param("userId", "uuid")},
    columns={
        "id": text("id", doc="Conversation id"),
        "name": text("name", doc="Its name; null where it has none"),
        "last_prompt": text("lastPrompt", "lastUserPrompt", doc="What was asked last"),
        "created_at": instant("createdAt", doc="When it began"),
        "updated_at": instant("updatedAt", doc="When it last went on"),
    },
)


def read_ai_conversations(
    *,
    user_id: str | None = None,
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read one person's conversations with Omni's AI, one row each, the latest first.

    Parameters
    ----------
    user_id : str, optional
        Membership id of the person. Default: that of the client, else the owner of the key.
    limit, strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``name``, ``last_prompt`` (string), ``created_at``, ``updated_at``
        (timestamp[us, UTC]), ``extra`` (string).

    Raises
    ------
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_ai_messages : What was said in them.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     conversations = omnipd.read_ai_conversations()
    >>> len(conversations), bool(conversations["updated_at"].is_monotonic_decreasing)
    (25, True)
    """
    return CONVERSATIONS.read(locals())


MESSAGES = FanOut(
    Endpoint(
        "/api/v1/ai/conversations/{conversation_id}",
        pages=paging.whole,
        rows="messages",
        columns={
            "role": text("role", doc="user or assistant"),
            "text": text("text", doc="What was said"),
            "created_at": instant("createdAt", doc="When it was said"),
            "job_id": text("jobId", doc="The job that answered; null for what a person said"),
            "omni_chat_url": text("omniChatUrl", doc="Where to open it"),
        },
    ),
    parent=("conversation_id",),
    found_in={"conversation_id": ("id",)},
)


def read_ai_messages(
    conversations: Parents,
    *,
    errors: str = "raise",
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read what was said in conversations with Omni's AI, one row per message.

    One call per conversation.

    Parameters
    ----------
    conversations : str, iterable of str, or DataFrame
        Conversation ids, or a frame with ``conversation_id``, or ``id`` as
        :func:`omnipd.read_ai_conversations` has it.
    errors : {"raise", "collect"}, default "raise"
        What a conversation that cannot be read does: fail all, or be named in
        ``df.attrs["omni"]`` and make the frame incomplete.
    strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        In the order in which it was said: ``conversation_id``, ``role``, ``text`` (string),
        ``created_at`` (timestamp[us, UTC]), ``job_id``, ``omni_chat_url``, ``extra`` (string).

    Raises
    ------
    ArgumentError, APIError, NetworkError, ResponseError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_ai_conversations : The conversations there are.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     messages = omnipd.read_ai_messages(omnipd.read_ai_conversations(limit=3))
    >>> sorted(messages["role"].unique())
    ['assistant', 'user']
    """
    return MESSAGES.read(conversations, locals())


def _routine(record: Record) -> list[Record]:
    """Bring both shapes of destination and last run into one.

    Of a destination only what is known is kept: elsewhere in Omni it may hold credentials.
    """
    told = dict(record)
    destination, last_run = record.get("destination"), record.get("lastRun")
    if isinstance(destination, dict):
        known = ("type", "recipientEmails", "userGroupIds")
        told["destination"] = {key: destination.get(key) for key in known}
    elif isinstance(destination, str):
        told["destination"] = {"type": destination}
    if isinstance(last_run, str):
        told["lastRun"] = {"completedAt": last_run}
    return [told]


ROUTINES = Endpoint(
    "/api/v1/ai/routines",
    key=("id",),
    params={"user_id": Param("userId", "uuid")},
    columns={
        "id": text("id", doc="Routine id"),
        "name": text("name", doc="Its name"),
        "description": text("description", doc="Its description"),
        "prompt": text("prompt", doc="What it asks"),
        "model_id": text("modelId", doc="Model it asks"),
        "branch_id": text("branchId", doc="Branch of the model"),
        "topic_name": text("topicName", doc="Topic; null: the AI picks one"),
        "schedule": text("schedule", doc="When it runs: cron of six fields, as AWS has it"),
        "timezone": text("timezone", doc="Time zone of the schedule"),
        "destination_type": text("destination.type", doc="email or slack"),
        "recipient_emails": Column(
            TEXT, ("destination.recipientEmails",), "Who gets it, comma-joined", join_names
        ),
        "user_group_ids": Column(
            TEXT, ("destination.userGroupIds",), "Groups that get it, comma-joined", join_names
        ),
        "recipient_count": count("recipientCount", doc="How many get it"),
        "disabled": flag("disabled", doc="Whether somebody switched it off"),
        "system_disabled": flag("systemDisabled", doc="Whether Omni switched it off"),
        "system_disabled_reason": text("systemDisabledReason", doc="Why Omni did"),
        "last_run_at": instant("lastRun.completedAt", doc="When it last ended"),
        "last_run_state": text("lastRun.state", doc="How it ended"),
        "last_run_label": text("lastRun.label", doc="The same, as people see it"),
        "created_at": instant("createdAt", doc="When it was made"),
        "updated_at": instant("updatedAt", doc="Last change"),
    },
    unfold=_routine,
)


def read_ai_routines(
    *,
    user_id: str | None = None,
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read one person's routines, prompts that run by themselves, one row each, newest first.

    Parameters
    ----------
    user_id : str, optional
        Membership id of the person. Default: that of the client, else the owner of the key.
    limit, strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``name``, ``description``, ``prompt``, ``model_id``, ``branch_id``, ``topic_name``,
        ``schedule``, ``timezone``, ``destination_type``, ``recipient_emails``, ``user_group_ids``
        (string), ``recipient_count`` (int64), ``disabled``, ``system_disabled`` (bool),
        ``system_disabled_reason`` (string), ``last_run_at`` (timestamp[us, UTC]),
        ``last_run_state``, ``last_run_label`` (string), ``created_at``, ``updated_at``
        (timestamp[us, UTC]), ``extra`` (string).

    Raises
    ------
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_models : ``model_id`` is its ``id``.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     routines = omnipd.read_ai_routines()
    >>> routines["disabled"].tolist()
    [False, False, True]
    """
    return ROUTINES.read(locals())


def _credits(path: str, doc: str) -> Column:
    """Declare an amount of credits, which need not be whole."""
    return Column(NUMBER, (path,), doc)


CREDIT_CONTROLS = Endpoint(
    "/api/v1/ai/credit-controls",
    pages=paging.single,
    rows=None,
    columns={
        "account_credit_limit": _credits("accountCreditLimit", "Credits of a period; 0: none"),
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
        "period_start": instant("periodStart", doc="When the period began"),
        "period_end": instant("periodEnd", doc="When it ends"),
    },
)


def read_ai_credit_controls(*, refresh: bool = False, client: Client | None = None) -> pd.DataFrame:
    """Read what Omni's AI may cost the organization, in one row. For administrators of the AI.

    Parameters
    ----------
    refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``account_credit_limit``, ``credits_used``, ``downgrade_credits``, ``shutoff_credits``,
        ``user_default_credits``, ``entity_group_default_credits`` (float64), ``period_start``,
        ``period_end`` (timestamp[us, UTC]), ``extra`` (string).

    Raises
    ------
    APIError, NetworkError, ResponseError
        As for :func:`omnipd.read_content`.

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
    columns={"user_id": text("userId", doc="Membership id"), **_LIMIT},
    unfold=_limit,
)


def read_ai_user_credit_limits(
    *,
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read users with a limit of their own on Omni's AI, one row each.

    Whoever has no row has the organization's default. For administrators of the AI.

    Parameters
    ----------
    limit, strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``user_id`` (string), ``credit_limit`` (float64), ``unlimited`` (bool), ``extra`` (string).

    Raises
    ------
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_ai_credit_controls : The defaults.
    omnipd.read_users : ``user_id`` is its ``id``.

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
    key=("entity",),
    columns={"entity": text("entity", doc="Entity of an embedding application"), **_LIMIT},
    unfold=_limit,
)


def read_ai_group_credit_limits(
    *,
    limit: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read embedding entities with a limit of their own on Omni's AI, one row each.

    Whichever has no row has the organization's default. For administrators of the AI.

    Parameters
    ----------
    limit, strict, refresh, client
        As for :func:`omnipd.read_content`.

    Returns
    -------
    pandas.DataFrame
        ``entity`` (string), ``credit_limit`` (float64), ``unlimited`` (bool), ``extra`` (string).

    Raises
    ------
    ArgumentError, APIError, NetworkError, ResponseError, IncompleteReadError
        As for :func:`omnipd.read_content`.

    See Also
    --------
    omnipd.read_ai_credit_controls : The defaults.
    omnipd.read_embed_users : ``entity`` is its ``embed_entity``.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     limits = omnipd.read_ai_group_credit_limits()
    >>> limits[["entity", "credit_limit", "unlimited"]]
       entity  credit_limit  unlimited
    0    acme         500.0      False
    1  globex          <NA>       True
    """
    return GROUP_CREDIT_LIMITS.read(locals())
