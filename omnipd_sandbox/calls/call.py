"""One request after routing, authentication and the checks of its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omnipd_sandbox.calls.identity import Caller
from omnipd_sandbox.calls.world import World
from omnipd_sandbox.http.request import Request
from omnipd_sandbox.organization.organization import Organization


@dataclass(frozen=True)
class Call:
    """Hold one request after routing, authentication and the checks of its parameters."""

    request: Request
    world: World
    # Nobody where an address needs no key.
    known: Caller | None
    segments: Mapping[str, str]
    parameters: Mapping[str, Any]

    @property
    def caller(self) -> Caller:
        """Give who asks; only of what needs a key."""
        assert self.known is not None  # noqa: S101 - who asks is known before
        return self.known

    @property
    def organization(self) -> Organization:
        """Give the people and content that the call is about."""
        return self.world.organization
