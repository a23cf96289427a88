"""Omni is asked whether it would take changes: those that it would refuse say why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from omnipd.changes.action import Action
from omnipd.changes.action_table import action_of
from omnipd.changes.change import Change, Key
from omnipd.changes.now import Now
from omnipd.changes.plan_rows import checked
from omnipd.changes.to_be_made import note_to_be_made


def asked_of(
    changes: Sequence[Change], now: Now, keys: Collection[Key] | None = None
) -> list[Change]:
    """Return changes, by their kinds, refused where Omni would refuse them by what it has.

    Parameters
    ----------
    keys : collection of Key, optional
        Which are asked about; the others stay as they are. By default all.
    """
    note_to_be_made(now, changes)
    by_action: dict[tuple[str, str], tuple[Action, list[Change]]] = {}
    for change in changes:
        action = action_of(change.key.kind, change.key.column)
        by_action.setdefault((action.kind, action.column), (action, []))[1].append(change)
    asked: list[Change] = []
    for action, listed in by_action.values():
        due = [one for one in listed if one.refused is None and (keys is None or one.key in keys)]
        known = action.preflight(now, due) if action.preflight is not None and due else {}
        for one in listed:
            why = known.get(one.key)
            if isinstance(why, Change):
                asked.append(checked(why))
            else:
                asked.append(replace(one, refused=one.refused or why))
    return asked
