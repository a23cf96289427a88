"""What the AI may cost an organization as a whole."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CreditControls:
    """Limits, and what was used in a period; what is not said is no limit, and no use."""

    account_limit: int = 0
    used: int = 0
    downgrade_at: int | None = None
    shutoff_at: int | None = None
    user_default: int | None = None
    entity_group_default: int | None = None
    # Dates and times; the wire has them in milliseconds.
    period_start: str = "2023-01-01T00:00:00.000Z"
    period_end: str = "2023-02-01T00:00:00.000Z"
