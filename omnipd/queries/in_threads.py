"""Work in threads that are over when nobody waits for them.

A pool of the standard library would keep a process that was interrupted from ending until the last
of its threads is done, and a thread in a name lookup cannot be cut short.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from omnipd.call import Call, working_for

#: How long threads are waited for that were told to end.
_PATIENCE = 0.5
#: On Windows an interrupt is heard between two waits only.
_LISTENING = 0.2


def in_threads(
    work: Callable[[int], None],
    count: int,
    max_workers: int,
    call: Call,
    told: Callable[[int], None],
) -> None:
    """Do something for each number below `count`, some at the same time.

    What leaves early, an interrupt or an error of the work, cancels the call and all of its threads.

    Parameters
    ----------
    work : callable
        What is done, which keeps its result itself.
    count : int
        How often.
    max_workers : int
        How many threads there are.
    call : Call
        What the work is a part of.
    told : callable
        Hears in this thread, after each, how many are done.
    """
    waiting: SimpleQueue[int] = SimpleQueue()
    ended: SimpleQueue[BaseException | None] = SimpleQueue()
    for number in range(count):
        waiting.put(number)

    def run() -> None:
        with working_for(call), contextlib.suppress(Empty):
            while not call.canceled:
                number = waiting.get_nowait()
                try:
                    work(number)
                except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                    ended.put(error)
                else:
                    ended.put(None)

    threads = [
        threading.Thread(target=run, name="omnipd-query", daemon=True)
        for _ in range(min(max_workers, count))
    ]
    try:
        for thread in threads:
            thread.start()
        for done in range(1, count + 1):
            if (error := _next(ended)) is not None:
                raise error
            told(done)
    except BaseException:
        call.cancel()
        raise
    finally:
        _join(threads)


def _next(ended: SimpleQueue[BaseException | None]) -> BaseException | None:
    while True:
        with contextlib.suppress(Empty):
            return ended.get(timeout=_LISTENING)


def _join(threads: list[threading.Thread]) -> None:
    """Wait for threads that have nothing more to do, but not for one that cannot be told."""
    until = time.monotonic() + _PATIENCE
    for thread in threads:
        if thread.ident is not None:
            thread.join(max(0.0, until - time.monotonic()))
