"""Conversations with the AI."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from omnipd_sandbox.invention import chance
from omnipd_sandbox.organization.conversations import Conversation, Message
from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.derived import instant, number, stable_uuid
from omnipd_sandbox.organization.models import ModelReference
from omnipd_sandbox.organization.records import User

#: What people ask of each bundled model.
PROMPTS = {
    "flights": (
        "Which airline is late most often?",
        "How many flights left JFK in February?",
        "Show cancellations by month",
        "Does rain delay flights?",
    ),
    "orders": (
        "Revenue by month",
        "Which category sells best?\nOnly completed orders.",
        "Who never ordered?",
        "Wie hoch ist der Umsatz je Bundesland?",
    ),
}


def invent_conversations(
    users: Sequence[User], models: Sequence[ModelReference]
) -> list[Conversation]:
    """Invent conversations: many of the administrator, some of others."""
    prompts = [(model, prompt) for model in models for prompt in PROMPTS.get(model.subject, ())]
    if not prompts:
        return []
    owners = [users[0]] * 25 + [users[1]] * 7 + list(users[2:6])
    return [_conversation(place, owner, prompts) for place, owner in enumerate(owners)]


def _conversation(
    place: int, owner: User, prompts: Sequence[tuple[ModelReference, str]]
) -> Conversation:
    started = instant("conversation", place)
    messages: list[Message] = []
    now = started
    for turn in range(number(4, "turns", place)):
        model, asked = chance.pick(prompts, "prompt", place, turn)
        job_id = stable_uuid("ai job", place, turn)
        messages += [
            Message("user", asked, written(now)),
            Message(
                "assistant",
                f"**{asked}** Here is what I found.",
                written(now + timedelta(seconds=40)),
                job_id,
                model,
                model.topic,
            ),
        ]
        now += timedelta(minutes=3)
    return Conversation(
        id=stable_uuid("conversation", place),
        user_id=owner.membership_id,
        name=chance.pick(prompts, "conversation name", place)[1] if place % 3 else None,
        created_at=written(started),
        updated_at=written(now),
        messages=tuple(messages),
    )
