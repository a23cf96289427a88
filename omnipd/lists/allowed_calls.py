"""What a caller allows a read to cost: ``max_calls=``, looked at before the first request."""

from __future__ import annotations

from collections.abc import Callable

from omnipd.arguments import argument, whole_number
from omnipd.cache.checkpoint import current_checkpoint
from omnipd.call import WouldSend, counting, current_call
from omnipd.errors import ArgumentError, held_warnings


def check_calls(calls: int, max_calls: int, *, more: bool = False) -> None:
    """Refuse what needs more requests than a caller allows; it may be more than are known."""
    allowed = whole_number("max_calls", max_calls, unit="requests")
    if calls > allowed:
        _forget_what_was_counted()
        raise ArgumentError(
            f"It needs {'at least ' if more else ''}{calls:,} requests, more than "
            + argument("max_calls", allowed)
            + ".",
            hint="Nothing was read. Ask about fewer, or allow more.",
        )


def _forget_what_was_counted() -> None:
    """Take out of the checkpoint what was asked for to count a read that is refused."""
    checkpoint, ahead = current_checkpoint(), current_call().asked_ahead
    if checkpoint is not None and ahead is not None:
        checkpoint.forget(ahead.questions())


def check_calls_of(read: Callable[[], object], max_calls: int) -> None:
    """Refuse a read that needs more requests than a caller allows: it is counted first."""
    lacking = WouldSend(0)
    try:
        with held_warnings(), counting():
            read()
    except WouldSend as lacks:
        lacking = lacks
    check_calls(lacking.requests or 0, max_calls, more=lacking.more is not None)
