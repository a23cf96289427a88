"""One call of a public function: the time that it has, and its end by an interrupt.

A call may be many requests, one after the other or in threads. What they share lies in the context
and is handed through nothing: a deadline, where a timeout was asked for, and whether the call is
canceled. Nothing is sent for a call that is, and what waits for it waits no longer.
"""

from __future__ import annotations

import contextlib
import contextvars
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from omnipd.asked_ahead import AskedAhead
from omnipd.clock import Clock, Deadline, checked_timeout
from omnipd.errors import OmniError, is_inside

if TYPE_CHECKING:
    from omnipd.progress import Report

T = TypeVar("T")


class Canceled(BaseException):
    """The call is canceled. Raised in the threads that work for it; never leaves omnipd."""


class WouldSend(BaseException):
    """A request would be sent now, and this is a rehearsal. Never leaves omnipd.

    Parameters
    ----------
    requests : int, optional
        How many requests it is for certain; by default that is not known.
    stored : int
        How many answers need none.
    rows : int, optional
        Of a list that is counted, how many rows it has.
    more : str, optional
        Why it may be more requests; None where their number is sure.
    """

    def __init__(
        self,
        requests: int | None = None,
        stored: int = 0,
        *,
        rows: int | None = None,
        more: str | None = None,
    ) -> None:
        super().__init__(requests)
        self.requests = requests
        self.stored = stored
        self.rows = rows
        self.more = more

    def and_before(self, requests: int) -> WouldSend:
        """Return the same with requests that come before it, where it is counted."""
        counted = None if self.requests is None else self.requests + requests
        return WouldSend(counted, self.stored, rows=self.rows, more=self.more)


class Thrown(BaseException):
    """A function of the caller's has thrown something. It is no error of the call, which must not handle it.

    Never leaves omnipd: what was thrown is raised where the call ends.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


class Call:
    """One call of a public function.

    Parameters
    ----------
    timeout : float, optional
        Wall-clock seconds for the whole of it. Default: the client's.
    around : Call, optional
        What it is a part of, which it shares its time with and ends with.

    Attributes
    ----------
    canceled : bool
        Whether nobody waits for it any more.
    over : bool
        Whether it has returned. A task that it has started, by a callback, is no part of it then.
    whole : Call
        What it is a part of, which what it keeps is kept for; itself where it is none.
    has_own_timeout : bool
        Whether its time is not that of the client.
    deadline : Deadline or None
        Its time, once a request has asked for it.
    report : Report or None
        How far it is, while it goes on step by step.
    rehearses : bool
        Whether it only shows what it would send.
    counts : bool
        Whether it is a rehearsal that asks for the first pages of lists, to count what it would send.
    asks_ahead : bool
        Whether what it asks for is only held for the read that comes after it.
    asked_ahead : AskedAhead or None
        What is held for it.
    ahead : Counter of int or None
        Of what comes before a read, how often it has asked what will be asked again.
    calls_said : int
        How many requests it was said to take already, together with what else is read.
    """

    def __init__(self, timeout: float | None = None, *, around: Call | None = None) -> None:
        self._around = around
        self._timeout = checked_timeout(timeout)
        self.canceled = self.over = False
        self.deadline: Deadline | None = None
        self.report: Report | None = None
        self.rehearses = self.counts = self.asks_ahead = False
        self.asked_ahead: AskedAhead | None = None
        self.ahead: Counter[int] | None = None
        self.calls_said = 0
        self.whole = self
        self.has_own_timeout: bool = timeout is not None
        if around is not None:
            self.whole = around.whole
            self.report, self.rehearses, self.ahead = around.report, around.rehearses, around.ahead
            self.has_own_timeout = around.has_own_timeout
            self.counts, self.asks_ahead = around.counts, around.asks_ahead
            self.asked_ahead, self.calls_said = around.asked_ahead, around.calls_said
        self._beginning = threading.Lock()
        self._cuts: set[Callable[[], None]] = set()
        #: Taken until the call is canceled: what waits, waits for it.
        self._barrier = threading.Lock()
        self._barrier.acquire()

    def deadline_of(self, timeout: float | None, clock: Clock) -> Deadline | None:
        """Return the time of the whole call; None where neither it nor its client has a timeout."""
        if self._around is not None:
            self.deadline = self._around.deadline_of(timeout, clock)
            return self.deadline
        seconds = self._timeout if self._timeout is not None else timeout
        with self._beginning:
            if self.deadline is None and seconds is not None:
                self.deadline = Deadline(seconds, clock, patient=False)
            return self.deadline

    def go_on(self) -> None:
        """Raise where the call is canceled."""
        if self.canceled:
            raise Canceled

    def cut_by(self, cut: Callable[[], None]) -> Callable[[], None]:
        """Let an end of the call cut what a thread waits for; return what takes that back."""
        self._cuts.add(cut)
        if self.canceled:
            cut()
        return lambda: self._cuts.discard(cut)

    def sleep(self, seconds: float) -> None:
        """Wait in a thread, until the call is canceled at most."""
        if self._barrier.acquire(timeout=min(seconds, threading.TIMEOUT_MAX)):
            self._open_barrier()  # for the next one
        self.go_on()

    def cancel(self) -> None:
        """Send nothing more for it, and let go of what its threads wait for."""
        self.canceled = True
        try:
            self._let_go()
        finally:  # once more: an interrupt may have come in between
            self._let_go()

    def _let_go(self) -> None:
        self._open_barrier()
        for cut in tuple(self._cuts):
            cut()

    def _open_barrier(self) -> None:
        with contextlib.suppress(RuntimeError):  # it is open
            self._barrier.release()


_CALL: contextvars.ContextVar[Call | None] = contextvars.ContextVar("omnipd-call", default=None)


@contextlib.contextmanager
def one_call(timeout: float | None = None) -> Iterator[Call]:
    """Make one call of all that a block does; inside another one, which goes on, it is a part of that.

    An error of omnipd that leaves the block shows no frame below it: how omnipd came upon what is
    wrong is nothing to the caller, and its frames would hold what was read.

    Parameters
    ----------
    timeout : float, optional
        Wall-clock seconds for the whole block. Default: the client's.
    """
    around = _CALL.get()
    if around is not None and not around.over:
        yield around
        return
    call = Call(timeout)
    try:
        with working_for(call):
            yield call
    except OmniError as fault:
        here = fault.__traceback__
        _forget_frames_below(None if here is None else here.tb_next)  # that of the block
        raise
    except Thrown as stop:
        error = stop.error
    else:
        return
    finally:
        call.over = True
    before = error.__context__
    try:
        raise error
    finally:  # as it was, though another one is handled here
        error.__context__ = before


@contextlib.contextmanager
def part_of_call() -> Iterator[Call]:
    """Make a part of the call around, which can be canceled by itself while that goes on.

    It is that of the threads that are started for it. In the one that waits for them nothing is set: a
    generator that is closed late would take it back when another call is made.
    """
    around = current_call()
    part = Call(around=around)
    take_back = around.cut_by(part.cancel)
    try:
        yield part
    finally:
        take_back()
        part.over = True


def _forget_frames_below(frame: TracebackType | None) -> None:
    """End a traceback at a frame.

    Not in Python's development mode, where somebody looks into omnipd; nor where the caller's own code is
    below: a function that is told of progress, or a generator of ids.
    """
    if frame is None or sys.flags.dev_mode:
        return
    below = frame.tb_next
    while below is not None:
        if not is_inside(below.tb_frame.f_globals.get("__name__")):
            return
        below = below.tb_next
    frame.tb_next = None


@contextlib.contextmanager
def rehearsal() -> Iterator[None]:
    """Let a block read what the cache has, and send nothing: what would be sent raises WouldSend."""
    around, call = current_call(), Call()
    call.rehearses, call.ahead = True, Counter()
    call.whole, call.asked_ahead = around.whole, around.asked_ahead
    with working_for(call):
        yield


@contextlib.contextmanager
def counting() -> Iterator[None]:
    """Let a block count what it would send: only the first pages of lists are asked for.

    What it lacks it raises as WouldSend. What it asks for is held for the call around.
    """
    call = _before_a_read(current_call())
    call.rehearses = call.counts = True
    call.report = None
    with _inside(call):
        yield


@contextlib.contextmanager
def asking_ahead() -> Iterator[None]:
    """Let a block ask for what the call around need not ask for again; nothing else keeps it."""
    call = _before_a_read(current_call())
    call.rehearses = call.counts = False
    call.asks_ahead, call.calls_said = True, sys.maxsize
    with _inside(call):
        yield


@contextlib.contextmanager
def apart() -> Iterator[None]:
    """Let a function of the caller's ask in the time of the call around, for nothing that is kept for that."""
    call = Call(around=current_call())
    call.asks_ahead, call.asked_ahead, call.ahead, call.whole = False, None, None, call
    call.calls_said = 0
    with _inside(call):
        yield


def _before_a_read(around: Call) -> Call:
    if around.asked_ahead is None:
        around.asked_ahead = AskedAhead()
    call = Call(around=around)
    call.ahead = Counter()
    return call


@contextlib.contextmanager
def _inside(call: Call) -> Iterator[None]:
    """Let a block work for a part of the call around, and end where that is canceled."""
    take_back = current_call().cut_by(call.cancel)
    try:
        with working_for(call):
            yield
    finally:
        take_back()
        call.over = True


def current_call() -> Call:
    """Return the call around; where there is none, one that only asks."""
    return _CALL.get() or Call()


@contextlib.contextmanager
def working_for(call: Call) -> Iterator[None]:
    """Let what a thread does be a part of a call that was begun in another one."""
    before = _CALL.get()
    try:  # an interrupt that comes when it is set must not leave it so
        _CALL.set(call)
        yield
    finally:
        _CALL.set(before)


def goes_on_later(items: Generator[T, None, None], clock: Clock) -> Iterator[T]:
    """Return items that are made within the call around, though it has returned by then.

    What its caller does between two of them is no part of it. Its time stands still until the first
    is asked for.
    """
    context, call = contextvars.copy_context(), current_call()
    returned = clock.monotonic()

    def each() -> Iterator[T]:
        if call.deadline is not None:
            call.deadline.extend(clock.monotonic() - returned)
        with contextlib.closing(items):
            while True:
                try:
                    item = context.run(next, items)
                except StopIteration:
                    return
                except OmniError as error:
                    _forget_frames_below(error.__traceback__)
                    raise
                yield item
                del item  # or it would be held while the next is made

    return each()


def sleep(seconds: float) -> None:
    """Wait; in a thread that works for a call, until that is canceled at most."""
    call = _CALL.get()
    if call is None or threading.current_thread() is threading.main_thread():
        time.sleep(seconds)  # which Ctrl-C ends by itself
    else:
        call.sleep(seconds)


@contextlib.contextmanager
def noted_interrupt(words: Callable[[], Iterable[str]]) -> Iterator[None]:
    """Let an interrupt of a block say how far it was, what is kept of it, and how to go on."""
    try:
        yield
    except KeyboardInterrupt as stop:
        for text in words():
            if text not in getattr(stop, "__notes__", ()):
                stop.add_note(text)
        raise
