"""What a list cache asks of the place where its pages are."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from requests_cache.models.response import CachedResponse


class Damaged(Exception):
    """Why what is stored under a key is no page: words that go into a message."""


class Pages(Protocol):
    """The stored pages of one instance and key. All raise ``Unusable`` where the place cannot be used."""

    def load(self, key: str) -> CachedResponse | None:
        """Return a page, or None without one; raise ``Damaged`` for what is none."""

    def store(self, key: str, page: CachedResponse) -> None:
        """Put a page in the place of the one before it."""

    def set_aside(self, key: str) -> str:
        """Take away what is damaged, and say what became of it."""

    def drop_expired(self, now: datetime) -> None:
        """Delete what has run out, whoever stored it and for how long."""

    def clear(self) -> int:
        """Delete all pages of this instance and key; return how many."""

    def note_write(self, now: datetime) -> None:
        """Note for all who share the place that something was changed in the instance until now."""

    def last_write(self) -> datetime:
        """Return when that was by the notes of those who share the place."""
