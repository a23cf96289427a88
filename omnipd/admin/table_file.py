"""One table of an export, written as its rows come: one schema, whatever a server sends."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from omnipd.export.storable_table import ATTRS
from omnipd.frames.columns import TEXT, as_json
from omnipd.frames.undeclared import EXTRA

#: Rows that are held until they are written together. How they came is not seen in the file.
_TOGETHER = 10_000
#: So many small tables are made one: each takes some kilobytes, however few rows it has.
_MOST_TABLES = 200


class TableFile:
    """A Parquet file that is open for rows.

    Parameters
    ----------
    path : Path
        The file; one that is there is replaced.

    Attributes
    ----------
    rows : int
        How many rows it has.
    schema : pyarrow.Schema or None
        Its columns, which the first rows say, or an empty table.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.rows = 0
        self.schema = schema.remove_metadata()
        self._waiting: list[pa.Table] = []
        self._rows_waiting = 0
        self._path = path
        # With Arrow's own schema in it, what is noted at the end would not be seen by plain pandas.
        self._writer = pyarrow.parquet.ParquetWriter(path, self.schema, store_schema=False)

    def add(self, table: pa.Table) -> None:
        """Take the next rows."""
        table = as_declared(table, self.schema)
        if not table.num_rows:
            return
        self.rows += table.num_rows
        self._rows_waiting += table.num_rows
        self._waiting.append(table)
        if self._rows_waiting >= _TOGETHER:
            together = pa.concat_tables(self._waiting)
            whole = together.num_rows - together.num_rows % _TOGETHER
            self._writer.write_table(together.slice(0, whole), row_group_size=_TOGETHER)
            self._waiting = [together.slice(whole)]
            self._rows_waiting -= whole
        if len(self._waiting) >= _MOST_TABLES:
            self._waiting = [pa.concat_tables(self._waiting).combine_chunks()]

    def mark(self, facts: dict[str, Any]) -> None:
        """Note what plain pandas finds in ``df.attrs``."""
        self._writer.add_key_value_metadata({ATTRS.decode(): json.dumps(facts)})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        whole = False
        try:
            if kind is None and self._waiting:
                self._writer.write_table(pa.concat_tables(self._waiting), row_group_size=_TOGETHER)
            self._writer.close()
            if kind is None:
                _put_on_disk(self._path)
                whole = True
        finally:
            if not whole:  # it would look so
                self._path.unlink(missing_ok=True)


def _put_on_disk(path: Path) -> None:
    """Wait until a file is on the disk: some disks say only then that they are full."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def as_declared(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table with the types that are declared.

    A column that came as text, because a server has sent another type for some rows, has its own type
    again; what does not fit in it is null there, and kept in the JSON of the column ``extra``.
    """
    table = table.select(schema.names).replace_schema_metadata()
    for place, field in enumerate(schema):
        column = table.column(place)
        if column.type == field.type:
            continue
        fits, others = _told_apart(column, field.type)
        table = table.set_column(place, field.name, fits)
        if any(other is not None for other in others):
            extra = schema.get_field_index(EXTRA)
            merged = [
                _with(held, field.name, other)
                for held, other in zip(table.column(extra).to_pylist(), others, strict=True)
            ]
            table = table.set_column(extra, EXTRA, pa.array(merged, TEXT))
    return table.cast(schema)


def _told_apart(column: pa.ChunkedArray, kind: pa.DataType) -> tuple[pa.Array, list[str | None]]:
    """Return the values that have a type, and the texts of those that do not."""
    try:
        return pc.cast(column, kind).combine_chunks(), [None] * len(column)
    except pa.ArrowException:
        pass
    fits: list[pa.Scalar] = []
    others: list[str | None] = []
    for value in column:
        try:
            fits.append(value.cast(kind))
            others.append(None)
        except pa.ArrowException:
            fits.append(pa.scalar(None, kind))
            others.append(value.as_py())
    return pa.array([one.as_py() for one in fits], kind), others


def _with(held: str | None, name: str, other: str | None) -> str | None:
    """Return the JSON of a row's undeclared keys with one more."""
    if other is None:
        return held
    return as_json({**(json.loads(held) if held else {}), name: other})
