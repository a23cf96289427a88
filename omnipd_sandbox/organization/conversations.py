"""Conversations with the AI, what they may cost, and what runs by itself."""

from __future__ import annotations

from dataclasses import dataclass

from omnipd_sandbox.organization.models import ModelReference


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: str
    text: str
    created_at: str
    job_id: str | None = None
    model: ModelReference | None = None
    topic: str | None = None


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
