"""Time as the client sees it, in one place, so that tests can run it forward."""

from __future__ import annotations

import functools
import hashlib
import math
import platform
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from omnipd.arguments import argument, number_of
from omnipd.errors import ArgumentError


def seconds_since_boot() -> float:
    """Return what all processes of this machine read alike, and what nobody can set.

    On Linux it goes on while the machine sleeps; elsewhere it may stand still meanwhile.
    """
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


@functools.cache
def boot_clock_id() -> int:
    """Return a number that stands for the clock of :func:`seconds_since_boot`.

    Two machines have two, and so have containers on one machine that count from other times.
    """
    try:
        parts = [Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")]
        parts.append(str(Path("/proc/self/ns/time").readlink()))
    except (OSError, ValueError):  # no Linux, or one before time namespaces
        parts = [platform.node(), time.get_clock_info("monotonic").implementation]
    digest = hashlib.blake2b("\n".join(parts).encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big")


@dataclass(frozen=True)
class Clock:
    """The five uses of time and chance.

    ``monotonic`` measures deadlines, ``wall`` dates what is kept, ``sleep`` waits, ``jitter``
    spreads retries (a number from 0 to 1), ``since_boot`` stamps what other processes count.
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    since_boot: Callable[[], float] = seconds_since_boot


def checked_timeout(timeout: float | None) -> float | None:
    """Return a timeout as Python's own number, or None; refuse what is not a positive number of seconds.

    Examples
    --------
    >>> checked_timeout(-1)
    Traceback (most recent call last):
    ...
    omnipd.errors.ArgumentError: timeout=-1 must be a positive number of seconds.
    """
    if timeout is None:
        return None
    seconds = number_of(timeout)
    if seconds is None or not seconds > 0:
        raise ArgumentError(argument("timeout", timeout) + " must be a positive number of seconds.")
    return float(min(seconds, threading.TIMEOUT_MAX))


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
