"""Changes are made: looked at just before, written down before and after, sent once, looked for if lost.

Order of one step: read what Omni has now → what is so already, or is not as it was planned from, is left
alone → write down that it is sent → send → write down what became of it. Where the answer was lost, Omni
is asked whether it took effect, and what had none is sent again, as often as its action allows. After a
kill the journal says which changes are to be asked for so, and which are not yet sent.

What is wrong with one change is written down, and the next one is made. What would be wrong with all of
them, such as a key that is refused or no connection, stops it: nothing else is sent, and it can be gone on
with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from omnipd.changes.action_table import action_of
from omnipd.changes.change import Change
from omnipd.changes.journal_file import SETTLED, Entry, JournalFile, State
from omnipd.changes.judge import Found, is_as_planned, judge, look, shown
from omnipd.changes.now import Now, stops_all
from omnipd.changes.steps import Step, steps_of
from omnipd.display import counted, shortened
from omnipd.errors import (
    APIError,
    ConflictError,
    OmniError,
    OutcomeUnknownError,
    ServerError,
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
        #: How often each row was sent, as far as that may have had an effect.
        self._tries: Counter[int] = Counter()
        self._left: ServerError | None = None

    def run(self) -> None:
        """Make all changes that are not settled, and look again for those of which nothing is known.

        Raises
        ------
        OmniError
            That stopped it, or kept it from reading what some changes are of; the journal says how far
            it was.
        """
        known = self._journal.entries()
        lost = {row for row, entry in known.items() if self._is_lost(row, entry)}
        self._tries = Counter({row: self._tries_of(row, known[row]) for row in lost})
        due = [
            (row, change)
            for row, change in enumerate(self._changes)
            if row in lost or known.get(row, Entry("pending")).state not in SETTLED
        ]
        done = len(self._changes) - len(due)
        with steps(self._now.client, "changes", "changes") as told:
            told.at(done, len(self._changes))
            failed_before = False
            for step in steps_of(due):
                try:
                    self._settle(_only(step, lost))
                    self._make(_only(step, set(step.rows) - lost))
                    failed_before = False
                except ServerError as error:  # of a read, since of a change nothing is known then
                    if failed_before:
                        raise
                    failed_before, self._left = True, error
                done += len(step.rows)
                told.at(done, len(self._changes))
        if self._left is not None:
            raise self._left

    def _is_lost(self, row: int, entry: Entry) -> bool:
        """Whether a change is to be looked for. What could be there twice was looked for, and is not told apart."""
        if entry.state != "unknown":
            return entry.state == "sent"
        return _repeat(self._changes[row]) != "never"

    def _tries_of(self, row: int, entry: Entry) -> int:
        """Return how often a lost change counts as sent.

        Who was killed may have been so before the call left: what is only set is sent once more at least.
        """
        if entry.state == "sent" and _repeat(self._changes[row]) == "set":
            return min(entry.tries, _TRIES["set"] - 1)
        return entry.tries

    def _make(self, step: Step) -> None:
        """Make the changes of a step that Omni does not have yet, and still has as they were planned."""
        if not step.rows:
            return
        try:
            judged = judge(step, self._now)
        except APIError as error:
            if stops_all(error) or isinstance(error, ServerError):
                raise
            if len(step.rows) > 1:  # one of them may be to blame
                for row in step.rows:
                    self._make(_only(step, {row}))
                return
            detail = _said(error, "It could not be read: ")
            self._journal.note(step.rows, "failed", status=error.status, detail=detail)
            return
        for row, found, why in judged:
            if found != "pending":
                self._journal.note([row], found, detail=why)
        self._send(_only(step, {row for row, state, _ in judged if state == "pending"}))

    def _send(self, step: Step) -> None:
        """Send what makes a step's changes, and write down what became of it."""
        if not step.rows:
            return
        self._journal.note(step.rows, "sent")
        self._tries.update(step.rows)
        before = self._now.calls_made
        try:
            if step.action.send is not None:
                step.action.send(self._now, step.changes)
            else:
                for call in step.action.calls(step.changes):
                    self._now.send(call)
        except OutcomeUnknownError:
            self._settle(step)
        except OmniError as error:
            made = self._now.calls_made - before
            if stops_all(error):
                # Where some of it was made, or an earlier try was lost, it is to be looked for.
                never_sent = () if made else [row for row in step.rows if self._tries[row] == 1]
                self._journal.note(never_sent, "pending")
                raise
            if made:
                self._after_some_calls(step, error, made)
            elif len(step.rows) > 1:
                self._one_by_one(step)
            else:
                self._refused(step, error)
        else:
            self._journal.note(step.rows, "ok")

    def _refused(self, step: Step, error: OmniError) -> None:
        """Write down that Omni refused a change. One that was sent before may have had its effect then."""
        if self._tries[step.rows[0]] > 1:
            for found in self._look(step):
                if is_as_planned(step, found):
                    self._journal.note([found.row], "ok")
                    return
        state: State = "conflict" if isinstance(error, ConflictError) else "failed"
        self._journal.note(step.rows, state, status=error.status, detail=_said(error))

    def _one_by_one(self, step: Step) -> None:
        """Send the changes of a step alone, of which Omni refused all: one of them may be to blame."""
        due: list[int] = []
        for found in self._look(step):
            if is_as_planned(step, found):
                self._journal.note([found.row], "ok")  # it took some of them all the same
            elif step.action.values.same(found.value, found.change.old):
                due.append(found.row)
            else:
                detail = f"It is {shown(step, found)} now."
                self._journal.note([found.row], "conflict", detail=detail)
        first = [row for row in due if self._tries[row] == 1]
        self._journal.note(first, "pending")
        for row in first:
            del self._tries[row]
        for row in due:
            self._send(_only(step, {row}))

    def _after_some_calls(self, step: Step, error: OmniError, made: int) -> None:
        """Write down what became of a step of which Omni refused one call after it took others."""
        before = f"After {counted(made, 'call')} that Omni took, it refused the next: "
        for found in self._look(step):
            same = step.action.values.same
            if is_as_planned(step, found):
                self._journal.note([found.row], "ok", detail=_said(error, before))
                continue
            state: State = "failed" if same(found.value, found.change.old) else "unknown"
            detail = _said(error, f"It is {shown(step, found)} now. {before}")
            self._journal.note([found.row], state, status=error.status, detail=detail)

    def _settle(self, step: Step) -> None:
        """Ask what became of changes whose answer was lost; send those again that may and had no effect."""
        again: set[int] = set()
        for found in self._look(step):
            same, change, tries = step.action.values.same, found.change, self._tries[found.row]
            if _repeat(change) == "never":
                self._journal.note([found.row], "unknown", detail=self._candidates(step, change))
            elif is_as_planned(step, found):
                self._journal.note([found.row], "ok")
            elif not same(found.value, change.old):
                detail = f"It was sent, and is {shown(step, found)} now."
                self._journal.note([found.row], "unknown", detail=detail)
            elif tries < _TRIES[_repeat(change)]:
                again.add(found.row)
            else:
                detail = f"It was sent {tries} times without an answer, and had no effect so far."
                makes = change.new is not None and step.action.candidates
                left = makes and makes(self._now, change)
                detail += f" What may have come of it: {', '.join(left)}." if left else ""
                self._journal.note([found.row], "unknown", detail=detail)
        self._send(_only(step, again))

    def _look(self, step: Step) -> list[Found]:
        """Return what Omni has of changes that were sent. Where it does not show them, that is written down."""
        try:
            return look(step, self._now)
        except APIError as error:
            if stops_all(error) or isinstance(error, ServerError):
                raise
            if len(step.rows) > 1:
                return [found for row in step.rows for found in self._look(_only(step, {row}))]
            detail = _said(error, "It was sent, and could not be read afterwards: ")
            self._journal.note(step.rows, "unknown", status=error.status, detail=detail)
            return []

    def _candidates(self, step: Step, change: Change) -> str:
        known = step.action.candidates and step.action.candidates(self._now, change)
        if not known:
            return "It was sent without an answer, and nothing like it is there so far."
        return f"It was sent without an answer. What may have come of it: {', '.join(known)}."


def _repeat(change: Change) -> str:
    """Return whether a change may be sent again: nothing is there twice by what is taken away."""
    repeat = action_of(change.key.kind, change.key.column).repeat
    return "key" if repeat == "never" and change.new is None else repeat


def _only(step: Step, rows: Collection[int]) -> Step:
    """Return a step with some of its rows."""
    kept = [pair for pair in zip(step.rows, step.changes, strict=True) if pair[0] in rows]
    return Step(step.action, tuple(row for row, _ in kept), tuple(one for _, one in kept))


def _said(error: OmniError, before: str = "") -> str:
    return before + shortened(error.words or error.message, 200)
