"""What comes of a request: a whole JSON document, and what is known of it beside its body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from omnipd.client.failures import Failure


@dataclass(frozen=True)
class Answer:
    """A whole JSON answer.

    Attributes
    ----------
    content : dict or list
        The parsed body.
    body : bytes
        The body as it came, decoded from gzip.
    trace_id : str or None
        Omni's own name for the exchange.
    read_at : datetime or None
        When it came, where it was not asked for now.
    asked_ahead : bool
        Whether this call has asked for it before, to count what it takes.
    """

    content: Any
    body: bytes
    trace_id: str | None = None
    read_at: datetime | None = None
    asked_ahead: bool = False


@dataclass
class Received:
    """What is known of an answer beside its body.

    Attributes
    ----------
    trace_id : str or None
        Omni's own name for the last exchange, which its support asks for.
    waited : float
        Seconds for which a place among the requests of a minute was waited for.
    """

    trace_id: str | None = None
    waited: float = 0.0


@dataclass(frozen=True)
class Once:
    """What came of a request that was sent once, whatever it is.

    Attributes
    ----------
    status : int
        The HTTP status; 0 where no answer came.
    headers : mapping of str to str
        Case-insensitive where they came with an answer.
    body : bytes
        The body as it came, decoded from gzip; empty where it did not come whole.
    failure : Failure or None
        Why there is no whole answer.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    failure: Failure | None = None
