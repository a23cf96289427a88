"""Pages as files of a private folder: requests-cache's JSON, with files that are whole, private and strict.

As requests-cache's own folder of files comes, it writes in place with the mode of any file, follows
links, and takes a damaged file for no file. Imported late: requests-cache takes half a second to load.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from requests.structures import CaseInsensitiveDict
from requests_cache.models.request import CachedRequest
from requests_cache.models.response import CachedResponse
from requests_cache.serializers import json_serializer

from omnipd.cache.clear import clear_folder
from omnipd.cache.last_write import NEVER, LastWrite
from omnipd.cache.pages import Damaged
from omnipd.cache.private_files import (
    Unusable,
    drop_expired,
    open_own,
    own_folder,
    set_aside,
    whole_file,
)


class PageFiles:
    """The pages of one instance and key, one file each.

    Parameters
    ----------
    folder : Path
        Made private when it is first used.
    shared : LastWrite, optional
        The note of those who share a folder that is not omnipd's own.
    """

    def __init__(self, folder: Path, shared: LastWrite | None = None) -> None:
        self._folder = folder
        self._shared = shared

    def load(self, key: str) -> CachedResponse | None:
        """Return a page, or None without one; raise ``Damaged`` for what is none."""
        if not own_folder(self._folder):
            return None
        try:
            with open_own(self._file(key)) as file:
                text = file.read()
        except FileNotFoundError:
            return None
        except Unusable as refused:
            raise Damaged(str(refused)) from None
        except OSError as error:  # a link among others
            raise Damaged(type(error).__name__) from None
        return page_of(text)

    def store(self, key: str, page: CachedResponse) -> None:
        """Put a whole file in place, readable by its owner only, with the time when it runs out."""
        own_folder(self._folder, make=True)
        runs_out = page.expires.timestamp() if page.expires else None
        try:
            with whole_file(self._file(key), modified=runs_out) as file:
                file.write(text_of(page).encode())
        except OSError as error:
            raise Unusable(f"cannot be written ({type(error).__name__})") from None

    def set_aside(self, key: str) -> str:
        """Rename a damaged file."""
        return f"set aside as {set_aside(self._file(key), datetime.now(UTC).timestamp())}"

    def drop_expired(self, now: datetime) -> None:
        """Delete the files that have run out."""
        with contextlib.suppress(FileNotFoundError):  # another process has deleted the folder
            drop_expired(self._folder, now.timestamp())

    def clear(self) -> int:
        """Delete the folder; return the number of answers."""
        return clear_folder(self._folder)

    def note_write(self, now: datetime) -> None:  # noqa: ARG002 - the note says when it is written
        """Note in a folder that is shared that something was changed."""
        if self._shared is not None:
            self._shared.note()

    def last_write(self) -> datetime:
        """Return when that was; never in a folder of omnipd's own."""
        return NEVER if self._shared is None else self._shared.at()

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}.json"


def new_page(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    created_at: datetime,
    expires: datetime | None = None,
) -> CachedResponse:
    """Return a page; what is said of it beside its body is a header of a response."""
    return CachedResponse(
        content=body,
        status_code=200,
        url=url,
        headers=CaseInsensitiveDict(headers),
        request=CachedRequest(method="GET", url=url),
        created_at=created_at,
        expires=expires,
    )


def text_of(page: CachedResponse) -> str:
    """Return a page as JSON, all of ASCII."""
    return str(json_serializer.dumps(page))


def page_of(text: str | bytes) -> CachedResponse:
    """Return the page that a text is; raise ``Damaged`` for any other."""
    try:
        page = json_serializer.loads(text.decode() if isinstance(text, bytes) else text)
    except Exception as error:  # noqa: BLE001 - whatever a foreign or damaged text raises
        raise Damaged(type(error).__name__) from None
    if not isinstance(page, CachedResponse):
        raise Damaged("not what was stored")
    return page
