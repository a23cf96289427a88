"""Time as the client sees it, in one place, so that tests can run it forward."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from omnipd.arguments import said
from omnipd.errors import ArgumentError


@dataclass(frozen=True)
class Clock:
    """The four uses of time and chance.

    ``monotonic`` measures deadlines, ``wall`` stamps what other processes read, ``sleep`` waits,
    ``jitter`` spreads retries (a number from 0 to 1).
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


def check_timeout(timeout: float | None) -> None:
    """Refuse a timeout that is not a positive number of seconds, or None.

    Examples
    --------
    >>> check_timeout(-1)
    Traceback (most recent call last):
    ...
    omnipd.errors.ArgumentError: timeout=-1 must be a positive number of seconds.
    """
    number = isinstance(timeout, int | float) and not isinstance(timeout, bool)
    if timeout is not None and not (number and timeout > 0):
        raise ArgumentError(f"timeout={said(timeout)} must be a positive number of seconds.")


class Deadline:
    """How much wall-clock time a call has left.

    Parameters
    ----------
    seconds : float
        The whole allowance.
    clock : Clock
        Whose monotonic time counts.
    patient : bool
        Whether waits that a server asks for have an allowance of their own, or count here.
    """

    def __init__(self, seconds: float, clock: Clock, *, patient: bool = True) -> None:
        self.seconds = seconds
        self.patient = patient
        self._clock = clock
        self._end = clock.monotonic() + seconds
        self._extending = threading.Lock()
        self._waited_until = -math.inf

    def remaining(self) -> float:
        """Return the seconds left; zero or less when the time is up."""
        return self._end - self._clock.monotonic()

    def extend(self, seconds: float) -> None:
        """Do not count a wait that ends now and was not the server's doing.

        What several threads waited at the same time is left out once.
        """
        with self._extending:
            now = self._clock.monotonic()
            self._end += min(seconds, now - self._waited_until)
            self._waited_until = now
