"""Conversations with the AI, what they may cost, and what runs by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from omnipd_sandbox.organization import chance
from omnipd_sandbox.organization.moments import some_moment, written
from omnipd_sandbox.organization.queries import ModelReference
from omnipd_sandbox.organization.records import Group, User

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


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: str
    text: str
    created_at: str
    job_id: str | None = None
    model: ModelReference | None = None


@dataclass(frozen=True)
class Conversation:
    """A conversation of one member."""

    id: str
    user_id: str
    name: str | None
    created_at: str
    updated_at: str
    messages: tuple[Message, ...]

    @property
    def last_prompt(self) -> str | None:
        """Give what the member said last, if anything."""
        said = [message.text for message in self.messages if message.role == "user"]
        return said[-1] if said else None


@dataclass(frozen=True)
class CreditLimit:
    """A limit of one member or entity; None is unlimited, by choice."""

    owner: str
    limit: int | None


@dataclass(frozen=True)
class Routine:
    """A prompt that is run by a schedule."""

    id: str
    user_id: str
    name: str
    description: str | None
    prompt: str
    model_id: str
    topic_name: str | None
    schedule: str
    timezone: str
    recipients: tuple[User, ...]
    groups: tuple[Group, ...]
    disabled: bool
    system_disabled_reason: str | None
    last_run: str | None
    created_at: str
    updated_at: str


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
    started = some_moment("conversation", place)
    messages: list[Message] = []
    moment = started
    for turn in range(chance.number(4, "turns", place)):
        model, asked = chance.pick(prompts, "prompt", place, turn)
        job_id = chance.stable_uuid("ai job", place, turn)
        messages += [
            Message("user", asked, written(moment)),
            Message(
                "assistant",
                f"**{asked}** Here is what I found.",
                written(moment + timedelta(seconds=40)),
                job_id,
                model,
            ),
        ]
        moment += timedelta(minutes=3)
    return Conversation(
        id=chance.stable_uuid("conversation", place),
        user_id=owner.membership_id,
        name=chance.pick(prompts, "conversation name", place)[1] if place % 3 else None,
        created_at=written(started),
        updated_at=written(moment),
        messages=tuple(messages),
    )


# The month that credits are counted in; one moment for all days, as everything here.
PERIOD = (datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))


def invent_user_limits(users: Sequence[User]) -> list[CreditLimit]:
    """Invent limits of some members; the others have the organization's."""
    return [
        CreditLimit(user.membership_id, chance.pick((None, 0, 100, 2500), "limit", user.email))
        for user in chance.some(users, 30, "has a limit")
    ]


def invent_entity_limits() -> list[CreditLimit]:
    """Invent limits of embedding entities."""
    return [CreditLimit("acme", 500), CreditLimit("globex", None)]


def invent_routines(
    users: Sequence[User], groups: Sequence[Group], models: Sequence[ModelReference]
) -> list[Routine]:
    """Invent routines of the administrator and of the token's holder."""
    return [
        _routine(place, users[0] if place < 3 else users[1], users, groups, model)
        for place, model in enumerate([*models, *models, *models][:5])
    ]


def _routine(
    place: int,
    owner: User,
    users: Sequence[User],
    groups: Sequence[Group],
    model: ModelReference,
) -> Routine:
    created = some_moment("routine", place)
    return Routine(
        id=chance.stable_uuid("routine", place),
        user_id=owner.membership_id,
        name=f"Morning look {place + 1}",
        description=None if place % 2 else "Before the meeting.",
        prompt="What changed since yesterday?",
        model_id=model.id,
        topic_name=model.topic if place % 2 else None,
        schedule="0 7 ? * MON-FRI *",
        timezone="Europe/Berlin",
        recipients=(owner, *users[5 : 5 + place]),
        groups=tuple(groups[:1]) if place % 2 else (),
        disabled=place == 2,
        system_disabled_reason="noAccess" if place == 4 else None,
        last_run=written(created + timedelta(days=30)) if place % 2 == 0 else None,
        created_at=written(created),
        updated_at=written(created + timedelta(days=9)),
    )
