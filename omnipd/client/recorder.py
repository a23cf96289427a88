"""Exchanges as they happen, handed to the one who records them; mostly nobody does."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from omnipd.client.failures import Failure
from omnipd.client.transport import Reply, Request
from omnipd.locks import new_lock


@dataclass
class Exchange:
    """One request and what came of it.

    Attributes
    ----------
    method, path : str
    params : mapping of str to str
    body : str or None
        The JSON that was sent.
    origin : str
        Where it went.
    began : float
        When, in seconds since 1970.
    status : int
        0 where no answer began.
    headers : mapping of str to str
        Those of the answer.
    pieces : list of bytes
        Its body, decoded, as far as it was read.
    whole : bool
        Whether it was read to its end.
    failure : str or None
        Why there is no answer, or not all of it.
    """

    method: str
    path: str
    params: Mapping[str, str]
    body: str | None
    origin: str
    began: float
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: list[bytes] = field(default_factory=list)
    whole: bool = False
    failure: str | None = None

    def came(self, answer: Reply | Failure) -> None:
        """Take what came: the head of an answer, whose body will be read, or nothing."""
        if isinstance(answer, Failure):
            self.failure = answer.kind
            return
        self.status, self.headers = answer.status, dict(answer.headers)
        answer.copied_to = self


class Recorder:
    """Takes note of all exchanges of this process, of whichever client.

    Attributes
    ----------
    exchanges : list of Exchange
        In the order in which they began.
    hides : dict
        What takes the keys of each client that was used out of a text, by the client's fingerprint.
    """

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.hides: dict[str, Callable[[str], str]] = {}
        self._pid = os.getpid()

    @property
    def is_here(self) -> bool:
        """Whether this is the process that records, and not a child of it."""
        return self._pid == os.getpid()

    def begins(self, exchange: Exchange, fingerprint: str, hide_key: Callable[[str], str]) -> None:
        """Take note of a request that is about to be sent."""
        self.exchanges.append(exchange)
        self.hides[fingerprint] = hide_key


_now: Recorder | None = None
_change = new_lock()


def recorder() -> Recorder | None:
    """Return who records in this process, if anybody does."""
    found = _now
    return found if found is not None and found.is_here else None


def begin(new: Recorder) -> bool:
    """Let a recorder take note from now on; return False where another one does already."""
    global _now  # noqa: PLW0603 - there is one for the process, as there is one key and one limit
    with _change:
        if recorder() is not None:
            return False
        _now = new
    return True


def end(old: Recorder) -> None:
    """Let it take note of nothing more."""
    global _now  # noqa: PLW0603 - as above
    with _change:
        if _now is old:
            _now = None


def note(
    request: Request, origin: str, began: float, fingerprint: str, hide_key: Callable[[str], str]
) -> Exchange | None:
    """Take note of a request that is about to be sent; return what is to be told what comes of it."""
    found = recorder()
    if found is None:
        return None
    # As they are now: the pages of a list share what they ask for.
    params = dict(request.params or {})
    body = None if request.json is None else json.dumps(request.json)
    exchange = Exchange(request.method, request.path, params, body, origin, began)
    found.begins(exchange, fingerprint, hide_key)
    return exchange
