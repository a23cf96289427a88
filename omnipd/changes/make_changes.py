"""Changes are made: looked at just before, written down before and after, sent once, looked for if lost.

Order of one step: read what Omni has now → what is so already, or is not as it was planned from, is left
alone → write down that it is sent → send → write down what became of it. Where the answer was lost, Omni
is asked whether it took effect, and what had none is sent again, as often as its action allows. After a
kill the journal says which changes are to be asked for so, and which are not yet sent.
"""

from __future__ import annotations

from collections.abc import Sequence

from omnipd.changes.change import Change
from omnipd.changes.journal_file import SETTLED, Entry, JournalFile, State
from omnipd.changes.judge import judge, look, shown
from omnipd.changes.now import Now
from omnipd.changes.steps import Step, steps_of
from omnipd.display import shortened
from omnipd.errors import (
    APIError,
    AuthenticationError,
    ConflictError,
    OmniError,
    OutcomeUnknownError,
    RateLimitError,
)
from omnipd.progress import steps

#: How often what is only set is sent in all, and what is made by its name.
_TRIES = {"set": 3, "key": 2, "never": 1}


class MakeChanges:
    """One run through the changes of a journal.

    Parameters
    ----------
    journal : JournalFile
    changes : sequence of Change
        All of the plan, in its order.
    now : Now
    """

    def __init__(self, journal: JournalFile, changes: Sequence[Change], now: Now) -> None:
        self._journal = journal
        self._changes = changes
        self._now = now
        self._refused = 0

    def run(self) -> None:
        """Make all changes that are not settled.

        Raises
        ------
        OmniError
            That stopped it; the journal says how far it was.
        """
        known = self._journal.entries()
        lost = {row for row, entry in known.items() if entry.state == "sent"}
        due = [
            (row, change)
            for row, change in enumerate(self._changes)
            if known.get(row, Entry("pending")).state not in SETTLED
        ]
        done = len(self._changes) - len(due)
        with steps(self._now.client, "changes", "changes") as told:
            told.at(done, len(self._changes))
            for step in steps_of(due):
                step_lost = [row for row in step.rows if row in lost]
                if step_lost:
                    self._settle(_only(step, set(step_lost)), sent=1)
                self._make(_only(step, set(step.rows) - set(step_lost)))
                done += len(step.rows)
                told.at(done, len(self._changes))

    def _make(self, step: Step) -> None:
        """Make the changes of a step that Omni does not have yet, and still has as they were planned."""
        if not step.rows:
            return
        try:
            judged = judge(step, self._now)
        except APIError as error:
            if self._stops(error) or isinstance(error, RateLimitError):
                raise
            self._journal.note(
                step.rows, "failed", status=error.status, detail=_said(error, "could not be read: ")
            )
            return
        due: set[int] = set()
        for row, state, detail in judged:
            if state == "pending":
                due.add(row)
            else:
                self._journal.note([row], state, detail=detail)
        self._send(_only(step, due))

    def _send(self, step: Step, tries: int = 0) -> None:
        """Send what makes a step's changes, and write down what became of it."""
        if not step.rows:
            return
        self._journal.note(step.rows, "sent")
        made = 0

        def send() -> None:
            nonlocal made
            if step.action.send is not None:
                step.action.send(self._now, step.changes)
                return
            for call in step.action.calls(step.changes)[made:]:
                self._now.send(call)
                made += 1

        try:
            self._now.patiently(send)
        except OutcomeUnknownError:
            self._settle(step, sent=tries + 1)
        except OmniError as error:
            if made:  # the first of several calls took effect
                self._settle(step, sent=tries + 1)
                return
            self._after_refusal(step, error, tries)
        else:
            self._refused = 0
            self._journal.note(step.rows, "ok")

    def _after_refusal(self, step: Step, error: OmniError, tries: int) -> None:
        """Write down that Omni refused a step, of which nothing took effect."""
        if not isinstance(error, APIError) or isinstance(error, RateLimitError):
            self._journal.note(step.rows, "pending")
            raise error
        if isinstance(error, AuthenticationError):
            self._journal.note(step.rows, "pending")
            if self._stops(error):
                raise error
            self._send(step, tries)
            return
        self._refused = 0
        if len(step.rows) > 1:  # one of them may be to blame
            self._journal.note(step.rows, "pending")
            for row in step.rows:
                self._send(_only(step, {row}), tries)
            return
        if tries and error.status == 409 and step.action.repeat == "key":
            self._settle(step, sent=_TRIES["key"])  # the one before may have made it after all
            return
        state: State = "conflict" if isinstance(error, ConflictError) else "failed"
        self._journal.note(step.rows, state, status=error.status, detail=_said(error))

    def _settle(self, step: Step, *, sent: int) -> None:
        """Ask what became of changes whose answer was lost; send those again that may and had no effect."""
        again: set[int] = set()
        for found in look(step, self._now):
            same, change = step.action.values.same, found.change
            if step.action.repeat == "never":
                self._journal.note([found.row], "unknown", detail=self._candidates(step, change))
            elif same(found.value, change.new):
                self._journal.note([found.row], "ok")
            elif not same(found.value, change.old):
                detail = f"It was sent, and is {shown(step, found)} now."
                self._journal.note([found.row], "unknown", detail=detail)
            elif sent < _TRIES[step.action.repeat]:
                again.add(found.row)
            else:
                detail = f"It was sent {sent} times without an answer, and had no effect so far."
                left = step.action.candidates and step.action.candidates(self._now, change)
                detail += f" What may have come of it: {', '.join(left)}." if left else ""
                self._journal.note([found.row], "unknown", detail=detail)
        self._send(_only(step, again), tries=sent)

    def _candidates(self, step: Step, change: Change) -> str:
        known = step.action.candidates and step.action.candidates(self._now, change)
        if not known:
            return "It was sent without an answer, and nothing like it is there so far."
        return f"It was sent without an answer. What may have come of it: {', '.join(known)}."

    def _stops(self, error: APIError) -> bool:
        """Whether a key was refused twice in a row: no other change would fare better."""
        if not isinstance(error, AuthenticationError):
            return False
        self._refused += 1
        return self._refused > 1


def _only(step: Step, rows: set[int]) -> Step:
    """Return a step with some of its rows."""
    kept = [pair for pair in zip(step.rows, step.changes, strict=True) if pair[0] in rows]
    return Step(step.action, tuple(row for row, _ in kept), tuple(one for _, one in kept))


def _said(error: OmniError, before: str = "") -> str:
    return before + shortened(error.words or error.message, 200)
