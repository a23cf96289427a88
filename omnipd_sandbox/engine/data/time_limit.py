"""Ends what takes too long: one thread for all queries of a process, and none while nothing runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, Thread

# What is called between two steps of what is inside may go unheard.
_AGAIN_AFTER = 0.1


class TimeLimit:
    """Call something when its time is over, and again until it has helped.

    A timer for each query would be a thread for each query, which takes longer than a small one.
    """

    def __init__(self) -> None:
        # By a number that says who asked: when, and what to call then.
        self._running: dict[int, tuple[float, Callable[[], object]]] = {}
        self._asked = 0
        self._thread: Thread | None = None
        self._wakes_at = 0.0
        self._changed = Condition()

    @contextmanager
    def after(self, seconds: float, end: Callable[[], object]) -> Iterator[None]:
        """Call `end`, from another thread, if what is inside takes longer than so many seconds."""
        due = time.monotonic() + seconds
        with self._changed:
            self._asked += 1
            number = self._asked
            self._running[number] = (due, end)
            # A child of a fork has no thread any more.
            if self._thread is None or not self._thread.is_alive():
                self._wakes_at = due
                self._thread = Thread(target=self._wait, name="omnipd-sandbox-limit", daemon=True)
                self._thread.start()
            elif due < self._wakes_at:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._running.pop(number, None)

    def _wait(self) -> None:
        with self._changed:
            while self._running:
                now = time.monotonic()
                self._end_those_due(now)
                self._wakes_at = min((due for due, _ in self._running.values()), default=now)
                self._changed.wait(self._wakes_at - now)
            self._thread = None

    def _end_those_due(self, now: float) -> None:
        # Not in the loop that waits: its names would keep a cursor alive for as long.
        for number, (due, end) in list(self._running.items()):
            if due <= now:
                end()
                self._running[number] = (now + _AGAIN_AFTER, end)
