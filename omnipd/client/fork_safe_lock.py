"""A lock that a forked child can take, whatever its parent's other threads were holding."""

from __future__ import annotations

import os
import threading


class ProcessLock:
    """A mutual exclusion among the threads of one process, renewed in a child."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self.take()

    def __exit__(self, *_: object) -> None:
        self.release()

    def take(self, seconds: float | None = None) -> bool:
        """Take the lock, waiting at most so long; tell whether it was taken."""
        if self._pid != os.getpid():  # a child begins with one thread: nobody races for this
            self._pid, self._lock = os.getpid(), threading.Lock()
        return self._lock.acquire(timeout=-1 if seconds is None else max(0.0, seconds))

    def release(self) -> None:
        """Let the next one take it."""
        self._lock.release()
