"""What runs in which thread and for whom, so that it can be ended sooner."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol


class Interruptible(Protocol):
    """What can be told from another thread to stop."""

    def interrupt(self) -> None:
        """Stop what runs."""


_RUNNING: dict[threading.Thread, Interruptible] = {}
_LOCK = threading.Lock()
_CLIENTS: dict[threading.Thread, Callable[[], bool]] = {}


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


@contextmanager
def answering(has_left: Callable[[], bool]) -> Iterator[None]:
    """Tell how to find out whether the client that this thread answers in the block has left."""
    thread = threading.current_thread()
    _CLIENTS[thread] = has_left
    try:
        yield
    finally:
        del _CLIENTS[thread]


def client_of_this_thread() -> Callable[[], bool]:
    """Give what tells, to any thread, whether the client that this thread answers has left."""
    return _CLIENTS.get(threading.current_thread(), lambda: False)
