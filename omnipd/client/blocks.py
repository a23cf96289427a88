"""The with blocks of clients: those around a call, and whether any is open in this process.

A block belongs to the context (thread or task) that entered it, and to the tasks started in it. That
one is open concerns the whole process: who is inside a block, of a sandbox for instance, does not want
another thread of the program to ask somewhere else with another key.
"""

from __future__ import annotations

import contextlib
import contextvars
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from omnipd.client.client import Client


class _Block:
    """One with block of a client; ``over`` when it was left in a context that is not inside it."""

    __slots__ = ("__weakref__", "client", "over")

    def __init__(self, client: Client) -> None:
        self.client = client
        self.over = False


_Entered = tuple["weakref.ref[Client]", "weakref.ref[_Block]"]

#: The blocks around, the innermost last.
_around: contextvars.ContextVar[tuple[_Block, ...]] = contextvars.ContextVar(
    "omnipd_blocks", default=()
)

#: What is open in this process; nothing is kept alive by it. A forked child has what was open in its
#: parent: there, too, nothing may ask somewhere else. There is no lock, since a generator that is
#: collected as garbage leaves its block at any moment: a list is changed in one step, and read as a copy.
_open: list[_Entered] = []


def enter(client: Client) -> None:
    """Open a block of a client in this context."""
    block = _Block(client)
    for entered in _entered():
        if entered[0]() is None:
            _forget(entered)
    opened, around = (weakref.ref(client), weakref.ref(block)), _around.get()
    try:
        _open.append(opened)
        _around.set((*around, block))
    except BaseException:  # an interrupt: the block is not entered
        _around.set(around)
        _forget(opened)
        raise


def leave(client: Client) -> bool:
    """Close the innermost block of a client in this context; tell whether no other of it is open.

    A generator or a fixture may be ended in another context than it began in. Its block is then over
    where it began, too.
    """
    around = [block for block in _around.get() if not block.over]
    mine = next((block for block in reversed(around) if block.client is client), None)
    if mine is not None:
        _around.set(tuple(block for block in around if block is not mine))
    of_client = [entered for entered in _entered() if entered[0]() is client]
    ended = [entered for entered in of_client if mine is None or entered[1]() is mine]
    if ended:
        _forget(ended[-1])
        if mine is None and (elsewhere := ended[-1][1]()) is not None:
            elsewhere.over = True
    return len(of_client) <= 1


def innermost() -> Client | None:
    """Return the client of the block around, if there is one."""
    return next((block.client for block in reversed(_around.get()) if not block.over), None)


def open_anywhere() -> Client | None:
    """Return a client that is inside a block, in whichever thread or task."""
    clients = (entered[0]() for entered in _entered())
    return next((client for client in clients if client is not None), None)


def _entered() -> list[_Entered]:
    return list(_open)


def _forget(entered: _Entered) -> None:
    with contextlib.suppress(ValueError):  # another thread may have done it
        _open.remove(entered)
