"""A request, as its bytes say it."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message


@dataclass(frozen=True)
class Request:
    """Hold one request as it came in."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Message
    body: bytes
    # The address at the other end of the connection.
    peer: str = ""


def is_scim(path: str) -> bool:
    """Tell whether a path belongs to the SCIM part of the API."""
    return path.casefold().startswith("/api/scim/")
