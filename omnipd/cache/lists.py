"""Answers kept for a while, so that the same list is not asked for twice.

They are responses of requests-cache as JSON, in one private folder for each fingerprint of instance
and key, or in one of its backends, each with an explicit expiry. Its session is not used: that would
serve one key's answers to another, keep the request's headers, and cache the pages of a list one by
one. Here the pages of one read carry a common mark; a list is served whole from the cache or not at
all. What was begun before the last write to the same Omni is not served, whichever key and process
wrote.
"""

from __future__ import annotations

import functools
import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from omnipd.arguments import argument
from omnipd.cache.backends import in_folder, open_pages
from omnipd.cache.clear import clear_folder
from omnipd.cache.last_write import NEVER, LastWrite, NotesUnusable
from omnipd.cache.pages import Damaged, Pages
from omnipd.cache.private_files import Unusable
from omnipd.errors import warn
from omnipd.locks import NO_FORK

_Result = TypeVar("_Result")
_READ_HEADER = "X-Omnipd-Read"
#: A list of more bytes is not stored.
LARGEST_LIST = 64 * 2**20
#: Looking at every file takes time, and a fan-out stores thousands.
_BETWEEN_SWEEPS = timedelta(minutes=10)
#: A server that does not answer makes each try take its time.
_BETWEEN_NOTES_IN_VAIN = timedelta(minutes=1)


@dataclass(frozen=True)
class CachedPage:
    """A stored body, the read of the list that it belongs to, and when it was fetched."""

    body: bytes
    read: str
    fetched_at: datetime


class ListCache:
    """The stored pages of one instance and key.

    Parameters
    ----------
    folder : Path
        The directory of this instance and key, named after both; made with mode 0700 when first used.
    lifetime : timedelta
        How long a stored list is served.
    last_write : LastWrite
        When something was last changed in the instance.
    backend : str, BaseCache or None
        Where they are stored instead of the folder, as
        :func:`omnipd.cache.backends.checked_backend` returns it.
    """

    def __init__(
        self, folder: Path, lifetime: timedelta, last_write: LastWrite, backend: Any = None
    ) -> None:
        self.folder = folder
        self.lifetime = lifetime
        self._last_write = last_write
        self._backend = backend
        self._pages: Pages | None = None
        self._broken = False
        self._swept = self._noted_in_vain = NEVER

    def load(self, path: str, params: Mapping[str, str]) -> CachedPage | None:
        """Return the stored answer to one request, or None when there is none or it is damaged."""
        if self._broken:
            return None
        url = self._url(path, params)
        key = _key(url)
        try:
            pages = self._open()
            try:
                stored = _twice(lambda: pages.load(key))
                if stored is None:
                    return None
                body, created = stored.content, stored.created_at
                read = stored.headers[_READ_HEADER]
                if not isinstance(body, bytes) or stored.url != url:
                    raise Damaged("not what was stored")
                age = datetime.now(UTC) - created
                fresh = timedelta(0) <= age <= self.lifetime and not stored.is_expired
                if not fresh or stored.status_code != 200:
                    return None
                if created <= max(self._last_write.at(), _twice(pages.last_write)):
                    return None
                return CachedPage(body, str(read), created)
            except Damaged as damaged:
                reason = str(damaged)
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                reason = type(error).__name__
            became = pages.set_aside(key)
        except Unusable as why:
            self._give_up(why)
            return None
        warn(f"A damaged page of the cache was {became} ({reason}); its list is fetched again.")
        return None

    def save(
        self, path: str, pages: Iterable[tuple[Mapping[str, str], bytes]], fetched_at: datetime
    ) -> None:
        """Store all pages of one finished read, which are gone through twice, with one mark and expiry."""
        if self._broken or sum(len(body) for _, body in pages) > LARGEST_LIST:
            return
        mark, expires = uuid.uuid4().hex, fetched_at + self.lifetime
        try:
            place = self._open()
            with NO_FORK:
                from omnipd.cache.page_files import new_page  # noqa: PLC0415 - imported by then

            for params, body in pages:
                url = self._url(path, params)
                page = new_page(url, body, {_READ_HEADER: mark}, fetched_at, expires)
                _twice(functools.partial(place.store, _key(url), page))
            now = datetime.now(UTC)
            if now - self._swept > _BETWEEN_SWEEPS:
                self._swept = now
                _twice(lambda: place.drop_expired(now))
        except Unusable as why:
            self._give_up(why)

    @property
    def works(self) -> bool:
        """Whether something can be stored, as far as is known."""
        return not self._broken

    def clear(self) -> int:
        """Delete everything stored for this instance and key; return the number of answers."""
        count = clear_folder(self.folder)
        if not in_folder(self._backend):
            try:
                count += self._open().clear()
            except Unusable as why:
                warn(f"{self._place} {why}: what is stored there was not deleted.")
        return count

    def note_write(self) -> None:
        """Note for others who share a backend that something may have changed until now."""
        if in_folder(self._backend):
            return
        # In either direction: a clock may be set back.
        if abs(datetime.now(UTC) - self._noted_in_vain) < _BETWEEN_NOTES_IN_VAIN:
            return
        try:
            _twice(lambda: self._open().note_write(datetime.now(UTC)))
        except Unusable as why:
            self._noted_in_vain = datetime.now(UTC)
            warn(
                f"{self._place} {why}: lists that are stored there may not show what was changed. "
                + argument("refresh", True)
                + " asks again."
            )

    def _open(self) -> Pages:
        if self._pages is None:
            try:
                self._pages = open_pages(self._backend, self.folder)
            except Unusable:
                raise
            except Exception as error:  # noqa: BLE001 - each backend has errors of its own
                raise Unusable(f"cannot be used ({type(error).__name__})") from None
        return self._pages

    def _url(self, path: str, params: Mapping[str, str]) -> str:
        """Return what stands for a request, and for whose it is: folders can be renamed."""
        return f"{self.folder.name}{path}?{json.dumps(sorted(params.items()), ensure_ascii=True)}"

    def _give_up(self, why: Unusable) -> None:
        self._broken = True
        if isinstance(why, NotesUnusable) or in_folder(self._backend):
            name = why.named_by if isinstance(why, NotesUnusable) else "OMNIPD_CACHE_DIR"
            what = "Set " + name + " to a writable folder of your own, "
        else:
            what = "See that it can be reached, "
        warn(
            f"{self._place} {why}; lists are fetched each time. "
            + what
            + "or pass "
            + argument("cache", False, of="connect")
            + "."
        )

    @property
    def _place(self) -> str:
        if in_folder(self._backend):
            return f"The cache folder {self.folder}"
        kind = self._backend if isinstance(self._backend, str) else type(self._backend).__name__
        return f"The cache backend {kind}"


def _twice(work: Callable[[], _Result]) -> _Result:
    """Do what may fail for a moment: another process may be deleting all that is stored."""
    try:
        return work()
    except Unusable:
        return work()


def _key(url: str) -> str:
    return hashlib.blake2b(url.encode(), digest_size=16).hexdigest()
