"""Dates and times, as text on the wire."""

from __future__ import annotations

from datetime import UTC, datetime

#: What is not dated otherwise happened then.
EPOCH = datetime(2023, 1, 9, 8, 0, tzinfo=UTC)


def written(instant: datetime) -> str:
    """Write an instant in UTC, to the millisecond."""
    utc = instant.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"
