"""Choices that look random and never change.

The choice is a hash of what is being chosen, so that one more document, or one more trait,
moves nothing else, and no Python version shuffles differently.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha256
from typing import TypeVar
from uuid import UUID

Choice = TypeVar("Choice")

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_SEED: ContextVar[int] = ContextVar("omnipd_sandbox_seed", default=0)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Make all choices inside the block those of a seed; 0 is the organization of every day."""
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
    return sha256("\x1f".join(map(str, said)).encode()).digest()


def number(below: int, *topic: str | int) -> int:
    """Choose a whole number from 0 up to, not including, `below`."""
    return int.from_bytes(_digest(topic)[:8], "big") % below


def pick(choices: Sequence[Choice], *topic: str | int) -> Choice:
    """Choose one of several."""
    return choices[number(len(choices), *topic)]


def some(choices: Sequence[Choice], percent: int, *topic: str | int) -> list[Choice]:
    """Choose each of several with a chance of `percent`."""
    return [choice for place, choice in enumerate(choices) if number(100, *topic, place) < percent]


def stable_uuid(*topic: str | int) -> str:
    """Make a version 4 UUID that is always the same for the same topic."""
    return str(UUID(bytes=_digest(topic)[:16], version=4))


def base62(length: int, *topic: str | int) -> str:
    """Make a word of letters and digits."""
    letters = []
    for block in range(-(-length // 32)):
        letters += [BASE62[byte % 62] for byte in _digest((*topic, block))]
    return "".join(letters[:length])
