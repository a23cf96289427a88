"""What the frames of an inventory cost, by what the cache has and what the first pages of lists say."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import pandas as pd

from omnipd.admin.inventory_parts import ALL_PARTS, Part, is_of_one_list
from omnipd.call import WouldSend, asking_ahead, counting
from omnipd.client.client import Client
from omnipd.errors import OmniError, held_warnings, warn
from omnipd.frames.to_pandas import is_whole, marked_incomplete
from omnipd.lists.fanout import FanOut, in_minutes, minutes_for
from omnipd.lists.manual import list_of
from omnipd.lists.paging import IN_PAGES
from omnipd.lists.read_parents import rows_into

#: How many pages of a list are read at most to count what is below it, and how many rows these have.
_MOST_PAGES = 100
_MOST_ROWS = 100 * _MOST_PAGES
#: Of how many parents the lists are read at most to count what is below those: a call each.
_MOST_PARENTS = 40
_NAMED = 3


@dataclass(frozen=True)
class Calls:
    """The requests that a frame takes.

    Attributes
    ----------
    needed : int or None
        How many are still needed, at least; None where that cannot be counted.
    stored : int
        How many answers the cache or a checkpoint has.
    why_more : str, optional
        Why it may be more; None where the number is sure.
    rows : int, optional
        How many rows a list has, at least.
    """

    needed: int | None
    stored: int = 0
    why_more: str | None = None
    rows: int | None = None


class Reads(Protocol):
    """What reads the frames."""

    def read_part(self, part: Part) -> pd.DataFrame:
        """Read one frame."""

    def read_below(self, part: Part, parents: pd.DataFrame) -> pd.DataFrame:
        """Read a frame below some parents."""


class Cost:
    """The calls of the frames of one inventory. Each list is counted once.

    Parameters
    ----------
    client : Client
        Who asks.
    scope : str
        As for :func:`omnipd.read_inventory`.
    reads : Reads
        What reads the frames.
    refresh : bool
        Whether what the cache has is asked for again.

    Attributes
    ----------
    known : dict of str to DataFrame
        The frames that need no call.
    said : list of str
        What was warned of when these were read.
    """

    def __init__(self, client: Client, scope: str, reads: Reads, *, refresh: bool) -> None:
        self.known: dict[str, pd.DataFrame] = {}
        self.said: list[str] = []
        self._client = client
        self._scope = scope
        self._reads = reads
        self._refresh = refresh
        self._shares = client.cache is not None and client.cache.works
        self._calls: dict[str, Calls] = {}
        self._ahead: dict[str, pd.DataFrame] = {}

    def calls(self, name: str) -> Calls:
        """Return the calls of a frame; those that it needs must have been counted before."""
        if name not in self._calls:
            try:
                self._calls[name] = self._counted(name, ALL_PARTS[name])
            except OmniError as error:
                if not is_of_one_list(error):
                    raise
                self._calls[name] = Calls(None, why_more=f"it was refused: {error.message}")
        return self._calls[name]

    def _counted(self, name: str, part: Part) -> Calls:
        if self._is_shared(name, part):
            return Calls(0)
        if part.below is not None:
            return self._below(name, part, part.below)
        calls = self._rehearsed(name, lambda: self._reads.read_part(part))
        users = self._calls.get("users")
        if calls.needed is None or users is None or not part.is_read_by_person(self._scope):
            return calls
        # The people were read before it, and are stored then.
        shared = 0 if self._refresh or not self._shares else users.needed or 0
        return replace(calls, needed=calls.needed - shared)

    def _is_shared(self, name: str, part: Part) -> bool:
        """Whether the answers that it needs are stored when it is read."""
        if part.same_as is None or not self._shares:
            return False
        counted = self._calls.get(part.same_as)
        if counted is not None and counted.needed is None:
            return False
        if self._refresh:
            return part.below is None and part.same_as in self._calls
        same = {part.same_as, *(one for one, it in ALL_PARTS.items() if it.same_as == part.same_as)}
        return any(one in same for one in self._calls if one != name)

    def _below(self, name: str, part: Part, below: str) -> Calls:
        """Return the calls of a frame that is a call for each row of another one."""
        above = self.calls(below)
        if above.needed is None:
            return Calls(None, why_more=f"it is known when {below} is read")
        one = list_of(part.reader_name)
        long = isinstance(one, FanOut) and one.long
        wanted = part.narrowed or long or ALL_PARTS[below].counts_below
        parents = self._rows_of(below, wanted=wanted)
        if parents is None and above.rows is None:
            return Calls(0, why_more=f"it is known when {below} is read")
        if parents is None:
            more = one.why_more(self._client) if isinstance(one, FanOut) else None
            return Calls(above.rows, why_more=above.why_more or more)
        rows = parents
        if part.parents is not None:
            rows = part.parents({**self.known, below: parents})
        calls = self._rehearsed(name, lambda: self._reads.read_below(part, rows))
        if is_whole(parents) or calls.needed is None:
            return calls
        return replace(calls, why_more=f"only a part of {below} was looked at")

    def _rows_of(self, name: str, *, wanted: bool) -> pd.DataFrame | None:
        """Return the rows of a frame, where they are known or it takes few calls to know them."""
        if name in self.known or name in self._ahead:
            return self.known[name] if name in self.known else self._ahead[name]
        part, parents = ALL_PARTS[name], None
        one = list_of(part.reader_name)
        if not wanted and (isinstance(one, FanOut) or one.pages in IN_PAGES):
            return None
        if part.below is not None and (parents := self._rows_of(part.below, wanted=True)) is None:
            return None
        if parents is None:
            many = (self.calls(name).needed or 0) > _MOST_PAGES
        else:
            many = len(parents) > _MOST_PARENTS or not is_whole(parents)
        with held_warnings(), asking_ahead():
            if parents is not None:
                frame = self._reads.read_below(part, parents.head(_MOST_PARENTS))
            elif many:
                frame = part.read(limit=_MOST_ROWS, client=self._client)
            else:
                frame = self._reads.read_part(part)
        self._ahead[name] = marked_incomplete(frame) if many else frame
        return self._ahead[name]

    def _rehearsed(self, name: str, read: Callable[[], pd.DataFrame]) -> Calls:
        """Return what the reading of a frame lacks; what lacks nothing is known."""
        below = ALL_PARTS[name].below
        # What is below others may be too large to be held, and is not taken from here.
        dropped = self._refresh and below is not None
        with (
            held_warnings() as said,
            rows_into(lambda *_: None) if dropped else contextlib.nullcontext(),
        ):
            try:
                with counting():
                    frame = read()
            except WouldSend as lacks:
                return Calls(lacks.requests, lacks.stored, lacks.more, lacks.rows)
        if not dropped and (below is None or below in self.known):
            self.known[name] = frame
            self.said += said
        stored = frame.attrs["omni"].get("parents", 1)
        return Calls(0, stored, rows=None if dropped else len(frame))


def warn_of_cost(client: Client, calls: Mapping[str, Calls]) -> None:
    """Warn beforehand of calls that take more than a minute at the pace of the key."""
    needed = {name: one.needed or 0 for name, one in calls.items()}
    whole, pace = sum(needed.values()), client.requests_per_minute
    if pace is None or whole <= pace:
        return
    largest = sorted(filter(needed.get, needed), key=needed.__getitem__, reverse=True)
    shown = ", ".join(f"{name} {needed[name]:,}" for name in largest[:_NAMED])
    minutes = in_minutes(minutes_for(whole, pace))
    about = "at least" if any(one.why_more for one in calls.values()) else "about"
    warn(f"The inventory is {about} {whole:,} calls ({shown}), {minutes}.")
