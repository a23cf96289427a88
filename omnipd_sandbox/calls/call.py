"""One request after routing, authentication and the checks of its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omnipd_sandbox.calls.identity import Caller
from omnipd_sandbox.calls.world import World
from omnipd_sandbox.http.request import Request


@dataclass(frozen=True)
class Call:
    """Hold one request after routing, authentication and the checks of its parameters."""

    request: Request
    world: World
    caller: Caller
    segments: Mapping[str, str]
    parameters: Mapping[str, Any]
