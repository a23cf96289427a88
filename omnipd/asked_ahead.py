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
    """The answers of one call, each until the read takes it."""

    def __init__(self) -> None:
        self._held: dict[Question, Held] = {}

    def keep(self, question: Question, answer: Held) -> None:
        """Keep the answer to a question."""
        self._held[question] = answer

    def find(self, question: Question) -> Held | None:
        """Return an answer, which stays."""
        return self._held.get(question)

    def drop(self, question: Question) -> None:
        """Let an answer go, so that it is asked for anew."""
        self._held.pop(question, None)

    def drop_old(self, question: Question) -> bool:
        """Let an answer go if it is too old; return whether it was."""
        held = self.find(question)
        # In either direction: a clock may be set back.
        if held is None or abs(datetime.now(UTC) - held.read_at) < _HELD_FOR:
            return False
        self.drop(question)
        return True

    def questions(self) -> list[str]:
        """Return what was asked for and not taken yet."""
        return [question for _, question in self._held]
