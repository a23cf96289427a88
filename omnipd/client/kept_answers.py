"""Answers that need not be asked for: those of a checkpoint, and those that were asked for to count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from omnipd.asked_ahead import Held
from omnipd.cache.checkpoint import current_checkpoint, question_of
from omnipd.call import current_call
from omnipd.client.answers import Answer


class KeptAnswers:
    """What the call under way has kept of one question.

    Parameters
    ----------
    asker : Client
        Who asks: what another client was answered is not taken.
    path, params
        What is asked for.
    """

    def __init__(self, asker: object, path: str, params: Mapping[str, str] | None) -> None:
        self._checkpoint, self._call = current_checkpoint(), current_call()
        self._ahead = self._call.asked_ahead
        kept_anywhere = self._checkpoint is not None or self._ahead is not None
        self._question = question_of(path, params) if kept_anywhere else ""
        self._mine = id(asker), self._question

    def find(self, parse: Callable[[bytes], tuple[Any, str | None]]) -> Answer | None:
        """Return the answer that is kept, if there is one."""
        checkpoint, call, ahead = self._checkpoint, self._call, self._ahead
        if ahead is not None and ahead.drop_old(self._mine) and checkpoint is not None:
            checkpoint.forget([self._question])
        kept = None if checkpoint is None else checkpoint.answer(self._question)
        held = None if ahead is None else ahead.find(self._mine)
        if kept is not None and (held is None or held.read_at != kept.read_at):
            return Answer(parse(kept.body)[0], kept.body, None, kept.read_at)
        if ahead is None or held is None or (call.rehearses and kept is None):
            return None
        if not call.rehearses and not call.asks_ahead:
            ahead.drop(self._mine)  # the next time it is asked for anew
        return Answer(parse(held.body)[0], held.body, held.trace_id, held.read_at, asked_ahead=True)

    def keep(self, body: bytes, trace_id: str | None) -> None:
        """Keep the answer, which has come now, where the call keeps any."""
        now = datetime.now(UTC)
        if self._ahead is not None and self._call.asks_ahead:
            self._ahead.keep(self._mine, Held(body, trace_id, now))
        if self._checkpoint is not None:
            self._checkpoint.keep(self._question, body, now)
