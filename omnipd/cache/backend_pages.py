"""Pages in a backend of requests-cache, among whatever else is there.

Each key begins with what stands for instance and key, so that one key's answers are never another's,
and only what is omnipd's own is deleted. What a backend holds is read as JSON, whatever it was made
for: most come with pickle, which runs what it reads. Imported late, as requests-cache is.
"""

from __future__ import annotations

import contextlib
import copy
import os
import sqlite3
from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from requests_cache.backends.base import BaseCache, DictStorage
from requests_cache.backends.sqlite import SQLiteDict
from requests_cache.models.response import CachedResponse
from requests_cache.serializers import SerializerPipeline, Stage

from omnipd.cache.last_write import NEVER
from omnipd.cache.page_files import new_page, page_of, text_of
from omnipd.cache.pages import Damaged
from omnipd.cache.private_files import Unusable, open_own, own_folder
from omnipd.locks import NO_FORK, new_lock

_PREFIX = "omnipd-"
#: How often a database is made again whose folder is deleted at once.
_ATTEMPTS = 5


class BackendPages:
    """The pages of one instance and key in a backend.

    Parameters
    ----------
    storage : mutable mapping
        From keys to responses.
    fingerprint : str
        What stands for instance and key: that of the instance, a hyphen, and that of both.
    """

    def __init__(self, storage: MutableMapping[str, Any], fingerprint: str) -> None:
        self._storage = storage
        self._own = f"{_PREFIX}{fingerprint}-"
        self._of_instance = f"{_PREFIX}{fingerprint.partition('-')[0]}-"
        self._note = f"{self._of_instance}last-write"

    def load(self, key: str) -> CachedResponse | None:
        """Return a page, or None without one; raise ``Damaged`` for what is none."""
        return self._get(self._own + key)

    def store(self, key: str, page: CachedResponse) -> None:
        """Put a page in the place of the one before it."""
        with _used():
            self._storage[self._own + key] = page

    def set_aside(self, key: str) -> str:
        """Delete what is damaged."""
        self._delete(self._own + key)
        return "deleted"

    def drop_expired(self, now: datetime) -> None:
        """Delete what has run out, where the backend does not do it by itself."""
        if isinstance(self._storage, SQLiteFile):
            with _used():
                self._storage.drop_expired(self._own, now)
        elif not getattr(self._storage, "ttl", False):
            for key in self._keys(self._own):
                with contextlib.suppress(Damaged):
                    page = self._get(key)
                    if page is not None and page.expires is not None and page.expires < now:
                        self._delete(key)

    def clear(self) -> int:
        """Delete all pages of this instance and key; return how many."""
        keys = self._keys(self._own)
        for key in keys:
            self._delete(key)
        return len(keys)

    def note_write(self, now: datetime) -> None:
        """Note that something was changed, and delete the pages of all keys of the instance.

        The note is what counts: somebody may be reading a list now, and store it later. Without the
        pages it does not matter whether the clocks of those who share the backend agree.
        """
        note = new_page(self._note, b"", {}, now)
        with _used():
            self._storage[self._note] = note
        for key in self._keys(self._of_instance):
            if key != self._note:
                self._delete(key)

    def last_write(self) -> datetime:
        """Return when that was; a note that cannot be read is written anew."""
        try:
            note = self._get(self._note)
            if note is None:
                return NEVER
            if note.url == self._note and note.created_at.tzinfo is not None:
                return note.created_at
        except (Damaged, AttributeError):
            pass
        now = datetime.now(UTC)
        self.note_write(now)
        return now

    def _get(self, key: str) -> CachedResponse | None:
        with _used():
            try:
                page = self._storage[key]
            except KeyError:
                return None
        if not isinstance(page, CachedResponse):
            raise Damaged("not what was stored")
        return page

    def _delete(self, key: str) -> None:
        with _used(), contextlib.suppress(KeyError):
            del self._storage[key]

    def _keys(self, prefix: str) -> list[str]:
        with _used():
            return [key for key in list(self._storage) if str(key).startswith(prefix)]


@contextlib.contextmanager
def _used() -> Iterator[None]:
    """Say of what a backend raises only its kind: the rest may hold an address with a password."""
    try:
        yield
    except Unusable:
        raise
    except Exception as error:  # noqa: BLE001 - each backend has errors of its own
        raise Unusable(f"cannot be used ({type(error).__name__})") from None


def _page_or_none(text: str | bytes) -> CachedResponse | None:
    try:
        return page_of(text)
    except Damaged:
        return None


#: Reads JSON and nothing else, and None for what is no page.
_JSON = SerializerPipeline([Stage(dumps=text_of, loads=_page_or_none)], name="json")


class SQLiteFile(SQLiteDict):
    """requests-cache's table of responses, with a connection for each call.

    That survives a fork, sees at once that the file was deleted, and raises where the file cannot be
    written or is locked for long: as it comes, it then tries for ever.

    Parameters
    ----------
    path : Path
        The database.
    private : bool
        Whether its folder and the file are omnipd's own, and are to be this user's alone.
    """

    def __init__(self, path: Path, *, private: bool = False, **more: Any) -> None:
        self._private = private
        if private:
            own_folder(path.parent, make=True)
        super().__init__(path, serializer=_JSON, lock=new_lock(), **more)

    def __del__(self) -> None:
        """Do nothing: no connection outlives its call, and the folder may have been refused."""

    def init_db(self) -> None:
        """Do nothing: each connection makes sure of its table."""

    def close(self) -> None:
        """Do nothing: each connection is closed after its call. Also what was never opened is closed."""

    @contextlib.contextmanager
    def connection(self, commit: bool = False) -> Iterator[sqlite3.Connection]:
        """Open the database, and commit at the end of the block where that is asked for."""
        if self._private:
            _make_database(Path(self.db_path))
        with (
            NO_FORK,
            contextlib.closing(
                sqlite3.connect(self.db_path, isolation_level=None, **self.connection_kwargs)
            ) as opened,
        ):
            if self.fast_save:
                opened.execute("PRAGMA synchronous=OFF")
            opened.execute(
                f"CREATE TABLE IF NOT EXISTS {self.table_name} "
                "(key TEXT PRIMARY KEY, value BLOB, expires INTEGER)"
            )
            if commit:
                opened.execute("BEGIN IMMEDIATE")
            yield opened
            if commit:
                opened.execute("COMMIT")

    def drop_expired(self, prefix: str, now: datetime) -> None:
        """Delete the rows that have run out, of the keys that begin so."""
        with self.connection(commit=True) as opened:
            opened.execute(
                f"DELETE FROM {self.table_name} WHERE expires < ? AND substr(key, 1, ?) = ?",  # noqa: S608
                (now.timestamp(), len(prefix), prefix),
            )


def _make_database(path: Path) -> None:
    """Make sure that a database of omnipd's own is this user's alone; another process may be deleting it."""
    for attempt in reversed(range(_ATTEMPTS)):
        own_folder(path.parent, make=True)
        try:
            with contextlib.suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            open_own(path).close()
        except FileNotFoundError:
            if not attempt:
                raise
        except Unusable as refused:
            raise Unusable(f"holds a database that is not used ({refused})") from None
        else:
            return


def storage_of(backend: BaseCache) -> MutableMapping[str, Any]:
    """Return where a backend keeps responses, with JSON; the backend itself stays as it is."""
    storage = backend.responses
    if isinstance(storage, DictStorage):  # which holds the responses themselves
        return storage.data
    if isinstance(storage, SQLiteDict):
        return SQLiteFile(
            Path(storage.db_path),
            table_name=storage.table_name,
            fast_save=storage.fast_save,
            **storage.connection_kwargs,
        )
    own = copy.copy(storage)
    own.serializer = _JSON
    return own
