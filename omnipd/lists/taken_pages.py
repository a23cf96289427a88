"""The pages of a list that is being read, until they are stored together: of a long one compressed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping

#: So many bytes are held as they came; it is quicker.
_AS_THEY_CAME = 4 * 2**20


class TakenPages:
    """The pages of one reading, in order: what was asked for each, and its body."""

    def __init__(self) -> None:
        self.clear()

    def add(self, params: Mapping[str, str], body: bytes) -> None:
        """Take the next page."""
        self._size += len(body)
        if self._size <= _AS_THEY_CAME:
            self._pages.append((params, body))
        else:
            self._compressed.append((params, zlib.compress(body, 1)))

    def clear(self) -> None:
        """Begin anew."""
        self._pages: list[tuple[Mapping[str, str], bytes]] = []
        self._compressed: list[tuple[Mapping[str, str], bytes]] = []
        self._size = 0

    def __bool__(self) -> bool:
        """Whether there is a page."""
        return self._size > 0

    def __iter__(self) -> Iterator[tuple[Mapping[str, str], bytes]]:
        yield from self._pages
        for params, body in self._compressed:
            yield params, zlib.decompress(body)
