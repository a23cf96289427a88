"""What an AI would change in a model, from what it was asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from omnipd_sandbox.invention import chance
from omnipd_sandbox.organization.conversations import Conversation
from omnipd_sandbox.organization.dates import written
from omnipd_sandbox.organization.derived import instant, stable_uuid
from omnipd_sandbox.organization.models import ModelReference
from omnipd_sandbox.organization.tables import ContextEdit, Evidence, Suggestion

_TARGETS = {
    "flights": (
        "views.flights",
        "views.flights.fields.dep_delay",
        "views.weather",
        "topics.flights",
    ),
    "orders": ("views.order_items", "views.order_items.fields.sale_price", "topics.orders"),
}


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
    created_at = written(instant("suggested", *topic))
    ignored_at = written(instant("ignored", *topic)) if ignored else None
    edit: ContextEdit = {
        "field": "ai_context",
        "target": target,
        "value": "One row for each event.",
    }
    evidence: Evidence = {
        "type": "ai_chat",
        "chatAiSessionId": chance.pick(conversations, "evidence", *topic).id,
        "capturedAt": created_at,
    }
    return {
        "id": stable_uuid("suggestion", *topic),
        "modelId": model.id,
        "category": "missing_context",
        "title": f"Say what {target.rpartition('.')[2]} means",
        "rationale": "People asked about it in other words than the model's.",
        "priority": 1 + place % 3,
        "proposedChanges": {"kind": "context_edits", "edits": [edit]},
        "evidence": [evidence],
        "ignoreReason": "Known already." if ignored else None,
        "ignoredAt": ignored_at,
        "ignoredBy": administrator_id if ignored else None,
        "aiModifiedAt": created_at,
        "createdAt": created_at,
        "updatedAt": ignored_at or created_at,
    }
