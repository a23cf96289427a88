"""Results kept for the next time the same query is asked."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_LARGEST = 8_000_000
_ALL_TOGETHER = 64_000_000


def result_key(sql: str, query: Mapping[str, Any], user_attributes: Mapping[str, Any]) -> str:
    """Name a result by all that it depends on.

    The SQL is part of it because a relative date reads differently tomorrow; the acting
    user's attributes are, so that nobody is served rows planned for somebody else.
    """
    whole = json.dumps([sql, query, user_attributes], sort_keys=True, default=str)
    return sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


class Results:
    """Keep small results, the most recently used ones, up to a total size."""

    def __init__(self) -> None:
        self._tables: OrderedDict[str, pa.Table] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def find(self, key: str) -> pa.Table | None:
        """Give a kept result."""
        with self._lock:
            table = self._tables.get(key)
            if table is not None:
                self._tables.move_to_end(key)
            return table

    def keep(self, key: str, table: pa.Table) -> None:
        """Keep a result in place of an older one; a very large one is not kept."""
        with self._lock:
            replaced = self._tables.pop(key, None)
            if replaced is not None:
                self._bytes -= replaced.nbytes
            if table.nbytes > _LARGEST:
                return
            self._tables[key] = table
            self._bytes += table.nbytes
            while self._bytes > _ALL_TOGETHER:
                _, oldest = self._tables.popitem(last=False)
                self._bytes -= oldest.nbytes
