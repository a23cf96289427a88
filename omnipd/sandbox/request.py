"""What was asked: first as bytes say it, then as an endpoint sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omnipd.sandbox.identity import Caller
    from omnipd.sandbox.world import World


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


@dataclass(frozen=True)
class Call:
    """Hold one request after routing, authentication and the checks of its parameters."""

    request: Request
    world: World
    caller: Caller
    segments: Mapping[str, str]
    parameters: Mapping[str, Any]
