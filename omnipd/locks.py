"""Locks that neither a fork nor an interrupt leaves taken for ever.

A child of a fork has one thread, and all locks as they were: what another thread held is never let go
of. So the locks of omnipd are opened in a child, and no fork happens while a thread holds a lock that
cannot be: one of SQLite, or of a module that is being imported.

Ctrl-C comes between any two steps of Python, but not inside ``with lock:`` where the lock is Python's
own. A lock that is written in Python, as those of ``Condition`` and ``queue`` are, may stay taken.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import logging  # noqa: F401 - its own lock must be taken after this one: what is registered last goes first
import os
import sys
import threading
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

#: A fork waits no longer than this for ``NO_FORK``: the one that holds it may wait for a module that
#: the forking thread is importing.
_LONGEST_WAIT = 10.0

#: Held around what a fork must not cut in two. Only for what is short: never while a server is waited for.
NO_FORK = threading.RLock()

_LOCKS: weakref.WeakSet[threading.RLock] = weakref.WeakSet()


def new_lock() -> threading.RLock:
    """Return a lock for ``with``, which is open in a child of a fork whatever other threads were holding."""
    lock = threading.RLock()
    _LOCKS.add(lock)
    return lock


def load(module: str) -> ModuleType:
    """Import a module late: a child of a fork could never import one that a thread was in the middle of."""
    with NO_FORK:
        return importlib.import_module(module)


def load_apart(module: str) -> ModuleType:
    """Import a module late, in a thread of its own; not while ``NO_FORK`` is held.

    One that keeps the error of an import that has failed keeps with it all frames below its own, and what
    they hold, as long as the process lives. In a thread there are none.
    """
    if module not in sys.modules:

        def work() -> None:
            with contextlib.suppress(Exception):  # which is met again below
                load(module)

        with contextlib.suppress(RuntimeError):  # where no thread can be started
            thread = threading.Thread(target=work, daemon=True)
            thread.start()
            thread.join()
    return load(module)


def after_fork(work: Callable[[], object]) -> None:
    """Call something in every child of a fork; never on a system that has none."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=work)


def _open_all() -> None:
    """Let go of the forking thread's own hold, and open what others held."""
    with contextlib.suppress(RuntimeError):  # it waited in vain
        NO_FORK.release()
    lock: Any  # the last of these names is known to Python's own library alone
    for lock in [NO_FORK, *_LOCKS]:
        if lock.acquire(blocking=False):
            lock.release()
        else:
            lock._at_fork_reinit()


if hasattr(os, "register_at_fork"):
    # In the parent nothing of Python's own stands between: an interrupt there would leave it taken.
    os.register_at_fork(
        before=functools.partial(NO_FORK.acquire, timeout=_LONGEST_WAIT),
        after_in_parent=NO_FORK.release,
        after_in_child=_open_all,
    )
