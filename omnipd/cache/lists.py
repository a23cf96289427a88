"""Answers kept on disk for a while, so that the same list is not asked for twice.

requests-cache stores the answers: as JSON, in one 0700 directory per fingerprint of instance and
key, each with an explicit expiry. Its session is not used: that would serve one key's answers to
another, keep the request's headers, and cache the pages of a list one by one. Here the pages of one
read carry a common mark; a list is served whole from the cache or not at all. What was begun before
the last write to the same Omni is not served, whichever key and process wrote.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from omnipd.cache.clear import clear_folder
from omnipd.cache.last_write import NEVER, LastWrite
from omnipd.cache.private_files import delete, make_folder, set_aside
from omnipd.errors import warn
from omnipd.locks import NO_FORK

if TYPE_CHECKING:
    from omnipd.cache.page_files import PageFiles

_READ_HEADER = "X-Omnipd-Read"
#: A list of more bytes is not stored.
LARGEST_LIST = 64 * 2**20
_LONGEST_LIFE = timedelta(days=1)
#: Looking at every file takes time, and a fan-out stores thousands.
_BETWEEN_SWEEPS = timedelta(minutes=10)


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
        The directory of this instance and key; made with mode 0700 when first written.
    lifetime : timedelta
        How long a stored list is served.
    last_write : LastWrite
        When something was last changed in the instance.
    """

    def __init__(self, folder: Path, lifetime: timedelta, last_write: LastWrite) -> None:
        self.folder = folder
        self.lifetime = lifetime
        self._last_write = last_write
        self._files: PageFiles | None = None
        self._broken = False
        self._swept = NEVER

    def load(self, path: str, params: Mapping[str, str]) -> CachedPage | None:
        """Return the stored answer to one request, or None when there is none or it is damaged."""
        files = self._open()
        if files is None:
            return None
        key = _key(path, params)
        try:
            stored = files[key]
            body, read, created = stored.content, stored.headers[_READ_HEADER], stored.created_at
            if not isinstance(body, bytes) or stored.url != _url(path, params):
                raise ValueError("not what was stored")
            age = datetime.now(UTC) - created
            fresh = timedelta(0) <= age <= self.lifetime and not stored.is_expired
            if not fresh or created <= self._last_write.at() or stored.status_code != 200:
                return None
            return CachedPage(body, str(read), created)
        except KeyError as error:
            if not files.path_of(key).exists():
                return None
            reason = type(error).__name__
        except Exception as error:  # noqa: BLE001 - whatever a foreign or damaged file raises
            reason = type(error).__name__
        self._set_aside(files.path_of(key), reason)
        return None

    def save(
        self, path: str, pages: list[tuple[Mapping[str, str], bytes]], fetched_at: datetime
    ) -> None:
        """Store all pages of one finished read, with one mark and one time of expiry."""
        files = self._open()
        if files is None or sum(len(body) for _, body in pages) > LARGEST_LIST:
            return
        with NO_FORK:
            from requests.structures import CaseInsensitiveDict  # noqa: PLC0415
            from requests_cache.models.request import CachedRequest  # noqa: PLC0415
            from requests_cache.models.response import CachedResponse  # noqa: PLC0415

        mark = uuid.uuid4().hex
        try:
            make_folder(self.folder)
            for params, body in pages:
                url = _url(path, params)
                files[_key(path, params)] = CachedResponse(
                    content=body,
                    status_code=200,
                    url=url,
                    created_at=fetched_at,
                    expires=fetched_at + self.lifetime,
                    headers=CaseInsensitiveDict({_READ_HEADER: mark}),
                    request=CachedRequest(method="GET", url=url),
                )
            self._drop_expired(datetime.now(UTC))
        except (OSError, KeyError, TypeError, ValueError) as error:
            self._give_up(f"cannot be written ({type(error).__name__})")

    def clear(self) -> int:
        """Delete everything stored for this instance and key; return the number of answers."""
        self._files = None
        return clear_folder(self.folder)

    def _open(self) -> PageFiles | None:
        if self._files is None and not self._broken:
            with NO_FORK:
                from omnipd.cache.page_files import PageFiles  # noqa: PLC0415 - slow to import

            try:
                make_folder(self.folder)
                self._files = PageFiles(self.folder)
            except OSError as error:
                self._give_up(f"cannot be used ({type(error).__name__})")
        return self._files

    def _drop_expired(self, now: datetime) -> None:
        """Delete what no call of this key can be served from any more, by the longest life there is."""
        if now - self._swept < _BETWEEN_SWEEPS:
            return
        self._swept = now
        oldest = (now - max(self.lifetime, _LONGEST_LIFE)).timestamp()
        delete(self.folder.glob("*.json"), older_than=oldest)

    def _set_aside(self, file: Path, reason: str) -> None:
        try:
            aside = set_aside(file)
        except OSError:
            self._give_up("holds a damaged file that cannot be moved")
            return
        warn(
            f"A damaged cache file was set aside ({reason}) and its list is fetched again: {aside}"
        )

    def _give_up(self, why: str) -> None:
        self._broken, self._files = True, None
        warn(
            f"The cache folder {self.folder} {why}; lists are fetched each time. "
            "Set OMNIPD_CACHE_DIR to a writable folder, or pass cache=False.",
        )


def _url(path: str, params: Mapping[str, str]) -> str:
    return path + "?" + json.dumps(sorted(params.items()), ensure_ascii=True)


def _key(path: str, params: Mapping[str, str]) -> str:
    return hashlib.blake2b(_url(path, params).encode(), digest_size=16).hexdigest()
