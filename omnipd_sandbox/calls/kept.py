"""Values kept for the next time they are asked for, up to a total size."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Keep values by key, the most recently used ones.

    Parameters
    ----------
    size_of : callable
        Tells how large a value is.
    at_most : int
        How large all of them together may be. A single one that is larger is kept alone, until
        another is.
    """

    def __init__(self, size_of: Callable[[Value], int], at_most: int) -> None:
        self._size_of = size_of
        self._at_most = at_most
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def find(self, key: Hashable) -> Value | None:
        """Give the value of a key, if it is kept; it must not be changed."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def keep(self, key: Hashable, value: Value) -> Value:
        """Keep a value in place of an older one, and give it back."""
        with self._lock:
            replaced = self._values.pop(key, None)
            self._values[key] = value
            self._size += self._size_of(value)
            if replaced is not None:
                self._size -= self._size_of(replaced)
            while len(self._values) > 1 and self._size > self._at_most:
                _, oldest = self._values.popitem(last=False)
                self._size -= self._size_of(oldest)
        return value
