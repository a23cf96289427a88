"""What was asked of a sandbox: the last of it in full, and all of it counted."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from threading import Lock

_LENGTH = 10_000
_PATHS_COUNTED = 10_000


@dataclass(frozen=True)
class Asked:
    """Remember one request and how it was answered; never its key.

    `status` is 0 where the connection was reset, and `fault` the kind of what went wrong on
    purpose. `came_at` is when it came, in seconds of ``time.monotonic()``; it was noted when it was
    answered.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    status: int
    fault: str | None = None
    came_at: float = field(default=0.0, compare=False)


class RequestLog:
    """Keep the last ten thousand requests, and count all of them by path."""

    def __init__(self) -> None:
        self._last: deque[Asked] = deque(maxlen=_LENGTH)
        self._by_path: Counter[str] = Counter()
        self._count = 0
        self._lock = Lock()

    @property
    def last(self) -> list[Asked]:
        """List the last requests, the oldest first."""
        return list(self._last)

    @property
    def count(self) -> int:
        """Count all requests."""
        return self._count

    @property
    def by_path(self) -> Counter[str]:
        """Count all requests, by path."""
        with self._lock:
            return self._by_path.copy()

    def add(self, asked: Asked) -> None:
        """Remember a request."""
        self._last.append(asked)
        with self._lock:
            self._count += 1
            if asked.path in self._by_path or len(self._by_path) < _PATHS_COUNTED:
                self._by_path[asked.path] += 1
