"""Work in threads that are over when nobody waits for them.

A pool of the standard library would keep a process that was interrupted from ending until the last
of its threads is done, and a thread in a name lookup cannot be cut short.
"""

from __future__ import annotations

import contextlib
import contextvars
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from queue import Empty, SimpleQueue
from typing import TypeVar

from omnipd.call import Call, working_for

Item = TypeVar("Item")
Result = TypeVar("Result")

#: How long threads are waited for that were told to end.
_PATIENCE = 0.5
#: On Windows an interrupt is heard between two waits only.
_LISTENING = 0.2


def as_completed(
    work: Callable[[Item], Result],
    items: deque[Item],
    workers: Callable[[], int],
    call: Call,
) -> Generator[tuple[Item, Result], None, None]:
    """Yield each item with what comes of it, as soon as it is done; some are done at the same time.

    What leaves early, an interrupt or an error of the work or of who takes the results, cancels the
    call and all of its threads.

    Parameters
    ----------
    work : callable
        What is done with an item.
    items : deque
        Taken from the left as they are begun. More may be appended until the last result is taken.
    workers : callable
        How many may be under way now.
    call : Call
        What the work is a part of.
    """
    waiting: SimpleQueue[Item | None] = SimpleQueue()
    ended: SimpleQueue[tuple[Item, Result] | BaseException] = SimpleQueue()
    threads: list[threading.Thread] = []
    busy = 0

    def run() -> None:
        with working_for(call):
            while (item := waiting.get()) is not None and not call.canceled:
                try:
                    ended.put((item, work(item)))
                except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                    ended.put(error)

    try:
        while items or busy:
            while items and busy < max(1, workers()):
                if busy == len(threads):
                    context = contextvars.copy_context()
                    threads.append(
                        threading.Thread(
                            target=context.run, args=(run,), name="omnipd", daemon=True
                        )
                    )
                    threads[-1].start()
                waiting.put(items.popleft())
                busy += 1
            done = _next(ended)
            busy -= 1
            if isinstance(done, BaseException):
                raise done
            yield done
    except BaseException:
        call.cancel()
        raise
    finally:
        for _ in threads:
            waiting.put(None)
        _join(threads)


def _next(ended: SimpleQueue[Result]) -> Result:
    while True:
        with contextlib.suppress(Empty):
            return ended.get(timeout=_LISTENING)


def _join(threads: list[threading.Thread]) -> None:
    """Wait for threads that have nothing more to do, but not for one that cannot be told."""
    until = time.monotonic() + _PATIENCE
    for thread in threads:
        if thread.ident is not None:
            thread.join(max(0.0, until - time.monotonic()))
