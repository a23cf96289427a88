"""What an AI would change in a model, from what it was asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from omnipd_sandbox.organization import chance
from omnipd_sandbox.organization.ai import Conversation
from omnipd_sandbox.organization.moments import some_moment, written
from omnipd_sandbox.organization.queries import ModelReference

_TARGETS = {
    "flights": (
        "views.flights",
        "views.flights.fields.dep_delay",
        "views.weather",
        "topics.flights",
    ),
    "orders": ("views.order_items", "views.order_items.fields.sale_price", "topics.orders"),
}


@dataclass(frozen=True)
class Suggestion:
    """One proposed change, with the conversation that gave rise to it."""

    id: str
    model_id: str
    category: str
    title: str
    rationale: str
    priority: int
    target: str
    value: str
    conversation_id: str
    created_at: str
    ignored_at: str | None
    ignored_by: str | None
    ignore_reason: str | None


def invent_suggestions(
    models: Sequence[ModelReference], conversations: Sequence[Conversation], administrator_id: str
) -> list[Suggestion]:
    """Invent a few for each model; every fourth is ignored."""
    return [
        _suggestion(model, place, target, conversations, administrator_id)
        for model in models
        for place, target in enumerate(_targets(model))
        if conversations
    ]


def _targets(model: ModelReference) -> Iterator[str]:
    for target in _TARGETS.get(model.subject, ()):
        kind, _, name = target.partition(".")
        yield f"topics.{model.topic_now(name)}" if kind == "topics" else target


def _suggestion(
    model: ModelReference,
    place: int,
    target: str,
    conversations: Sequence[Conversation],
    administrator_id: str,
) -> Suggestion:
    topic = (model.id, target)
    ignored = place % 4 == 1
    return Suggestion(
        id=chance.stable_uuid("suggestion", *topic),
        model_id=model.id,
        category="missing_context",
        title=f"Say what {target.rpartition('.')[2]} means",
        rationale="People asked about it in other words than the model's.",
        priority=1 + place % 3,
        target=target,
        value="One row for each event.",
        conversation_id=chance.pick(conversations, "evidence", *topic).id,
        created_at=written(some_moment("suggested", *topic)),
        ignored_at=written(some_moment("ignored", *topic)) if ignored else None,
        ignored_by=administrator_id if ignored else None,
        ignore_reason="Known already." if ignored else None,
    )
