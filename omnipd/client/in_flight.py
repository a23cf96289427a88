"""How many requests have to be under way at once to use what a key is allowed."""

from __future__ import annotations

import math

#: More at once would be no use to anybody who reads, and none to Omni.
_MOST = 16
#: Requests a minute, where nobody has said what is allowed: a sandbox, as a rule.
_WITHOUT_LIMIT = 1000
#: Over how many requests a mean is taken, nearly.
_LATEST = 10


class InFlight:
    """What requests take, but for waiting for their places; the latest weigh most."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def note(self, seconds: float) -> None:
        """Note what a request took with its retries."""
        self._seconds += (seconds - self._seconds) / _LATEST if self._seconds else seconds

    def needed(self, per_minute: int | None) -> int:
        """Return how many have to be under way.

        The mean number in a system is the rate of arrival times the time that each is in it (Little's
        law); twice that, since some answers take longer. Where they come faster than requests may be
        sent, it is one. How many are sent is for the limiter to say.

        Examples
        --------
        >>> requests = InFlight()
        >>> requests.note(0.15)
        >>> requests.needed(60), requests.needed(500)
        (1, 3)
        """
        needed = math.ceil(2 * self._seconds * (per_minute or _WITHOUT_LIMIT) / 60)
        return min(_MOST, max(1, needed))
