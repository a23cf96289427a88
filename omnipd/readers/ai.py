"""Omni's AI: conversations and their jobs, routines, and what a model offers to ask."""

from __future__ import annotations

import os
from typing import Literal

import pandas as pd

from omnipd.client.client import Client
from omnipd.frames.columns import TEXT, Column, count, flag, instant, text
from omnipd.frames.labels import join_names
from omnipd.frames.records import Record
from omnipd.lists import paging
from omnipd.lists.endpoint import Endpoint
from omnipd.lists.fanout import FanOut
from omnipd.lists.manual import manual
from omnipd.lists.params import Param
from omnipd.lists.parents import Parents
from omnipd.readers.below_model import below_model
from omnipd.readers.record_parts import without

CONVERSATIONS = Endpoint(
    "/api/v1/ai/conversations",
    key=("conversation_id",),
    keyless="whole",
    rows=("records", "data"),
    params={"user_id": Param("userId", "id")},
    columns={
        "conversation_id": text("id", doc="Conversation id"),
        "name": text("name", doc="Its name; null where it has none"),
        "last_prompt": text("lastPrompt", "lastUserPrompt", doc="What was asked last"),
        "created_at": instant("createdAt", doc="When it began"),
        "updated_at": instant("updatedAt", doc="When it last went on"),
    },
)


@manual(CONVERSATIONS)
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
)


@manual(MESSAGES)
def read_ai_messages(
    conversations: Parents,
    *,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read what was said in conversations with Omni's AI, one row per message.

    One call per conversation.

    Returns
    -------
    pandas.DataFrame
        In the order in which it was said.

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


JOBS = FanOut(
    Endpoint(
        "/api/v1/ai/jobs/{job_id}",
        pages=paging.single,
        rows=None,
        unfold=without("id"),  # which is the parent's key
        columns={
            "state": text(
                "state", doc="QUEUED, EXECUTING, DELIVERING, COMPLETE, FAILED, CANCELLED"
            ),
            "prompt": text("prompt", doc="What was asked"),
            "conversation_id": text("conversationId", doc="Conversation it belongs to"),
            "user_id": text("userId", doc="Membership id of who asked"),
            "organization_id": text("organizationId", doc="Organization"),
            "model_id": text("modelId", doc="Model that was asked"),
            "branch_id": text("branchId", doc="Branch of the model"),
            "topic": text("topicName", doc="Topic; null: the AI picked one"),
            "created_at": instant("createdAt", doc="When it was asked"),
            "updated_at": instant("updatedAt", doc="Last change"),
            "execution_started_at": instant("executionStartedAt", doc="When the AI began"),
            "progress_message": text("progress.message", doc="What it is at"),
            "progress_iteration": count("progress.iteration", doc="In which round"),
            "progress_updated_at": instant("progress.updatedAt", doc="When it said so"),
            "completed_at": instant("completedAt", doc="When it was done"),
            "result_summary": text("resultSummary", doc="The answer, as Markdown"),
            "error_message": text("error.message", doc="Why it failed"),
            "error_code": text("error.code", doc="The same for programs"),
            "error_detail": text("error.detail", doc="More of it"),
            "cancelled_at": instant("cancelledAt", doc="When it was canceled"),
            "cancelled_by_id": text("cancelledBy", doc="Membership id of who did"),
            "omni_chat_url": text("omniChatUrl", doc="Where to open it"),
        },
    ),
    parent=("job_id",),
)


@manual(JOBS)
def read_ai_jobs(
    jobs: Parents,
    *,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read how far jobs of Omni's AI are, one row each.

    One call per job.

    Parameters
    ----------
    refresh : bool, default False
        Ask again even where the cache has an answer: for jobs that were still running then.

    See Also
    --------
    omnipd.read_ai_messages : Where the ids are.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     messages = omnipd.read_ai_messages(omnipd.read_ai_conversations(limit=1))
    ...     jobs = omnipd.read_ai_jobs(messages)
    >>> jobs["state"].unique().tolist()
    ['COMPLETE']
    """
    return JOBS.read(jobs, locals())


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
    key=("routine_id",),
    keyless="whole",
    params={"user_id": Param("userId", "id")},
    columns={
        "routine_id": text("id", doc="Routine id"),
        "name": text("name", doc="Its name"),
        "description": text("description", doc="Its description"),
        "prompt": text("prompt", doc="What it asks"),
        "model_id": text("modelId", doc="Model it asks"),
        "branch_id": text("branchId", doc="Branch of the model"),
        "topic": text("topicName", doc="Topic; null: the AI picks one"),
        "schedule": text("schedule", doc="When it runs: cron of six fields, as AWS has it"),
        "timezone": text("timezone", doc="Time zone of the schedule"),
        "destination_type": text("destination.type", doc="email or slack"),
        "recipient_emails": Column(
            TEXT, ("destination.recipientEmails",), "Who gets it, comma-joined", join_names
        ),
        "user_group_ids": Column(
            TEXT, ("destination.userGroupIds",), "Groups that get it, comma-joined", join_names
        ),
        "recipient_count": count(
            "recipientCount", doc="How many get it; null where that is not told", none=-1
        ),
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


@manual(ROUTINES)
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

    See Also
    --------
    omnipd.read_models : The models there are.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     routines = omnipd.read_ai_routines()
    >>> routines["disabled"].tolist()
    [False, False, True]
    """
    return ROUTINES.read(locals())


AGENT_ACTIONS = below_model(
    Endpoint(
        "/api/v1/models/{model_id}/ai-agent-actions",
        pages=paging.whole,
        columns={
            "kind": text("kind", doc="sample: a sample query; skill: a skill"),
            "label": text("label", doc="Its name on a button"),
            "prompt": text("prompt", doc="What to ask the AI, word for word"),
        },
        # New, and its fields may change (docs/wire.md).
        exhaustive=False,
    )
)


@manual(AGENT_ACTIONS)
def read_ai_agent_actions(
    models: Parents,
    *,
    errors: Literal["raise", "collect"] = "raise",
    checkpoint: str | os.PathLike[str] | None = None,
    max_calls: int | None = None,
    strict: bool = True,
    refresh: bool = False,
    client: Client | None = None,
) -> pd.DataFrame:
    """Read what models offer to ask Omni's AI, one row per sample query and skill.

    One call per model. Those of the model's topics are among them.

    See Also
    --------
    omnipd.read_models : The models there are.

    Notes
    -----
    This part of Omni is new and its fields may change; what is not in the columns is in ``extra``.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     actions = omnipd.read_ai_agent_actions("flights")
    >>> actions[["kind", "label"]]
         kind            label
    0  sample  Busiest airport
    1  sample    Late airlines
    2  sample             Rain
    3   skill  Month in review
    4   skill     Data quality
    """
    return AGENT_ACTIONS.read(models, locals())
