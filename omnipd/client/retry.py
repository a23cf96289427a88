"""Whether a request may be sent again, and how long to wait before.

A GET may be repeated, and a POST that only reads; one that starts something only while Omni cannot have seen it. A 429 is
no failure: it holds the whole key and is waited out. What it all may cost is bounded three times:
by tries, by time, and by a quota over all requests of a client, so that an outage is not met with
a storm.
"""

from __future__ import annotations

import email.utils
import math
from collections.abc import Callable, Mapping

from omnipd import log
from omnipd.arguments import argument
from omnipd.client.failures import Failure, error_for, error_of_failure, unknown_outcome
from omnipd.client.rate_limit import Busy
from omnipd.clock import Clock, Deadline
from omnipd.errors import DeadlineError, OmniError
from omnipd.message import join
from omnipd.progress import waiting

LONGEST_RETRY_AFTER = 120.0
_THROTTLE_SECONDS = 150.0
THROTTLE_STEPS = (5.0, 10.0, 20.0, 30.0)
_TRIES = {"unsent": 5, "unresolved": 2, "lost": 5, "garbled": 2}
_STATUS_TRIES = {500: 3, 502: 5, 503: 5, 504: 5, 408: 5}
#: Below 500, what may follow on a change that was made: somebody stopped waiting for the answer, or
#: it leads to what was made. After 307 and 308 nothing was.
LEFT_OPEN = {300, 301, 302, 303, 304, 305, 306, 408, 499}


class Quota:
    """What a client may still spend on trying again: refilled by every success."""

    def __init__(self) -> None:
        self.left = 500

    def spend(self, tokens: int) -> bool:
        """Take tokens, and return whether there were enough."""
        if self.left < tokens:
            return False
        self.left -= tokens
        return True

    def refill(self) -> None:
        """Count a success."""
        self.left = min(500, self.left + 1)


class Retry:
    """What has happened to one request so far.

    Parameters
    ----------
    url : str
        That of the request, without its query string.
    repeatable : bool
        Whether it may be sent again, whatever became of it.
    changes : bool
        Whether it makes or changes something in Omni.
    deadline : Deadline
        When to give up.
    quota : Quota
        Shared by all requests of the client.
    hold : callable
        Lets no request of the key leave for so many seconds; returns whether none might already.
    clock : Clock
        How to wait.
    """

    def __init__(
        self,
        url: str,
        *,
        repeatable: bool,
        changes: bool,
        deadline: Deadline,
        quota: Quota,
        hold: Callable[[float], bool],
        clock: Clock,
    ) -> None:
        self._safe = repeatable
        self._changes = changes
        self._url = url
        self._deadline = deadline
        self._quota = quota
        self._hold = hold
        self._patient = deadline.patient
        self._clock = clock
        self._failed = 0
        self._throttled = 0
        self._waited = 0.0

    def after_failure(self, failure: Failure) -> None:
        """Wait and return when the request may be sent again; raise when it may not."""
        self._failed += 1
        if not self._safe and not failure.nothing_sent:
            raise unknown_outcome(failure.reason, url=self._url)
        error = error_of_failure(failure, url=self._url, tries=self._failed)
        self._next_try(error, _TRIES.get(failure.kind, 1))

    def after_status(self, status: int, headers: Mapping[str, str], words: str | None) -> None:
        """Wait and return when the request may be sent again; raise the error of the status if not.

        ``words`` is what the answer says, free of the key.
        """
        retry_after = retry_after_of(headers)
        if status == 429:
            error = error_for(status, words, url=self._url, retry_after=retry_after)
            self._throttle(error, retry_after)
            return
        if not self._safe and self._leaves_open(status, words):
            raise unknown_outcome(f"it answered {status}", url=self._url, status=status)
        self._failed += 1
        error = error_for(status, words, url=self._url, retry_after=retry_after, tries=self._failed)
        patience = self._safe and (retry_after or 0) <= LONGEST_RETRY_AFTER
        self._next_try(error, _STATUS_TRIES.get(status, 1) if patience else 1, retry_after or 0.0)

    def _leaves_open(self, status: int, words: str | None) -> bool:
        """Whether a POST that was answered so may have taken effect all the same."""
        if self._changes:
            return status in LEFT_OPEN or status >= 500
        # A query changes nothing: a 500 with Omni's own words is an answer, and a job that is
        # named with a 408 can be waited for. The others may come from a proxy before Omni.
        return status in {502, 503, 504} or (status >= 500 and not words)

    def _next_try(self, error: OmniError, tries: int, at_least: float = 0.0) -> None:
        """Wait with full jitter; raise when the tries, the quota or the time are used up."""
        if self._failed >= tries:
            raise error
        spread = 0.1 + 0.9 * self._clock.jitter()
        wait = max(at_least, spread * min(20.0, 0.5 * 2.0**self._failed))
        if not self._quota.spend(14):
            raise error
        if wait >= self._deadline.remaining():
            raise DeadlineError(
                error.message + f" No time is left for another try ({self._deadline.seconds:g} s).",
                hint=join(
                    [
                        error.hint,
                        "Allow more time with " + argument("timeout", ..., of="connect") + ".",
                    ]
                ),
                status=error.status,
                url=error.url,
                retryable=True,
            )
        log.info("%s Sending it again after %.1f s.", error.message, wait)
        self._clock.sleep(wait)

    def while_held(self, seconds: float) -> None:
        """Wait while another request of the key, here or in another process, was told to."""
        words = "another request with this key was told to wait"
        self._wait(error_for(429, words, url=self._url, retry_after=seconds), seconds)

    def while_busy(self, seconds: float, busy: Busy, *, since: float) -> None:
        """Wait for what counts the requests; raise when a call with a time of its own has none left."""
        if not self._patient and seconds >= self._deadline.remaining():
            raise DeadlineError(
                f"The request was not sent within {self._deadline.seconds:g} s: {busy.why}.",
                hint=(
                    f"{busy.remedy}, or give the call more: "
                    + argument("timeout", ..., of="connect")
                    + "."
                ),
                url=self._url,
                retryable=True,
            )
        self._clock.sleep(seconds)
        if self._patient:
            self._deadline.extend(self._clock.monotonic() - since)

    def _throttle(self, error: OmniError, retry_after: float | None) -> None:
        """Hold every request of the key, here and in other processes, and wait."""
        step = THROTTLE_STEPS[min(self._throttled, len(THROTTLE_STEPS) - 1)]
        wait = retry_after or step * (0.8 + 0.4 * self._clock.jitter())
        self._throttled += 1
        # Also when this call gives up: the others must not run into it. And a storm costs once, not once
        # for each request that was under way when it began.
        is_held = self._hold(wait)
        if not is_held and not self._quota.spend(5):
            raise error
        self._wait(error, wait)

    def _wait(self, error: OmniError, seconds: float) -> None:
        """Wait because the server says so; raise when that is more than this call may take."""
        left = _THROTTLE_SECONDS - self._waited if self._patient else self._deadline.remaining()
        if seconds > min(left, LONGEST_RETRY_AFTER):
            raise error
        self._waited += seconds
        log.info("%s Waiting %.0f s.", error.message, seconds)
        with waiting():
            self._clock.sleep(seconds)
        if self._patient:
            self._deadline.extend(seconds)


def retry_after_of(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait; None for what is absent, past or unreadable."""
    text = headers.get("Retry-After", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        until = _http_date(text)
        # Read against the server's own clock: the one here may be wrong.
        now = _http_date(headers.get("Date", ""))
        if until is None or now is None:
            return None
        seconds = until - now
    return seconds if 0 < seconds < math.inf else None


def _http_date(text: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
