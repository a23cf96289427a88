"""What was made is read back: a call that was answered well may have had no effect."""

from __future__ import annotations

from collections.abc import Sequence

from omnipd.changes.action_table import action_of
from omnipd.changes.change import Change
from omnipd.changes.journal_file import JournalFile
from omnipd.changes.judge import is_as_planned, look, shown
from omnipd.changes.new_identifiers import new_identifiers, readdressed
from omnipd.changes.now import Now, stops_all
from omnipd.changes.steps import Step
from omnipd.errors import APIError
from omnipd.progress import steps


def verify(
    journal: JournalFile, changes: Sequence[Change], now: Now, *, again: bool = False
) -> None:
    """Read back what was made, many by one list where Omni has one, and write down what it shows.

    Parameters
    ----------
    again : bool
        Also what was seen before.

    Raises
    ------
    OmniError
        If some of it cannot be read; what was not looked at stays unverified, and the rest was looked at.
    """
    entries = journal.entries()
    made = (one for row, one in enumerate(changes) if row in entries and entries[row].state == "ok")
    identifiers = new_identifiers(made)
    changes = [readdressed(change, identifiers) for change in changes]
    due: dict[tuple[str, str], list[tuple[int, Change]]] = {}
    for row, change in enumerate(changes):
        entry = entries.get(row)
        if entry is None or entry.state not in {"ok", "unverified"}:
            continue
        if again or entry.verified is None:
            due.setdefault((change.key.kind, change.key.column), []).append((row, change))
    left: APIError | None = None
    with steps(now.client, "verifying", "kinds") as told:
        for number, (name, numbered) in enumerate(due.items()):
            told.at(number, len(due))
            rows, listed = zip(*numbered, strict=True)
            try:
                _verify(journal, Step(action_of(*name), rows, listed), now)
            except APIError as error:  # others may be read
                if stops_all(error):
                    raise
                left = error
    if left is not None:
        raise left


def _verify(journal: JournalFile, step: Step, now: Now) -> None:
    seen: list[int] = []
    for found in look(step, now):
        if is_as_planned(step, found):
            seen.append(found.row)
            continue
        detail = f"Omni took it, and shows {shown(step, found)}."
        journal.note([found.row], "unverified", detail=detail, verified=False)
    journal.note(seen, "ok", verified=True)
