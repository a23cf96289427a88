"""What was made is read back: a call that was answered well may have had no effect."""

from __future__ import annotations

from collections.abc import Sequence

from omnipd.changes.change import Change
from omnipd.changes.journal_file import JournalFile
from omnipd.changes.judge import look, shown
from omnipd.changes.new_identifiers import new_identifiers, readdressed
from omnipd.changes.now import Now
from omnipd.changes.steps import Step, steps_of
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
        If it cannot be read; what was not looked at stays unverified.
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
    with steps(now.client, "verifying", "kinds") as told:
        for number, numbered in enumerate(due.values()):
            told.at(number, len(due))
            rows, listed = zip(*numbered, strict=True)
            all_of_them = Step(next(steps_of(numbered[:1])).action, rows, listed)
            for found in look(all_of_them, now):
                if all_of_them.action.values.same(found.value, found.change.new):
                    journal.note([found.row], "ok", verified=True)
                    continue
                detail = f"Omni took it, and shows {shown(all_of_them, found)}."
                journal.note([found.row], "unverified", detail=detail, verified=False)
