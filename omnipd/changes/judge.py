"""What becomes of changes, by what Omni has now: to be made, so already, or another's to decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from omnipd.changes.action_table import action_of
from omnipd.changes.change import Change
from omnipd.changes.journal_file import Entry, State
from omnipd.changes.now import Now
from omnipd.changes.steps import Step
from omnipd.changes.to_be_made import note_to_be_made
from omnipd.changes.values import Value
from omnipd.display import shortened

_LONGEST_VALUE = 80


class Found(NamedTuple):
    """What Omni has for a change: its place in the plan, and the value, if the thing is there."""

    row: int
    change: Change
    value: Value
    is_there: bool


class Judged(NamedTuple):
    """What becomes of one change: pending where it is to be made."""

    row: int
    state: State
    detail: str | None = None


def look(step: Step, now: Now) -> list[Found]:
    """Read what Omni has now of a step's changes."""
    if not step.rows:
        return []
    present = now.patiently(lambda: step.action.present(now, step.changes))
    return [
        Found(row, change, present.get(change.key), change.key in present)
        for row, change in zip(step.rows, step.changes, strict=True)
    ]


def judge(step: Step, now: Now) -> list[Judged]:
    """Return what becomes of a step's changes."""
    return [_judged(step, found) for found in look(step, now)]


def _judged(step: Step, found: Found) -> Judged:
    same, change = step.action.values.same, found.change
    if not found.is_there and not step.action.makes:
        return Judged(found.row, "conflict", "It is not there.")
    if is_as_planned(step, found):
        return Judged(found.row, "already")
    if same(found.value, change.old):
        return Judged(found.row, "pending")
    return Judged(found.row, "conflict", f"It is {shown(step, found)} now.")


def is_as_planned(step: Step, found: Found) -> bool:
    """Whether Omni has what a change is to make.

    Of a thing that is gone nothing is as it was planned, though it has no value, and none may be what was to
    be made; but a part that was to be taken from it, such as a member, is gone with it.
    """
    takes_part = found.change.key.part is not None and found.change.new is None
    if not (found.is_there or step.action.makes or takes_part):
        return False
    return step.action.values.same(found.value, found.change.new)


def rehearse(changes: Sequence[Change], now: Now) -> dict[int, Entry]:
    """Return what would become of changes; nothing is sent."""
    entries = {row: Entry("refused") for row, one in enumerate(changes) if one.refused is not None}
    note_to_be_made(now, changes)
    due: dict[tuple[str, str], list[tuple[int, Change]]] = {}
    for row, one in enumerate(changes):
        if one.refused is None:
            due.setdefault((one.key.kind, one.key.column), []).append((row, one))
    for name, numbered in due.items():  # nothing is sent between them: one look at all
        rows, listed = zip(*numbered, strict=True)
        for row, state, detail in judge(Step(action_of(*name), rows, listed), now):
            entries[row] = Entry(state, detail=detail)
    return entries


def shown(step: Step, found: Found) -> str:
    """Return what Omni has, as a message says it."""
    if not found.is_there:
        return "not there"
    text = step.action.values.text(found.value)
    return "empty" if text is None else repr(shortened(text, _LONGEST_VALUE))
