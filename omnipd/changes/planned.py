"""Changes become a plan: those that change nothing are left out, those that Omni would refuse are marked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from omnipd.changes.action import Action
from omnipd.changes.action_table import action_of
from omnipd.changes.change import Change
from omnipd.changes.now import Now
from omnipd.changes.plan import Plan
from omnipd.changes.plan_rows import checked
from omnipd.changes.to_be_made import note_to_be_made


def planned(changes: Iterable[Change], now: Now) -> Plan:
    """Return the plan of changes, after asking Omni what it has of what they name.

    What it has not, such as a label that is not defined, is a reason to refuse a change.
    """
    by_action: dict[tuple[str, str], tuple[Action, list[Change]]] = {}
    for change in changes:
        action = action_of(change.key.kind, change.key.column)
        if change.refused is None and action.values.same(change.old, change.new):
            continue
        of_action = by_action.setdefault((action.kind, action.column), (action, []))
        of_action[1].append(checked(change))
    note_to_be_made(now, (one for _, listed in by_action.values() for one in listed))
    planned: list[Change] = []
    for action, listed in by_action.values():
        due = [one for one in listed if one.refused is None]
        known = action.preflight(now, due) if action.preflight is not None and due else {}
        told = (_told(one, action, known.get(one.key)) for one in listed)
        planned += [one for one in told if one is not None]
    return Plan(planned, now.client.base_url)


def _told(change: Change, action: Action, known: str | Change | None) -> Change | None:
    """Return a change as it is known to be, refused or not; None for one that changes nothing after all."""
    if isinstance(known, Change):
        change = checked(known)
    else:
        change = replace(change, refused=change.refused or known)
    if change.refused is None and action.values.same(change.old, change.new):
        return None
    return change
