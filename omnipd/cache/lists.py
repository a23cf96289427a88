"""Answers kept on disk for a while, so that the same list is not asked for twice.

requests-cache stores the answers: as JSON, in one 0700 directory per fingerprint of instance and
key, each with an explicit expiry. Its session is not used: that would serve one key's answers to
another, keep the request's headers, and cache the pages of a walk one by one. Here the pages of a
walk carry a common mark; a walk is served whole from the cache or not at all. What was begun before
the last write to the same Omni is not served, whichever key and process wrote.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import secrets
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnipd.errors import notice

if TYPE_CHECKING:
    from omnipd.cache.private_files import PrivateFiles

_WALK_HEADER = "X-Omnipd-Walk"
#: A list of more bytes is not stored.
LARGEST_WALK = 64 * 2**20
_LONGEST_LIFE = timedelta(days=1)
_NEVER = datetime.min.replace(tzinfo=UTC)
#: Looking at every file takes time, and a fan-out stores thousands.
_BETWEEN_SWEEPS = timedelta(minutes=10)


@dataclass(frozen=True)
class CachedPage:
    """A stored body, the walk it belongs to, and when it was fetched."""

    body: bytes
    walk: str
    fetched_at: datetime


class LastWrite:
    """When this machine last changed something in one Omni: known to all its keys and processes.

    Parameters
    ----------
    root : Path
        Where everything on disk lives.
    instance : str
        What stands for the Omni in names of files.
    """

    def __init__(self, root: Path, instance: str) -> None:
        self._file = root / "writes" / instance
        self._lists = root / "lists"
        self._instance = instance

    def note(self) -> None:
        """Note that something may have changed until now, and delete the lists of the instance.

        The note is what counts: another process may be reading a list now, and store it later. A disk
        that takes no note is a warning, where lists are stored.
        """
        part = self._file.with_name(f".{self._file.name}.{secrets.token_hex(4)}.part")
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.write_text(datetime.now(UTC).isoformat(), encoding="ascii")
            part.replace(self._file)
        except OSError as error:
            if self._lists.exists():
                notice(
                    f"{self._file.parent} cannot be written ({type(error).__name__}): lists that are "
                    "stored may not show what was changed. refresh=True asks again."
                )
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
        # The folders stay, since another thread may be storing a list in one.
        for file in self._lists.glob(f"{self._instance}-*/*.json"):
            with contextlib.suppress(OSError):  # another process may be doing the same
                file.unlink()

    def at(self) -> datetime:
        """Return when it was; the first moment there is when never."""
        try:
            return datetime.fromisoformat(self._file.read_text(encoding="ascii"))
        except FileNotFoundError:
            return _NEVER
        except (OSError, ValueError):
            pass
        try:  # a damaged note: its file was changed when it was written
            return datetime.fromtimestamp(self._file.stat().st_mtime, UTC)
        except OSError:
            return _NEVER


class WalkCache:
    """The stored pages of one instance and key.

    Parameters
    ----------
    folder : Path
        The directory of this instance and key; made with mode 0700 when first written.
    lifetime : timedelta
        How long a stored walk is served.
    last_write : LastWrite
        When something was last changed in the instance.
    """

    def __init__(self, folder: Path, lifetime: timedelta, last_write: LastWrite) -> None:
        self.folder = folder
        self.lifetime = lifetime
        self._last_write = last_write
        self._files: PrivateFiles | None = None
        self._broken = False
        self._swept = _NEVER

    def load(self, path: str, params: Mapping[str, str]) -> CachedPage | None:
        """Return the stored answer to one request, or None when there is none or it is damaged."""
        files = self._open()
        if files is None:
            return None
        key = _key(path, params)
        try:
            stored = files[key]
            body, walk, created = stored.content, stored.headers[_WALK_HEADER], stored.created_at
            if not isinstance(body, bytes) or stored.url != _url(path, params):
                raise ValueError("not what was stored")
            age = datetime.now(UTC) - created
            fresh = timedelta(0) <= age <= self.lifetime and not stored.is_expired
            if not fresh or created <= self._last_write.at() or stored.status_code != 200:
                return None
            return CachedPage(body, str(walk), created)
        except KeyError as error:
            if not files.path_of(key).exists():
                return None
            reason = type(error).__name__
        except Exception as error:  # noqa: BLE001 - whatever a foreign or damaged file raises
            reason = type(error).__name__
        self._quarantine(files.path_of(key), reason)
        return None

    def save(
        self, path: str, pages: list[tuple[Mapping[str, str], bytes]], fetched_at: datetime
    ) -> None:
        """Store all pages of one finished walk, with one mark and one moment of expiry."""
        files = self._open()
        if files is None or sum(len(body) for _, body in pages) > LARGEST_WALK:
            return
        from requests.structures import CaseInsensitiveDict  # noqa: PLC0415
        from requests_cache.models.request import CachedRequest  # noqa: PLC0415
        from requests_cache.models.response import CachedResponse  # noqa: PLC0415

        mark = uuid.uuid4().hex
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for params, body in pages:
                url = _url(path, params)
                files[_key(path, params)] = CachedResponse(
                    content=body,
                    status_code=200,
                    url=url,
                    created_at=fetched_at,
                    expires=fetched_at + self.lifetime,
                    headers=CaseInsensitiveDict({_WALK_HEADER: mark}),
                    request=CachedRequest(method="GET", url=url),
                )
            self._drop_expired(datetime.now(UTC))
        except (OSError, KeyError, TypeError, ValueError) as error:
            self._give_up(f"cannot be written ({type(error).__name__})")

    def clear(self) -> int:
        """Delete everything stored for this instance and key; return the number of answers."""
        self._files = None
        return clear_folder(self.folder)

    def _open(self) -> PrivateFiles | None:
        if self._files is None and not self._broken:
            from omnipd.cache.private_files import PrivateFiles  # noqa: PLC0415 - slow to import

            try:
                self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self.folder.mkdir(mode=0o700, exist_ok=True)
                self._files = PrivateFiles(self.folder)
            except OSError as error:
                self._give_up(f"cannot be used ({type(error).__name__})")
        return self._files

    def _drop_expired(self, now: datetime) -> None:
        """Delete what no call of this key can be served from any more, by the longest life there is."""
        if now - self._swept < _BETWEEN_SWEEPS:
            return
        self._swept = now
        oldest = (now - max(self.lifetime, _LONGEST_LIFE)).timestamp()
        for file in self.folder.glob("*.json"):
            with contextlib.suppress(OSError):  # another process may be doing the same
                if file.stat().st_mtime < oldest:
                    file.unlink()

    def _quarantine(self, file: Path, reason: str) -> None:
        aside = file.with_suffix(".damaged")
        try:
            file.replace(aside)
        except OSError:
            self._give_up("holds a damaged file that cannot be moved")
            return
        notice(
            f"A damaged cache file was set aside ({reason}) and its list is fetched again: {aside}"
        )

    def _give_up(self, why: str) -> None:
        self._broken, self._files = True, None
        notice(
            f"The cache folder {self.folder} {why}; lists are fetched each time. "
            "Set OMNIPD_CACHE_DIR to a writable folder, or pass cache=False.",
        )


def clear_all(root: Path) -> int:
    """Delete the stored lists and results of every instance and key under one omnipd directory."""
    return sum(
        clear_folder(folder) for kind in ("lists", "results") for folder in (root / kind).glob("*")
    )


def clear_folder(folder: Path) -> int:
    """Delete everything stored for one instance and key; return the number of answers."""
    count = sum(file.suffix in {".json", ".arrow"} for file in folder.glob("*"))
    shutil.rmtree(folder, ignore_errors=True)
    return count


def _url(path: str, params: Mapping[str, str]) -> str:
    return path + "?" + json.dumps(sorted(params.items()), ensure_ascii=True)


def _key(path: str, params: Mapping[str, str]) -> str:
    return hashlib.blake2b(_url(path, params).encode(), digest_size=16).hexdigest()


def parse_lifetime(cache: Any, name: str = "cache") -> timedelta | None:
    """Read a time: "10m", "2h", "1d", seconds, a timedelta; None for False and "off".

    Examples
    --------
    >>> parse_lifetime("10m").total_seconds()
    600.0
    """
    if cache is False or cache is None or cache == "off":
        return None
    if cache is True:
        return timedelta(minutes=10)
    if isinstance(cache, timedelta):
        lifetime = cache
    elif isinstance(cache, int | float) and math.isfinite(cache):
        lifetime = timedelta(seconds=cache)
    else:
        unit = {"s": 1, "m": 60, "h": 3600, "d": 86400}.get(str(cache)[-1:])
        try:
            lifetime = timedelta(seconds=float(str(cache)[:-1]) * (unit or 0))
        except (ValueError, OverflowError):
            unit = None
            lifetime = timedelta(0)
        if unit is None:
            raise ValueError(
                f"{name}={cache!r} is not a time such as '30s', '10m', '2h' or '1d', nor False"
            )
    if not timedelta(0) <= lifetime <= timedelta(days=3650):
        raise ValueError(f"{name}={cache!r} is not a time from 0 to 10 years")
    return lifetime or None
