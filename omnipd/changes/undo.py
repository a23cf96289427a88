"""The plan that takes back what another plan has changed."""

from __future__ import annotations

import os
from dataclasses import replace

from omnipd.changes.action_table import action_of
from omnipd.changes.change import Change
from omnipd.changes.journal import NAMED_BY, Journal, open_journal
from omnipd.changes.new_identifiers import new_identifiers, readdressed
from omnipd.changes.plan import Plan
from omnipd.paths import local_path


def undo(journal: Journal | str | os.PathLike[str]) -> Plan:
    """Plan to take back what was made by a plan, the last change first.

    Each thing gets the value back that it had when the plan was made, if it still has the one that the
    plan gave it: what somebody has changed since is a conflict, and stays.

    Parameters
    ----------
    journal : Journal or path-like
        Of the plan that was applied; of one that was broken off, what was made so far is taken back.

    Returns
    -------
    Plan
        Nothing is sent before it is applied. What cannot be taken back is in it, and ``refused`` says why.

    Raises
    ------
    ArgumentError
        If there is no such journal.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox():
    ...     documents = omnipd.read_documents(limit=3)
    ...     report = omnipd.plan_labels(documents, add="finance").apply()
    ...     back = omnipd.undo(report.attrs["omni"]["journal"])
    ...     undone = back.apply()
    >>> set(undone["state"])
    {'ok'}
    """
    opened = (
        journal
        if isinstance(journal, Journal)
        else open_journal(local_path("journal", journal, hint=NAMED_BY))
    )
    made = opened.made()
    identifiers = new_identifiers(made)
    back = [readdressed(_inverse(one), identifiers) for one in reversed(made)]
    return Plan(back, opened.instance, [one.key for one in back])


def _inverse(change: Change) -> Change:
    action = action_of(change.key.kind, change.key.column)
    inverse = change.swapped if action.inverse is None else action.inverse(change)
    why = action.irreversible(change)
    return inverse if why is None else replace(inverse, refused=why)
