"""Changes become a plan: those that change nothing are left out, those that Omni would refuse are marked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from omnipd.changes.action import Action
from omnipd.changes.action_table import action_of
from omnipd.changes.change import Change
from omnipd.changes.now import Now
from omnipd.changes.plan import Plan
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
        by_action.setdefault((action.kind, action.column), (action, []))[1].append(change)
    note_to_be_made(now, (one for _, listed in by_action.values() for one in listed))
    checked: list[Change] = []
    for action, listed in by_action.values():
        due = [one for one in listed if one.refused is None and action.check(one) is None]
        refused = action.preflight(now, due) if action.preflight is not None and due else {}
        checked += [
            replace(one, refused=one.refused or action.check(one) or refused.get(one.key))
            for one in listed
        ]
    return Plan(checked, now.client.base_url)
