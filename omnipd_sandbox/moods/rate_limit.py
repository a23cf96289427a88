"""The gate before everything else: so many requests a minute for one key."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING

from omnipd_sandbox.http.reply import Document

if TYPE_CHECKING:
    from omnipd_sandbox.moods.behavior import RetryAfter

_WINDOW = timedelta(seconds=60)
_PAGE = b"<html><head><title>429 Too Many Requests</title></head><body><h1>429</h1></body></html>\n"


class RateLimit:
    """Count requests per exact ``Authorization`` value, in a sliding window and in all.

    The bucket belongs to the header's text, not to the user, and requests without the header
    are not counted (docs/wire.md). A request that was turned away does not count either:
    assumed, and the kinder reading.
    """

    def __init__(
        self,
        per_minute: int | None,
        at_all: int | None,
        retry_after: RetryAfter,
        now: Callable[[], datetime],
    ) -> None:
        self._per_minute = per_minute
        self._at_all = at_all
        self._retry_after = retry_after
        self._now = now
        self._admitted: dict[bytes, deque[datetime]] = {}
        self._total: Counter[bytes] = Counter()
        self._lock = Lock()

    def turn_away(self, authorization: str | None) -> Document | None:
        """Count a request; give the 429 if it is one too many."""
        if authorization is None or (self._per_minute is None and self._at_all is None):
            return None
        bucket = sha256(authorization.encode("utf-8", "surrogateescape")).digest()
        now = self._now()
        with self._lock:
            admitted = self._admitted.setdefault(bucket, deque())
            while admitted and admitted[0] <= now - _WINDOW:
                admitted.popleft()
            spent = self._at_all is not None and self._total[bucket] >= self._at_all
            if not spent and (self._per_minute is None or len(admitted) < self._per_minute):
                admitted.append(now)
                self._total[bucket] += 1
                return None
            # What is spent for good is still announced as a block of one window.
            free_at = _WINDOW + (now if spent else admitted[0])
        return self._blocked(now, free_at)

    def block(self) -> Document:
        """Give the 429 of a block that begins now."""
        now = self._now()
        return self._blocked(now, now + _WINDOW)

    def _blocked(self, now: datetime, free_at: datetime) -> Document:
        headers = {"X-Omni-Waf-Action": "block", **self._advice(now, free_at)}
        return Document(_PAGE, 429, "text/html", headers)

    def _advice(self, now: datetime, free_at: datetime) -> dict[str, str]:
        if self._retry_after == "seconds":
            return {"Retry-After": str(math.ceil((free_at - now).total_seconds()))}
        if self._retry_after == "date":
            # An HTTP date has whole seconds: round up, or the advice would be too early.
            whole = free_at + timedelta(microseconds=-free_at.microsecond % 1_000_000)
            # Clients hold the one date against the other, so both are of one clock.
            return {"Retry-After": _http_date(whole), "Date": _http_date(now)}
        return {}


def _http_date(time: datetime) -> str:
    return format_datetime(time.astimezone(UTC), usegmt=True)
