"""One thread that cuts what has run out of time.

No timeout of a socket bounds a whole answer: a server that sends a byte now and then resets it for
ever. A reader that looks at the clock would bound headers and body, but not a TLS handshake, a
proxy's answer to CONNECT, or a request whose bytes nobody takes. A timer for each request would do,
and start a thread each time; this is one for all of them.
"""

from __future__ import annotations

import itertools
import math
import os
import threading
import time
from collections.abc import Callable


class Watchdog:
    """Calls a function when its time has come, unless it was canceled."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: dict[int, tuple[float, Callable[[], None]]] = {}
        self._numbers = itertools.count()
        self._running = False
        self._wakes = math.inf
        # Neither the thread nor what it may hold of the lock survives a fork.
        os.register_at_fork(after_in_child=self._renew)

    def watch(self, seconds: float, cut: Callable[[], None]) -> Callable[[], None]:
        """Cut in so many seconds; return what cancels it."""
        with self._changed:
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="omnipd-watchdog", daemon=True).start()
            number, end = next(self._numbers), time.monotonic() + seconds
            self._due[number] = (end, cut)
            # It is woken only where it would wake too late, not for each request: the thread that
            # asks would then wait for it.
            if end < self._wakes:
                self._changed.notify()
        return lambda: self._cancel(number)

    def _renew(self) -> None:
        self._changed = threading.Condition()
        self._due = {}
        self._running = False
        self._wakes = math.inf

    def _cancel(self, number: int) -> None:
        with self._changed:
            self._due.pop(number, None)

    def _run(self) -> None:
        while True:
            with self._changed:
                now = time.monotonic()
                over = [number for number, (end, _) in self._due.items() if end <= now]
                cuts = [self._due.pop(number)[1] for number in over]
                if not cuts:
                    soonest = min((end for end, _ in self._due.values()), default=now + _IDLE)
                    self._wakes = min(soonest, now + _IDLE)
                    self._changed.wait(self._wakes - now)
            for cut in cuts:
                cut()


_IDLE = 3600.0
