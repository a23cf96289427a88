"""Objects and lists inside a record, which may be absent and must not be anything else."""

from __future__ import annotations

from collections.abc import Mapping
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
