"""A plan: what is to be changed in Omni, row by row, before anything is."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from typing import Any, overload

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.types import is_list_like

from omnipd import display
from omnipd.arguments import argument, check_flag, said_shortly
from omnipd.call import one_call
from omnipd.changes.action_table import in_order
from omnipd.changes.asked import asked_of
from omnipd.changes.change import Change, Key
from omnipd.changes.cost import cost
from omnipd.changes.journal_place import journal_for
from omnipd.changes.judge import rehearse
from omnipd.changes.now import Now
from omnipd.changes.plan_file import read_plan, write_plan
from omnipd.changes.plan_rows import checked, checked_once, table_of
from omnipd.changes.plan_shown import as_html, as_text
from omnipd.changes.report import report_of
from omnipd.changes.values import is_null
from omnipd.client.client import Client
from omnipd.client.current_client import current_client
from omnipd.display import counted
from omnipd.errors import ArgumentError
from omnipd.frames.to_pandas import to_frame
from omnipd.message import join


class Plan:
    """What is to be changed in Omni: one row per change.

    :func:`plan`, :func:`plan_labels` and their kin make one; nothing is sent before :meth:`apply`. It has a
    frame, and some of a frame's manners: ``len(plan)``, ``plan["tier"]``, and
    ``plan[plan["tier"] == "safe"]``, which is a plan of these rows alone.

    Parameters
    ----------
    changes : iterable of Change
        Of one Omni, no two of the same.
    instance : str
        The address of that Omni.
    unasked : collection of Key, optional
        Of which Omni was not asked whether it would take them. It is, when the plan is applied.

    Attributes
    ----------
    instance : str
        The Omni that it is for.
    changes : tuple of Change
        In the order in which they are made.
    """

    def __init__(
        self, changes: Iterable[Change], instance: str, unasked: Collection[Key] = ()
    ) -> None:
        given = list(changes)
        if wrong := [one for one in given if not isinstance(one, Change)]:
            raise ArgumentError(
                f"A plan is made of changes, unlike {said_shortly(wrong[0])}.",
                hint="omnipd.plan and its kin make one of frames, and Plan.from_csv of a plan's file.",
            )
        self.changes = tuple(in_order(list(map(checked, given))))
        self.instance = instance
        self._unasked = frozenset(unasked)
        checked_once(self.changes)
        self._table = table_of(self.changes)

    @property
    def frame(self) -> pd.DataFrame:
        """The plan as a frame, one row per change, all text but ``reversible``.

        - ``kind``, ``item``, ``name``: the thing: what it is, its id (the identifier of a document, the
          name of a label), and what people call it.
        - ``part``: which part of it: the person or group of a permission, the member of a group, the
          attribute of a user; null where the whole is meant.
        - ``part_name``, ``old_name``, ``new_name``: what people call what has an id there: the address of a
          person, the name of a group; null where it is no id, or Omni does not show it.
        - ``column``, ``old``, ``new``: what of it, what Omni had, and what it is to have; null for none.
        - ``call``: the calls of Omni's API that make it, were it alone; several may be made by one.
        - ``tier``: ``safe``; ``confirm`` for what gives people other rights, owners or addresses;
          ``destructive`` for what cannot be taken back, or reaches people at once.
        - ``reversible`` (bool): whether :func:`undo` takes it back.
        - ``refused``: why it is not made; null where it is.
        - ``remark``: what else to know of it.
        """
        return to_frame(self._table, {"instance": self.instance})

    @property
    def columns(self) -> pd.Index[str]:
        """The names of the columns of the frame."""
        return self.frame.columns

    @property
    def empty(self) -> bool:
        """Whether there is nothing to change."""
        return not self.changes

    def __len__(self) -> int:
        return len(self.changes)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Plan):
            return NotImplemented
        return (self.changes, self.instance) == (other.changes, other.instance)

    def __hash__(self) -> int:
        return hash((self.instance, len(self.changes)))

    @overload
    def __getitem__(self, key: str) -> pd.Series[Any]: ...
    @overload
    def __getitem__(self, key: Sequence[bool] | pd.Series[Any] | slice) -> Plan: ...
    def __getitem__(self, key: Any) -> pd.Series[Any] | Plan:
        """Return a column, or the plan of those rows that a mask or a slice chooses."""
        if isinstance(key, str):
            return self.frame[key]
        chosen = range(len(self))[key] if isinstance(key, slice) else self._chosen_by(key)
        return Plan([self.changes[row] for row in chosen], self.instance, self._unasked)

    def _chosen_by(self, mask: Any) -> list[int]:
        """Return the rows that a mask chooses; null chooses none. A Series is aligned, as in pandas."""
        if isinstance(mask, pd.Series) and set(mask.index) == set(range(len(self))):
            mask = mask.reindex(range(len(self)))
        each = [False if is_null(one) else one for one in mask] if is_list_like(mask) else []
        if len(each) != len(self) or not all(isinstance(one, bool | np.bool_) for one in each):
            raise ArgumentError(
                f"A plan of {counted(len(self), 'row')} gives a column for its name, and the plan of some "
                f"of its rows for a slice, or for as many booleans; not for {said_shortly(mask)}."
            )
        return [row for row, is_chosen in enumerate(each) if is_chosen]

    @classmethod
    def from_csv(cls, path: str | os.PathLike[str]) -> Plan:
        """Read a plan that :meth:`to_csv` wrote, and that somebody may have looked through.

        Rows that were deleted are not made. Rows that were edited are checked again, and a warning names
        their lines: their calls and tiers are those of what they say now, and Omni is asked about them when
        the plan is applied. A reason in ``refused`` holds, also where somebody has put it there; one that was
        taken out is looked for again. Rows that were edited lose the names of their ids, which may be those of
        others. All other columns may be edited, deleted and added: they say nothing. The file may have been
        saved by a spreadsheet.

        Parameters
        ----------
        path : path-like

        Returns
        -------
        Plan

        Raises
        ------
        ArgumentError
            If it is no plan, its rows are of several Omnis, or a row says no change that can be made.
        """
        return cls(*read_plan(path))

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the plan to a CSV file, to be looked through and approved.

        As :func:`omnipd.to_csv` does, with two more columns: ``instance``, and a ``checksum`` of each row,
        by which :meth:`from_csv` tells which were edited.

        Parameters
        ----------
        path : path-like
            A file of this machine.
        """
        write_plan(self._table, self.instance, path)

    def estimate(self, *, client: Client | None = None) -> pd.DataFrame:
        """Return what applying it takes, before anything is sent.

        Parameters
        ----------
        client : Client, optional
            Whose pace counts. Default: the current one.

        Returns
        -------
        pandas.DataFrame
            One row per kind and column, and one for all: ``kind``, ``column``, ``changes``, ``calls`` (what
            is read before and after each, too) and ``minutes`` at the pace of the client; null without one.
            Lists that are read have at least one page each.
        """
        return cost(self.changes, current_client(client))

    def apply(
        self,
        *,
        dry_run: bool = False,
        confirm: bool = False,
        destructive: bool = False,
        journal: str | os.PathLike[str] | None = None,
        client: Client | None = None,
    ) -> pd.DataFrame:
        """Make the changes, and read back what Omni shows of them.

        Just before each change Omni is asked what it has: what is so already is left alone, and what is
        not as it was when the plan was made is a conflict, and stays. Each is written to a journal
        before and after it is sent. Where the answer is lost, Omni is asked whether it took effect;
        what could be there twice is never sent again.

        Parameters
        ----------
        dry_run : bool, default False
            Only ask what Omni has, and say what would become of each change: ``pending`` is what would
            be sent. No journal is begun.
        confirm : bool, default False
            Also make what has the tier ``confirm``.
        destructive : bool, default False
            Also make what has the tier ``destructive``.
        journal : path-like, optional
            The file that says what became of each change, which :func:`open_journal` opens. One that
            is there already must be of the same plan: it is gone on with. Default: one in the folder
            of the user's state, named by the plan; one of the same plan that is not at its end is gone on
            with.
        client : Client, optional
            Of the Omni that the plan is for. Default: the current one.

        Returns
        -------
        pandas.DataFrame
            As :meth:`Journal.report`. ``attrs["omni"]["journal"]`` names the journal.

        Raises
        ------
        ArgumentError
            If it is for another Omni, or has changes of a tier that is not allowed. Nothing was sent.
        OmniError
            That stopped it; see :meth:`Journal.resume`.
        """
        for name, on in (("dry_run", dry_run), ("confirm", confirm), ("destructive", destructive)):
            check_flag(name, on)
        acting = current_client(client)
        changes: Sequence[Change] = self.changes
        instance = self.instance or acting.base_url  # a file of no changes does not say it
        if acting.base_url != instance:
            raise ArgumentError(
                f"The plan is for {self.instance}, and "
                + argument("client")
                + f" is of {acting.base_url}.",
                hint="Nothing was sent. Connect to the same Omni, or plan again.",
            )
        if dry_run:
            with one_call():
                changes = self._asked(acting)
                entries = rehearse(changes, Now(acting))
                return report_of(changes, entries, {"instance": instance})
        _refuse_tiers(self._table, {"confirm": confirm, "destructive": destructive})
        if not changes:
            return report_of((), {}, {"instance": instance})
        opened = journal_for(journal, changes, self._asked, acting)
        return opened.resume(client=acting)

    def _asked(self, client: Client) -> Sequence[Change]:
        """Return the changes, after asking Omni about those of which it was not asked yet."""
        if self._unasked.isdisjoint(one.key for one in self.changes):
            return self.changes
        with one_call():
            return in_order(asked_of(self.changes, Now(client), self._unasked))

    def __repr__(self) -> str:
        return as_text(self.frame)

    def _repr_html_(self) -> str:
        return as_html(self.frame)


def _refuse_tiers(plan: pa.Table, allowed: dict[str, bool]) -> None:
    """Refuse a plan that has changes of a tier that nobody has allowed."""
    lacking = []
    rows = plan.select(["kind", "column", "tier"]).to_pylist()
    for tier, is_allowed in allowed.items():
        some = [f"{one['kind']} {one['column']}" for one in rows if one["tier"] == tier]
        if some and not is_allowed:
            first = display.listed(dict.fromkeys(some), 3)
            lacking.append((f"{counted(len(some), 'change')} ({first})", tier))
    if lacking:
        raise ArgumentError(
            "The plan has "
            + join([f"{what} of the tier {tier!r}" for what, tier in lacking], " and ")
            + ".",
            hint="Nothing was sent. "
            + join(
                ["Allow it with " + argument(tier, True) + "." for _, tier in lacking],
            )
            + " Or leave those rows out.",
        )
