"""Lists kept between their pages, so that reading one to its end sorts it once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

Record = TypeVar("Record")

# References to records that are there anyway: some eight bytes each.
_ALL_TOGETHER = 1_000_000


class Lists:
    """Keep lists in their order, the most recently read ones, up to a total length.

    `at_most` is that length, of all lists together. They are good for one state of the organization: whoever changes it begins with new ones. A
    list longer than the total is kept alone, until another is read.
    """

    def __init__(self, at_most: int = _ALL_TOGETHER) -> None:
        self._at_most = at_most
        self._lists: OrderedDict[Hashable, list[Any]] = OrderedDict()
        self._length = 0
        self._lock = Lock()

    def find(self, key: Hashable, make: Callable[[], list[Record]]) -> list[Record]:
        """Give the list of that key, made now if it is not kept; it must not be changed."""
        with self._lock:
            kept = self._lists.get(key)
            if kept is not None:
                self._lists.move_to_end(key)
                return kept
        # Two that come at once make it twice, which is better than waiting for each other's.
        made = make()
        with self._lock:
            replaced = self._lists.pop(key, [])
            self._lists[key] = made
            self._length += len(made) - len(replaced)
            while len(self._lists) > 1 and self._length > self._at_most:
                _, oldest = self._lists.popitem(last=False)
                self._length -= len(oldest)
        return made
