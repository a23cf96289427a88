"""People who are sent things and cannot log in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class EmailOnlyUser:
    """A recipient without a login."""

    membership_id: str
    user_id: str
    email: str
    name: str
    region: str | None
    attributes: Mapping[str, Any] = field(default_factory=dict)
