"""The Omni that is changed, while it is: what is sent to it, and what was learned of it on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from omnipd import log
from omnipd.changes.api_call import ApiCall
from omnipd.client.client import Client
from omnipd.errors import APIError, ArgumentError, AuthenticationError, OmniError, RateLimitError
from omnipd.progress import waiting

Result = TypeVar("Result")

#: Seconds for which a step waits for the limit in all, and at a time.
_LONGEST_PAUSE = 900.0
_PAUSE = 60.0


class Now:
    """One Omni while changes are made.

    Parameters
    ----------
    client : Client

    Attributes
    ----------
    client : Client
        What is read by it is read anew: no stored list is good enough to change something by.
    learned : dict
        What an action has learned, such as where a document lies, by a name of its own. It saves
        calls; it is never what a change is judged by.
    to_be_made : set of tuple of str
        Kind and item of what a plan makes itself, while it is only planned: other changes may name it.
    calls_made : int
        How many calls that change something Omni has taken.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.learned: dict[str, Any] = {}
        self.to_be_made: set[tuple[str, str]] = set()
        self.calls_made = 0

    def send(self, call: ApiCall) -> Any:
        """Make a call that changes something, once, and return what Omni answers; None for nothing.

        Where Omni did nothing for it, since it allows no more requests for now or refuses the key for the
        first time, the call is made again, and none of those before it.

        Raises
        ------
        OutcomeUnknownError
            If it may have taken effect.
        OmniError
            If it did not.
        """
        answer = self.patiently(
            lambda: self.client.change(call.method, call.path, call.body, params=call.params)
        )
        self.calls_made += 1
        return answer.content

    def patiently(self, work: Callable[[], Result]) -> Result:
        """Do something that the limit may hold up for longer than one call waits: it is a pause, no failure.

        A key that is refused is tried once more: Omni has been seen to refuse good ones in passing.

        Raises
        ------
        RateLimitError
            After 15 minutes.
        AuthenticationError
            If the key is refused twice running.
        """
        clock, paused, was_refused = self.client.clock, 0.0, False
        while True:
            try:
                return work()
            except AuthenticationError as error:
                if was_refused or not stops_all(error):
                    raise
                was_refused = True
                log.info("%s Trying it once more.", error.message)
            except RateLimitError as error:
                wait = max(error.retry_after or 0.0, _PAUSE)
                if paused + wait > _LONGEST_PAUSE or not stops_all(error):
                    raise
                log.info("%s Pausing for %.0f s.", error.message, wait)
                with waiting():
                    clock.sleep(wait)
                paused, was_refused = paused + wait, False

    def learn(self, name: str) -> dict[Any, Any]:
        """Return what was learned under a name, to be added to."""
        known: dict[Any, Any] = self.learned.setdefault(name, {})
        return known


def stops_all(error: OmniError) -> bool:
    """Whether an error would meet every other call as well, and nothing was done for this one.

    What comes with status 200 is told from its words alone, which may be about the one thing that was asked
    for: "too many members" is no limit of requests.
    """
    if isinstance(error, AuthenticationError | RateLimitError):
        return error.status != 200
    return not isinstance(error, APIError | ArgumentError)
