"""Never more than so many requests in any minute, over all threads and processes of one key.

A sliding log of send times in one small SQLite file per key. Token buckets let a burst through
twice; the published limiters tried here overshot across processes and know nothing of a server's
Retry-After, so this is the log itself and nothing more. SQLite gives the lock between processes
on every platform. Omni counts requests when they arrive, not when they leave, so the window is
half a second longer than the server's and the last twentieth of the allowance is left unused.
"""

from __future__ import annotations

import contextlib
import math
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from omnipd.errors import warn
from omnipd.locks import NO_FORK, new_lock

WINDOW = 60.5
_BUSY_SECONDS = 5.0
_LONGEST_HOLD = 3600.0
_Result = TypeVar("_Result")


class Limiter:
    """A sliding-window log, shared by everything on this machine that uses the same key.

    Parameters
    ----------
    path : Path
        The log file; its directory is made with mode 0700.
    per_minute : int
        The server's allowance; 95 % of it, at least one, is used.
    clock : callable
        Wall-clock seconds; wall time, because other processes must read the same stamps.
    """

    def __init__(
        self, path: Path, per_minute: int, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.capacity = max(1, math.floor(per_minute * 0.95))
        self._path = path
        self._clock = clock
        self._lock = new_lock()
        self._mine = threading.local()
        self._memory: sqlite3.Connection | None = None

    def try_acquire(self) -> float:
        """Take a place in the window and return 0.0, or return the seconds to wait before retrying."""
        return self._with_log(self._acquire)

    def arrived(self) -> None:
        """Count this thread's last request from now: making its connection may have taken long."""
        row = getattr(self._mine, "row", None)
        if row is not None:
            self._with_log(
                lambda log: log.execute(
                    "UPDATE sent SET at = ? WHERE rowid = ?", (self._clock(), row)
                )
            )

    def held(self) -> float:
        """Return the seconds for which a server's 429 still holds the key; 0.0 when none does."""
        return self._with_log(lambda log: self._held(log, self._clock()))

    def hold(self, seconds: float) -> None:
        """Let no request of this key leave for so long: the server has answered 429 to one of them."""
        self._with_log(lambda log: self._hold(log, seconds))

    def _acquire(self, log: sqlite3.Connection) -> float:
        now = self._clock()
        # Stamps of the future are left by a clock that was set back: they would block for ever.
        log.execute("DELETE FROM sent WHERE at <= ? OR at > ?", (now - WINDOW, now + 1))
        if held := self._held(log, now):
            return held
        (count,) = log.execute("SELECT count(*) FROM sent").fetchone()
        if count < self.capacity:
            self._mine.row = log.execute("INSERT INTO sent VALUES (?)", (now,)).lastrowid
            return 0.0
        (free,) = log.execute(
            "SELECT at FROM sent ORDER BY at LIMIT 1 OFFSET ?", (count - self.capacity,)
        ).fetchone()
        return float(max(0.001, free + WINDOW - now))

    def _held(self, log: sqlite3.Connection, now: float) -> float:
        until = log.execute("SELECT until FROM hold").fetchone()
        return float(until[0] - now) if until and now < until[0] <= now + _LONGEST_HOLD else 0.0

    def _hold(self, log: sqlite3.Connection, seconds: float) -> None:
        now = self._clock()
        until = now + min(seconds, _LONGEST_HOLD)
        held = log.execute("SELECT until FROM hold").fetchone()
        if held is None or held[0] < until or held[0] > now + _LONGEST_HOLD:
            log.execute("INSERT OR REPLACE INTO hold (one, until) VALUES (1, ?)", (until,))

    def _with_log(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Run one locked transaction; a log that is damaged or unreachable is replaced by memory."""
        with self._lock:
            if self._memory is None:
                try:
                    # A connection per call survives a fork and leaks nothing.
                    with NO_FORK, contextlib.closing(self._open()) as log:
                        return _locked(log, work)
                except (OSError, sqlite3.Error, TypeError, ValueError) as error:
                    reason = type(error).__name__
                with NO_FORK:
                    self._memory = _prepared(
                        sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
                    )
                warn(
                    f"The request log {self._path} cannot be used ({reason}); requests are counted "
                    "in this process only. Set OMNIPD_CACHE_DIR to a writable folder.",
                )
            with NO_FORK:
                return _locked(self._memory, work)

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._path.exists():
            os.close(os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600))
        return _prepared(sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None))


def _locked(log: sqlite3.Connection, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
    with log:  # an interrupt inside rolls back: the log of this process is used again
        log.execute("BEGIN IMMEDIATE")
        return work(log)


def _prepared(log: sqlite3.Connection) -> sqlite3.Connection:
    log.execute("PRAGMA synchronous=OFF")
    log.execute("CREATE TABLE IF NOT EXISTS sent (at REAL NOT NULL)")
    log.execute("CREATE TABLE IF NOT EXISTS hold (one INTEGER PRIMARY KEY, until REAL NOT NULL)")
    return log
