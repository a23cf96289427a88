"""Changes become a plan: those that change nothing are left out, those that Omni would refuse are marked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from omnipd.changes.action import Action
from omnipd.changes.action_table import action_of
from omnipd.changes.change import Change
from omnipd.changes.now import Now
from omnipd.changes.plan import Plan


def planned(changes: Iterable[Change], now: Now) -> Plan:
    """Return the plan of changes, after asking Omni what it has of what they name.

    What it has not, such as a label that is not defined, is a reason to refuse a change.
    """
    by_action: dict[tuple[str, str], tuple[Action, list[Change]]] = {}
    for change in changes:
        action = action_of(change.key.kind, change.key.column)
        if change.refused is None and action.values.same(change.old, change.new):
            continue
        by_action.setdefault((action.kind, action.column), (action, []))[1].append(change)
    checked: list[Change] = []
    for action, listed in by_action.values():
        due = [one for one in listed if one.refused is None and action.check(one) is None]
        told = action.preflight(now, due) if action.preflight is not None and due else {}
        checked += [
            checked_one
            for one in listed
            if (checked_one := _told(one, action, told.get(one.key))) is not None
        ]
    return Plan(checked, now.client.base_url)


def _told(change: Change, action: Action, known: str | Change | None) -> Change | None:
    """Return a change as it is known to be, refused or not; None for one that changes nothing after all."""
    why: str | None = None
    if isinstance(known, Change):
        change = known
    else:
        why = known
    change = replace(change, refused=change.refused or action.check(change) or why)
    if change.refused is None and action.values.same(change.old, change.new):
        return None
    return change
