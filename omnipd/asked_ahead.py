"""Answers that were asked for to count what a read takes: the read itself does not ask for them again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

#: What was asked for longer ago is asked for again: the pages of one list should be of one time.
_HELD_FOR = timedelta(minutes=10)

#: Who asked, and what.
Question = tuple[int, str]


@dataclass(frozen=True)
class Held:
    """An answer as it came, and when."""

    body: bytes
    trace_id: str | None
    read_at: datetime


class AskedAhead:
    """The answers of one call, each until it is taken."""

    def __init__(self) -> None:
        self._held: dict[Question, Held] = {}

    def keep(self, question: Question, body: bytes, trace_id: str | None) -> None:
        """Keep the answer to a question, which has come now."""
        self._held[question] = Held(body, trace_id, datetime.now(UTC))

    def find(self, question: Question) -> Held | None:
        """Return an answer, which stays."""
        held = self._held.get(question)
        # In either direction: a clock may be set back.
        fresh = held is not None and abs(datetime.now(UTC) - held.read_at) < _HELD_FOR
        return held if fresh else None

    def take(self, question: Question) -> Held | None:
        """Return an answer, which is asked for anew the next time."""
        held = self.find(question)
        self._held.pop(question, None)
        return held
