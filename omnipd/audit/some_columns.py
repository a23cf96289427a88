"""Rows with some columns only: times above all take long to become Python's."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pyarrow as pa

#: What tells a document or folder, where it is and whose.
OF_ITEMS = (
    "type",
    "document_identifier",
    "id",
    "folder_id",
    "name",
    "path",
    "scope",
    "owner_id",
    "owner_name",
    "folder_path",
    "deleted",
)


def some_columns(table: pa.Table, columns: Collection[str]) -> list[dict[str, Any]]:
    """Return the rows of a table with those of the columns that it has."""
    held = table.select([name for name in columns if name in table.schema.names])
    rows: list[dict[str, Any]] = held.to_pylist()
    return rows
