"""Changes become a plan: those that change nothing are left out, those that Omni would refuse are marked."""

from __future__ import annotations

from collections.abc import Iterable

from omnipd.changes.action_table import action_of
from omnipd.changes.asked import asked_of
from omnipd.changes.change import Change
from omnipd.changes.names_of_ids import with_names
from omnipd.changes.now import Now
from omnipd.changes.plan import Plan
from omnipd.changes.plan_rows import checked


def planned(changes: Iterable[Change], now: Now) -> Plan:
    """Return the plan of changes, after asking Omni what it has of what they name.

    What it has not, such as a label that is not defined, is a reason to refuse a change.
    """
    due = [checked(one) for one in changes if _changes_anything(one)]
    asked = asked_of(due, now)
    return Plan(
        with_names([one for one in asked if _changes_anything(one)], now), now.client.base_url
    )


def _changes_anything(change: Change) -> bool:
    same = action_of(change.key.kind, change.key.column).values.same
    return change.refused is not None or not same(change.old, change.new)
