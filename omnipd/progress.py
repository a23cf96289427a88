"""How far a call is: told to a function, or shown as one bar for all that the call does.

What a call reads may lie within one another: an inventory has lists, a list of one call for each
document has a list for each. A function hears of every step of each; the bar is that of the outermost,
and the time left is that of the requests that all of them still need.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from omnipd.arguments import argument
from omnipd.bars import Bar, can_be_seen
from omnipd.call import Thrown, apart, current_call
from omnipd.clock import Clock
from omnipd.errors import ArgumentError
from omnipd.locks import new_lock

#: A function that is told: what is read, how much of it is there, and of how much if that is known.
Told = Callable[[str, int, int | None], object]
#: Seconds after which a bar appears, and between two drawings of it.
_LATE = 2.0
_EACH = 0.1
_LONGEST_NAME = 40


class Reporting(Protocol):
    """What is asked of a client."""

    progress: bool | Told
    clock: Clock

    def seconds_at_pace(self, requests: float) -> float | None:
        """Return how long so many more requests have to wait for their places; None without a pace."""


def check_progress(progress: object) -> bool | Told:
    """Return whether or to whom progress is told; refuse what is neither.

    Examples
    --------
    >>> check_progress("yes")
    Traceback (most recent call last):
    ...
    omnipd.errors.ArgumentError: progress='yes' is not True, False or a function.
    """
    if callable(progress) or isinstance(progress, bool):
        return progress
    raise ArgumentError(argument("progress", progress) + " is not True, False or a function.")


class Steps:
    """Something that goes on step by step.

    Parameters
    ----------
    name : str
        What it is, such as the path of a list.
    unit : str
        What a step is, such as rows.
    report : Report, optional
        What it is told to.
    """

    def __init__(self, name: str, unit: str, report: Report | None = None) -> None:
        self.name = name
        self.unit = unit
        self.done = 0
        self.total: int | None = None
        #: How many requests it still needs, as far as is known.
        self.left: float | None = None
        #: How large the step is that it is at, and what it is at.
        self.size, self.part = 1, ""
        self._report = report

    def at(
        self,
        done: int,
        total: int | None,
        *,
        left: float | None = None,
        size: int = 1,
        part: str = "",
    ) -> None:
        """Tell how far it is.

        Parameters
        ----------
        done, total : int
            How many steps are done, and how many there are; None where that is not known.
        left : float, optional
            How many requests the others need.
        size : int
            How many steps the next part of the work is, and how many requests.
        part : str
            What the next part is.
        """
        # A list that is read twice does not go backwards.
        self.done, self.total, self.left = max(self.done, done), total, left
        self.size, self.part = size, part
        if self._report is not None:
            self._report.tell(self.name, done, total)


class Report:
    """How far one call is: what a function is told, or a bar that appears after two seconds.

    Parameters
    ----------
    client : Reporting
        Who asks.
    """

    def __init__(self, client: Reporting) -> None:
        self._client = client
        self._began = self._drawn = client.clock.monotonic()
        self._whose = os.getpid(), threading.get_ident()
        self._bar = Bar()
        self._seen: bool | None = None
        self._requests = 0
        self._counting = new_lock()
        self._waited, self._waited_until, self._waits = 0.0, -math.inf, 0
        self._telling = False
        #: What is read, with what it is a part of before it.
        self.within: list[Steps] = []

    @property
    def takes_steps(self) -> bool:
        """Whether what begins now is told of.

        What other threads do for the call is a part of its steps, and what a function reads while it is
        told is its own matter.
        """
        return not self._telling and self._whose == (os.getpid(), threading.get_ident())

    def sent(self) -> None:
        """Count a request."""
        self._requests += 1

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the time of a wait for the limit. What several threads waited at once counts once."""
        clock = self._client.clock
        began = clock.monotonic()
        with self._counting:
            self._waits += 1
        self.draw()
        try:
            yield
        finally:
            with self._counting:
                now = clock.monotonic()
                self._waits -= 1
                self._waited += now - max(began, self._waited_until)
                self._waited_until = now

    def tell(self, name: str, done: int, total: int | None) -> None:
        """Tell of a step whoever the client says now: a function may have taken itself out."""
        asked = self._client.progress
        if asked is True:
            self.draw()
        elif asked is not False:
            self._telling = True
            try:
                with apart():
                    asked(name, done, total)
            except Exception as error:  # noqa: BLE001 - it is raised where the call ends
                raise Thrown(error) from None
            finally:
                self._telling = False

    def seconds_left(self) -> float | None:
        """Return how long it will take still: no shorter than the limit has it. None if not known."""
        within = self.within[:]
        left = _left(within)
        if within and left is None:
            # How many requests a step takes shows on the way.
            first = within[0]
            if first.total is None or not first.done or not self._requests:
                return None
            left = (first.total - first.done) * self._requests / first.done
        if left is None:
            return None
        times = [self._client.seconds_at_pace(left)]
        if self._requests:
            busy = self._client.clock.monotonic() - self._began - self._waited
            times.append(left * busy / self._requests)
        return max((one for one in times if one is not None), default=None)

    def draw(self) -> None:
        """Show how far it is, where somebody sees it and it is time."""
        now = self._client.clock.monotonic()
        within = self.within[:]
        if (
            self._client.progress is not True
            or not within
            or now - self._began < _LATE
            or now - self._drawn < _EACH
        ):
            return
        if self._seen is None:
            self._seen = can_be_seen()
        if not self._seen or self._whose[0] != os.getpid():
            return
        self._drawn = now
        first = within[0]
        left = self.seconds_left()
        times = f"{_interval(now - self._began)}<{'?' if left is None else _interval(left)}"
        waits = ", waiting for the limit" if self._waits else ""
        # As frames are called; a notebook would break a line at a hyphen.
        name = first.name.rsplit("/", 1)[-1].replace("-", "_")
        name += f", {first.part}" if first.part else ""
        unit = f" {first.unit}" if first.unit else ""
        self._bar.draw(
            name[:_LONGEST_NAME], int(_done(within)), first.total, unit, f"[{times}{waits}]"
        )

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()


@contextmanager
def steps(client: Reporting, name: str, unit: str = "") -> Iterator[Steps]:
    """Tell of something that is done step by step, within the call around.

    Parameters
    ----------
    client : Reporting
        Who asks, and says to whom it is told.
    name, unit : str
        What it is, and what a step is.
    """
    call = current_call()
    report = call.report
    is_wanted = check_progress(client.progress) is not False
    if not is_wanted or call.rehearses or (report is not None and not report.takes_steps):
        yield Steps(name, unit)
        return
    if report is None:
        report = call.report = Report(client)
    one = Steps(name, unit, report)
    depth = len(report.within)
    try:
        report.within.append(one)
        yield one
    finally:
        del report.within[depth:]
        if not depth:
            call.report = None
            report.close()


@contextmanager
def waiting() -> Iterator[None]:
    """Let the call around know of a wait for the limit."""
    report = current_call().report
    if report is None:
        yield
        return
    with report.waiting():
        yield


def _left(within: list[Steps]) -> float | None:
    """Return how many requests are still needed: by the innermost, and around it behind the step it is."""
    left: float | None = None
    for one in reversed(within):
        if one.left is None:
            left = None  # what is inside does not say how often it comes
        elif left is None:
            left = one.left
        else:
            left += max(0.0, one.left - one.size)
    return left


def _done(within: list[Steps]) -> float:
    """Return how many steps of the outermost are done, with the part of a step that is inside it."""
    done = part = 0.0
    for one in reversed(within):
        done = one.done + one.size * part
        if one.total is not None:
            done = min(done, one.total)
        part = 1.0 if one.left == 0 else done / one.total if one.total else 0.0
    return done


def _interval(seconds: float) -> str:
    """Return seconds as people read them on a bar.

    Examples
    --------
    >>> _interval(72.4), _interval(3725)
    ('01:12', '1:02:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"
