"""The tables of the database, before any file says a word: each of them is a view.

How Omni names views after schemas and folders is in docs/wire.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Where DuckDB puts what names no schema; views of its tables are called by the table alone.
MAIN = "main"


@dataclass(frozen=True)
class Table:
    """Name a table and its columns, each with its DuckDB type."""

    schema: str
    name: str
    columns: tuple[tuple[str, str], ...]

    @property
    def view_name(self) -> str:
        """Give the name of the view on the table."""
        return self.name if self.schema == MAIN else f"{self.schema.lower()}__{self.name}"


class SchemaLayer:
    """Find tables by what models call them; the case of names does not matter to a database."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self._tables = {(each.schema.lower(), each.name.lower()): each for each in tables}
        self._schemas = {schema for schema, _ in self._tables}

    def __iter__(self) -> Iterator[Table]:
        return iter(self._tables.values())

    def is_schema(self, name: str) -> bool:
        """Tell whether there is a schema of that name, beside the one that need not be named."""
        return name.lower() in self._schemas - {MAIN}

    def find(self, schema: str, name: str) -> Table | None:
        """Return a table."""
        return self._tables.get((schema.lower(), name.lower()))

    def named(self, view: str) -> Table | None:
        """Return the table that the name of a view stands for: ``schema__table`` or ``table``.

        Tables and schemas may have two underscores in their names, so that what exists decides.
        """
        found = self.find(MAIN, view)
        at = view.find("__")
        while found is None and at != -1:
            found = self.find(view[:at], view[at + 2 :])
            at = view.find("__", at + 1)
        return found

    def of_view(self, view: str, body: Mapping[str, Any]) -> Table | None:
        """Return the table of a view, by what its file says and by its name."""
        schema, name = body.get("schema"), body.get("table_name")
        if schema is None and name is None:
            return self.named(view)
        if name is not None:
            if schema is not None:
                return self.find(str(schema), str(name))
            # The view of a schema reads a table of that schema.
            prefix = view.rpartition("__")[0]
            return self.find(prefix if self.is_schema(prefix) else MAIN, str(name))
        prefix = f"{schema}__".lower()
        stem = view[len(prefix) :] if view.lower().startswith(prefix) else view
        return self.find(str(schema), view) or self.find(str(schema), stem)
