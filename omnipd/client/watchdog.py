"""One thread that cuts what has run out of time.

No timeout of a socket bounds a whole answer: a server that sends a byte now and then resets it for
ever. A reader that looks at the clock would bound headers and body, but not a TLS handshake, a
proxy's answer to CONNECT, or a request whose bytes nobody takes. A timer for each request would do,
and start a thread each time; this is one for all of them.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from omnipd.locks import after_fork, new_lock

#: Cuts something; or returns in how many seconds to try again.
Cut = Callable[[], float | None]


@dataclass
class _Due:
    end: float
    cut: Cut


class Watchdog:
    """Calls a function when its time has come, unless it was canceled."""

    def __init__(self) -> None:
        self._due: dict[int, _Due] = {}
        self._numbers = itertools.count()
        self._starting = new_lock()
        self._running = False
        self._wakes = math.inf
        #: Not a condition, which an interrupt may leave taken: the thread waits for this lock, and
        #: whoever wakes it lets go of it.
        self._asleep = _taken()
        # The thread does not survive a fork.
        after_fork(self._renew)

    def watch(self, seconds: float, cut: Cut) -> Callable[[], object]:
        """Cut in so many seconds; return what cancels it."""
        number, end = next(self._numbers), time.monotonic() + seconds
        self._due[number] = _Due(end, cut)
        with self._starting:
            if not self._running:
                threading.Thread(target=self._run, name="omnipd-watchdog", daemon=True).start()
                self._running = True
        # It is woken only where it would wake too late, not for each request: the thread that asks
        # would then wait for it.
        if end < self._wakes:
            with contextlib.suppress(RuntimeError):  # it was woken already
                self._asleep.release()
        return functools.partial(self._due.pop, number, None)

    def _renew(self) -> None:
        self._due.clear()
        self._running = False
        self._wakes = math.inf
        self._asleep = _taken()

    def _run(self) -> None:
        self._running = True  # an interrupt may have come before it was noted
        while True:
            self._wakes = math.inf  # what is added from here on wakes it
            now = time.monotonic()
            self._wakes = min(self._cut_those_due(now), now + _IDLE)
            self._asleep.acquire(timeout=max(0.0, self._wakes - now))

    def _cut_those_due(self, now: float) -> float:
        """Cut what has run out of time; return when the next one will."""
        soonest = math.inf
        for number, due in self._due.copy().items():
            if due.end <= now and number in self._due:
                left = due.cut()
                if left is None:
                    self._due.pop(number, None)
                    continue
                due.end = now + left
            soonest = min(soonest, due.end)
        return soonest


def _taken() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


_IDLE = 3600.0
