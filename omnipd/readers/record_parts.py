"""Parts of a record: what is inside it, which may be absent, and what is left out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from omnipd.errors import ResponseError
from omnipd.frames.records import Record
from omnipd.lists import paging


def object_in(record: Record, key: str) -> Mapping[str, Any]:
    """Return an object inside a record; what is absent or null is empty."""
    held = record.get(key)
    if held is not None and not isinstance(held, dict):
        raise ResponseError(f"What stands under {key!r} is not an object.")
    return held or {}


def objects_in(record: Record, key: str) -> list[Record]:
    """Return a list of objects inside a record; what is absent or null is empty."""
    return [] if record.get(key) is None else paging.rows_of(record, key)


def items_in(record: Record, key: str) -> list[Any]:
    """Return a list of anything inside a record; what is absent or null is empty."""
    held = record.get(key)
    if held is not None and not isinstance(held, list):
        raise ResponseError(f"What stands under {key!r} is not a list.")
    return held or []


def without(key: str) -> Callable[[Record], list[Record]]:
    """Return an unfolding that only leaves a key out, such as that of the parent."""
    return lambda record: [{name: value for name, value in record.items() if name != key}]
