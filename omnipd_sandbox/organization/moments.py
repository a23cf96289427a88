"""Moments, as text on the wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from omnipd_sandbox.organization import chance

EPOCH = datetime(2023, 1, 9, 8, 0, tzinfo=UTC)


def written(moment: datetime) -> str:
    """Write a moment in UTC, to the millisecond."""
    utc = moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"


def some_moment(*topic: str | int) -> datetime:
    """Choose a moment within three years; always the same for the same topic."""
    return EPOCH + timedelta(
        minutes=chance.number(1_500_000, *topic),
        milliseconds=chance.number(60_000, "milliseconds", *topic),
    )
