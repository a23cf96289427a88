"""Changes in the portions in which they are made: most alone, some many with one call."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple

from omnipd.changes.action import Action
from omnipd.changes.action_table import action_of
from omnipd.changes.api_call import ApiCall, Tier, most_careful
from omnipd.changes.change import Change


class Step(NamedTuple):
    """Changes that the same calls make.

    Attributes
    ----------
    action : Action
    rows : tuple of int
        Their places in the plan.
    changes : tuple of Change
    """

    action: Action
    rows: tuple[int, ...]
    changes: tuple[Change, ...]


def steps_of(numbered: Iterable[tuple[int, Change]]) -> Iterator[Step]:
    """Yield the steps of changes, which come with their places in the plan, in order."""
    held: list[tuple[int, Change]] = []
    held_by: Hashable = None
    for row, change in numbered:
        action = action_of(change.key.kind, change.key.column)
        together = None if action.together is None else action.together(change)
        by = None if together is None else (action.kind, action.column, together)
        if held and (by is None or by != held_by or len(held) >= action.max_together):
            yield _step(held)
            held = []
        held.append((row, change))
        held_by = by
    if held:
        yield _step(held)


def _step(held: Sequence[tuple[int, Change]]) -> Step:
    rows, changes = zip(*held, strict=True)
    return Step(action_of(changes[0].key.kind, changes[0].key.column), rows, changes)


def calls_of(change: Change) -> Sequence[ApiCall]:
    """Return the calls that make a change, were it alone."""
    return action_of(change.key.kind, change.key.column).calls([change])


def tier_of(change: Change) -> Tier:
    """Return how much care a change takes: as much as any of its calls."""
    return most_careful([call.tier for call in calls_of(change)])
