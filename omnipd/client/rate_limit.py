"""Never more than so many requests in any minute, over all threads and processes of one key.

A sliding log of send times. Token buckets let a burst through twice; the published limiters tried
here overshot across processes and know nothing of a server's Retry-After, so this is the log itself
and nothing more. Omni counts requests when they arrive, not when they leave, so the window is half a
second longer than the server's and the last twentieth of the allowance is left unused.

Every look at the log reads the whole window, and each process remembers it. Should the log be lost,
whoever notices puts in what it remembers, and fills the window up to that twentieth (wholly, if it is
the second time in a minute) with entries of nobody, as of now: since its last look others can have sent no more than there were places. What
others remember takes the place of such entries, one by one. So what is lost makes requests wait, and
never lets too many through; also where several processes each begin another log, since each begins
with a full window.

Times are those of a clock that runs since the machine was started and cannot be set. An entry that
another machine has made, or this one before it was restarted, counts from when it was first seen
here; each clock has its own line for it, and the first by which it ends deletes them all. An entry of
the future counts as of now.
"""

from __future__ import annotations

import contextlib
import math
import os
import threading
from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple, TypeVar

from omnipd.client.request_log import Entry, LogBusyError, LogUnusableError, Lost, RequestLog
from omnipd.clock import boot_clock_id, seconds_since_boot
from omnipd.errors import warn
from omnipd.locks import new_lock

WINDOW = 60.5
#: How much of an allowance is used.
USED = 0.95
#: What a request may take without being counted anew: less than what the window is longer by.
SLACK = 0.25
LONGEST_HOLD = 3600.0
BETWEEN_LOOKS = 0.2
_BUSY_UNTIL_SAID = 5.0
#: Seconds after which a log that could not be used is tried again.
_ALONE = 5.0
_Result = TypeVar("_Result")
_Entries = dict[int, Entry]
_Work = Callable[[_Entries, float], tuple[_Result, _Entries]]
#: What is where in an entry.
_MADE_BY, _UNTIL, _HOLD = 1, 3, 4
#: Whose request it is that may have been sent, and is not known.
_NOBODY = 0


class Busy(NamedTuple):
    """Why nobody knows whether there is a place, and what to do about it."""

    why: str
    remedy: str


def capacity_of(per_minute: int) -> int:
    """Return how many requests of an allowance are used: 95 % of them, at least one."""
    return max(1, math.floor(per_minute * USED))


class Limiter:
    """A sliding-window log, shared by everything of this user that uses the same key.

    Parameters
    ----------
    path : Path
        The log file; its directory is made with mode 0700.
    per_minute : int
        The server's allowance; 95 % of it, at least one, is used.
    clock : callable
        Seconds, which all processes of this machine read alike.
    clock_id : int, optional
        What stands for that clock. Default: that of this machine.
    """

    def __init__(
        self,
        path: Path,
        per_minute: int,
        *,
        clock: Callable[[], float] = seconds_since_boot,
        clock_id: int | None = None,
    ) -> None:
        self.capacity = capacity_of(per_minute)
        self.path = path
        self._unused = per_minute - self.capacity
        self._clock = clock
        self._clock_id = boot_clock_id() if clock_id is None else clock_id
        self._log = RequestLog(path)
        self._lock = new_lock()
        self._mine = threading.local()
        #: The window as it was last read, with its version.
        self._known: tuple[int, _Entries] = 0, {}
        #: What is not in the log yet.
        self._pending: _Entries = {}
        self._busy_since: float | None = None
        self._try_again: float | None = None
        self._said_busy = self._said_unusable = False

    def try_acquire(self) -> float:
        """Take a place in the window and return 0.0, or return the seconds to wait before retrying."""
        try:
            return self._look(self._take)
        except LogBusyError:
            return BETWEEN_LOOKS

    def arrived(self) -> None:
        """Count this thread's last request from now: making its connection may have taken long."""
        mine: Entry | None = getattr(self._mine, "entry", None)
        if mine is not None and (now := self._clock()) - (mine[_UNTIL] - WINDOW) > SLACK:
            self._put(self._entry(mine[0], now))

    def held(self) -> float:
        """Return the seconds for which a server's 429 still held the key at the last look, else 0.0."""
        with self._lock:
            known = self._known[1] | self._pending
            return max(0.0, _held_until(known) - self._clock())

    def seconds_for(self, requests: int) -> float:
        """Return after how many seconds so many more requests could have been sent, as far as is known.

        The places of those that are sent come back one by one, and each is taken again after a window.
        """
        if requests <= 0:
            return 0.0
        now = self._clock()
        with self._lock:
            known = (self._known[1] | self._pending).values()
        until = sorted(entry[_UNTIL] - now for entry in known if not entry[_HOLD])
        places = [0.0] * self.capacity + [seconds for seconds in until if seconds > 0]
        windows, place = divmod(requests - 1, self.capacity)
        return max(places[-self.capacity :][place], self.held()) + windows * WINDOW

    def counted(self) -> int | None:
        """Return how many requests are in the window, whoever sent them; None if the log is locked now."""
        try:
            return self._look(_so_many)
        except LogBusyError:
            return None

    def hold(self, seconds: float) -> None:
        """Let no request of this key leave for so long: the server has answered 429 to one of them."""
        self._put(self._entry(_new_id(), self._clock(), min(float(seconds), LONGEST_HOLD)))

    @property
    def busy(self) -> Busy | None:
        """Why nobody knew at the last look whether there is a place: another program has locked the log."""
        if self._busy_since is None:
            return None
        return Busy(
            f"another program keeps the request log locked, {self.path}", "End that program"
        )

    def close(self) -> None:
        """Nothing is left open between two looks."""

    def _take(self, entries: _Entries, now: float) -> tuple[float, _Entries]:
        """Return the seconds to wait, and the new entry where there are none."""
        if (held := _held_until(entries)) > now:
            return held - now, {}
        sent = sorted(entry[_UNTIL] for entry in entries.values() if not entry[_HOLD])
        if len(sent) < self.capacity:
            mine = self._mine.entry = self._entry(_new_id(), now)
            return 0.0, {mine[0]: mine}
        return max(0.001, sent[-self.capacity] - now), {}

    def _put(self, entry: Entry) -> None:
        """Put an entry into the log now, or with the next look if it is busy."""
        with self._lock:
            self._pending[entry[0]] = entry
        with contextlib.suppress(LogBusyError):
            self._look(lambda _entries, _now: (None, {}))

    def _look(self, work: _Work[_Result]) -> _Result:
        """Let a function see the window and add to it.

        Raises
        ------
        LogBusyError
            If another program keeps the log locked.
        """
        said: list[str] = []
        try:
            with self._lock:
                return self._look_locked(work, said)
        finally:
            for text in said:
                warn(f"The request log {self.path} {text}")

    def _look_locked(self, work: _Work[_Result], said: list[str]) -> _Result:
        if self._try_again is None or self._clock() >= self._try_again:
            try:
                result = self._with_log(work)
            except LogBusyError:
                now = self._clock()
                self._busy_since = now if self._busy_since is None else self._busy_since
                self._try_again = now + BETWEEN_LOOKS / 2
            except LogUnusableError as error:
                self._busy_since, self._try_again = None, self._clock() + _ALONE
                if not self._said_unusable:
                    self._said_unusable = True
                    said.append(
                        f"cannot be used ({error}); requests are counted in this process only. "
                        "Set OMNIPD_STATE_DIR to a writable folder."
                    )
            else:
                self._busy_since = self._try_again = None
                self._said_busy = False
                if self._log.begun_anew:
                    self._log.begun_anew = False
                    said.append(
                        "was damaged or deleted and is begun anew; requests may wait a minute, "
                        "since what it held is not known."
                    )
                return result
        if self._busy_since is not None:
            if not self._said_busy and self._clock() - self._busy_since >= _BUSY_UNTIL_SAID:
                self._said_busy = True
                said.append("is locked by another program; requests wait for it.")
            raise LogBusyError
        return self._alone(work)

    def _with_log(self, work: _Work[_Result]) -> _Result:
        version, known = self._known

        def decide(
            stored: list[Entry] | None, lost: Lost
        ) -> tuple[tuple[_Result, _Entries], Collection[Entry], Collection[int]]:
            now = self._clock()
            ended = [one for one, entry in known.items() if entry[_UNTIL] <= now]
            entries = {one: entry for one, entry in known.items() if entry[_UNTIL] > now}
            if any(_is_future(entry, now) for entry in entries.values()):
                stored = list(entries.values()) if stored is None else stored
                entries = {one: _as_of_now(entry, now) for one, entry in entries.items()}
            put: _Entries = {}
            if stored is not None:
                ended, entries, put = self._merged(stored, entries, lost, now)
            put |= self._pending  # the later word on what is in the log
            entries |= put
            result, new = work(entries, now)
            return (result, entries | new), [*put.values(), *new.values()], ended

        (result, entries), version = self._log.exchange(decide, version)
        self._known = version, entries  # at once: an interrupt leaves both as they were
        self._pending = {}
        return result

    def _alone(self, work: _Work[_Result]) -> _Result:
        """Do it with the window that this process knows."""
        now = self._clock()
        known = {**self._known[1], **self._pending}
        entries = {one: entry for one, entry in known.items() if entry[_UNTIL] > now}
        result, new = work(entries, now)
        self._pending = {one: self._pending[one] for one in entries.keys() & self._pending} | new
        return result

    def _merged(
        self, stored: list[Entry], known: _Entries, lost: Lost, now: float
    ) -> tuple[list[int], _Entries, _Entries]:
        """Return the ids of what has ended, the entries that count, and those that the log lacks.

        Parameters
        ----------
        stored : list of Entry
            All that is in the log.
        known : dict of int to Entry
            What counted at the last look and does so still.
        lost : Lost
            Whether the log may have held more.
        now : float
            The time.
        """
        ended: dict[int, None] = {}
        entries: _Entries = {}
        put: _Entries = {}
        of_others = []
        for entry in stored:
            one, made_by, clock, until, hold = entry
            if not (isinstance(until, float) and isinstance(hold, float)):
                raise TypeError("SQLite takes anything for a column")
            if not 0.0 <= hold <= LONGEST_HOLD:
                raise ValueError("longer than anything holds")
            if clock != self._clock_id:
                of_others.append(entry)
            elif until <= now:
                ended[one] = None
            elif _is_future(entry, now):
                put[one] = _as_of_now(entry, now)
            else:
                entries[one] = entry
        for one, made_by, _, _, hold in of_others:
            if one not in entries and one not in put and one not in ended:
                put[one] = (one, made_by, self._clock_id, now + (hold or WINDOW), hold)
        missing = {
            one: entry
            for one, entry in known.items()
            if one not in entries and one not in put and entry[_MADE_BY] == self._clock_id
        }
        if missing or lost is not Lost.NOTHING:
            # What is known again needs nothing that stands for it.
            unknown = [one for one, it in (entries | put).items() if it[_MADE_BY] == _NOBODY]
            known_again = sum(not entry[_HOLD] for entry in missing.values())
            for one in unknown[:known_again]:
                entries.pop(one, None)
                put.pop(one, None)
                ended[one] = None
            put |= missing
            counted = (entries | put | self._pending).values()
            full = self.capacity - (0 if lost is Lost.AGAIN else self._unused)
            for _ in range(full - sum(not entry[_HOLD] for entry in counted)):
                one = _new_id()
                put[one] = (one, _NOBODY, self._clock_id, now + WINDOW, 0.0)
        return [one for one in ended if one not in put], entries, put

    def _entry(self, one: int, now: float, hold: float = 0.0) -> Entry:
        return (one, self._clock_id, self._clock_id, now + (hold or WINDOW), hold)


def _so_many(entries: _Entries, _now: float) -> tuple[int, _Entries]:
    return sum(not entry[_HOLD] for entry in entries.values()), {}


def _is_future(entry: Entry, now: float) -> bool:
    return entry[_UNTIL] > now + (entry[_HOLD] or WINDOW)


def _as_of_now(entry: Entry, now: float) -> Entry:
    one, made_by, clock, until, hold = entry
    return (one, made_by, clock, min(until, now + (hold or WINDOW)), hold)


def _held_until(entries: _Entries) -> float:
    return max((entry[_UNTIL] for entry in entries.values() if entry[_HOLD]), default=-math.inf)


def _new_id() -> int:
    """Return a number that no other process gives, a fork of this one neither."""
    return int.from_bytes(os.urandom(7), "big")
