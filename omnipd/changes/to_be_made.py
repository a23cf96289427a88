"""What a plan makes itself, so that its other changes may name it before it is there."""

from __future__ import annotations

from collections.abc import Iterable

from omnipd.changes.action_table import action_of
from omnipd.changes.change import Change
from omnipd.changes.now import Now


def note_to_be_made(now: Now, changes: Iterable[Change]) -> None:
    """Remember what some changes make, before Omni is asked about the others."""
    for change in changes:
        key = change.key
        makes = action_of(key.kind, key.column).makes and change.new is not None
        if makes and change.refused is None:
            now.to_be_made.add((key.kind, key.item))
