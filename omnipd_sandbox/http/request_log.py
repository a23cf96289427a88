"""What was asked of a sandbox, one entry for each request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Asked:
    """Remember one request and how it was answered; never its key.

    `status` is 0 where the connection was reset, and `fault` the kind of what went wrong on
    purpose.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    status: int
    fault: str | None = None
