"""What runs in which thread, so that whoever waits for a thread can end it sooner."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol


class Interruptible(Protocol):
    """What can be told from another thread to stop."""

    def interrupt(self) -> None:
        """Stop what runs."""


_RUNNING: dict[threading.Thread, Interruptible] = {}
_LOCK = threading.Lock()


@contextmanager
def running(what: Interruptible) -> Iterator[None]:
    """Let `what` be interrupted while this thread is in the block; the blocks are not nested."""
    thread = threading.current_thread()
    with _LOCK:
        _RUNNING[thread] = what
    try:
        yield
    finally:
        with _LOCK:
            del _RUNNING[thread]


def interrupt(threads: Iterable[threading.Thread]) -> None:
    """Stop what runs in some threads."""
    with _LOCK:
        # Under the lock, because what has ended may be closed.
        for thread in threads:
            if thread in _RUNNING:
                _RUNNING[thread].interrupt()
