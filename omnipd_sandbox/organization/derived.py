"""What follows from a name: ids, numbers and dates, the same on every day and machine.

All are a hash of the name, so that one more document, or one more trait, changes nothing else,
and no Python version gives others.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from omnipd_sandbox.organization.dates import EPOCH

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_SEED: ContextVar[int] = ContextVar("omnipd_sandbox_seed", default=0)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Make all that follows inside the block that of a seed; 0 is the organization of every day."""
    before = _SEED.set(seed)
    try:
        yield
    finally:
        _SEED.reset(before)


def seed() -> int:
    """Give the seed in force; whatever is kept for later belongs to it."""
    return _SEED.get()


def _digest(topic: tuple[str | int, ...]) -> bytes:
    said = ("seed", _SEED.get(), *topic) if _SEED.get() else topic
    # Names may hold what UTF-8 cannot say.
    return sha256("\x1f".join(map(str, said)).encode(errors="surrogatepass")).digest()


def number(below: int, *topic: str | int) -> int:
    """Give a whole number from 0 up to, not including, `below`."""
    return int.from_bytes(_digest(topic)[:8], "big") % below


def stable_uuid(*topic: str | int) -> str:
    """Make a version 4 UUID that is always the same for the same topic."""
    return str(UUID(bytes=_digest(topic)[:16], version=4))


def base62(length: int, *topic: str | int) -> str:
    """Make a word of letters and digits."""
    letters = []
    for block in range(-(-length // 32)):
        letters += [BASE62[byte % 62] for byte in _digest((*topic, block))]
    return "".join(letters[:length])


def instant(*topic: str | int) -> datetime:
    """Give an instant within three years."""
    return EPOCH + timedelta(
        minutes=number(1_500_000, *topic),
        milliseconds=number(60_000, "milliseconds", *topic),
    )
