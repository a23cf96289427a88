"""The keys of the organization, and of its members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class ApiKey:
    """A key, without its secret; that of the organization belongs to no member."""

    id: str
    name: str
    type: Literal["organization", "personal", "mcp"]
    enabled: bool
    membership_id: str | None
    created_at: str
