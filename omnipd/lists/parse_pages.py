"""Whole pages of JSON → Arrow arrays, without a Python object for each value.

Arrow's own JSON reader is given the declared schema and told to stop at anything else: another
key, another type, a page laid out in another way. Those pages are for
:class:`omnipd.frames.records.TableBuilder`, which takes every form; what is read here, it would read alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from omnipd.frames.columns import COUNT, FLAG, TEXT, Column, Columns
from omnipd.frames.records import EXTRA, MISFITS

_INFO = pa.struct(
    {"hasNextPage": FLAG, "nextCursor": TEXT, "pageSize": COUNT, "totalRecords": COUNT}
)


class ArrowPages:
    """Reads the pages of one list.

    Parameters
    ----------
    columns : mapping of str to Column
        The declared columns; each has a ``wire`` type.
    rows : str
        The key under which the rows stand.
    """

    def __init__(self, columns: Columns, rows: str) -> None:
        # Importing it takes 30 ms, which most calls need not spend.
        import pyarrow.json  # noqa: PLC0415

        self._json = pyarrow.json
        self._columns = columns
        self._rows = rows
        page = {rows: pa.list_(_record_type(columns)), "pageInfo": _INFO}
        self._parse = pyarrow.json.ParseOptions(
            explicit_schema=pa.schema(page), unexpected_field_behavior="error"
        )

    @classmethod
    def of(cls, columns: Columns | None, rows: Any) -> Self | None:
        """Return a reader for a list; None when its columns need Python to be read."""
        if columns is None or not isinstance(rows, str):
            return None
        paths = {path for column in columns.values() for path in column.paths}
        nested = {path.rpartition(".")[0] for path in paths} - {""}
        plain = all(column.wire is not None for column in columns.values())
        return cls(columns, rows) if plain and not nested & paths else None

    def read(self, bodies: Sequence[bytes]) -> tuple[dict[str, pa.Array], list[int]] | None:
        """Return the columns of all rows of some pages, ``extra`` last, and the rows of each page.

        Returns
        -------
        tuple of dict of str to pyarrow.Array, and list of int; or None
            None when any of it is not exactly as declared.
        """
        lines = b"\n".join(bodies)
        try:
            lines.decode("utf-8")  # Arrow would take any bytes for text
            read = self._json.ReadOptions(use_threads=False, block_size=len(lines) + 1)
            table = self._json.read_json(pa.BufferReader(lines), read, self._parse)
            pages = table.column(self._rows).combine_chunks()
            if len(pages) != len(bodies) or pages.null_count:
                return None
            records = pages.flatten()
            if records.null_count:
                return None
            arrays = {name: _column(records, column) for name, column in self._columns.items()}
        except MISFITS:
            return None
        return arrays | {EXTRA: pa.nulls(len(records), TEXT)}, pages.value_lengths().to_pylist()


def _record_type(columns: Columns) -> pa.StructType:
    tree: dict[str, Any] = {}
    for column in columns.values():
        for path in column.paths:
            *parents, last = path.split(".")
            place = tree
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = column.wire
    return _struct(tree)


def _struct(tree: Mapping[str, Any]) -> pa.StructType:
    return pa.struct(
        {
            name: _struct(inner) if isinstance(inner, Mapping) else inner
            for name, inner in tree.items()
        }
    )


def _column(records: pa.StructArray, column: Column) -> pa.Array:
    arrays = [pc.struct_field(records, path.split(".")) for path in column.paths]
    values = arrays[0] if len(arrays) == 1 else pc.coalesce(*arrays)
    return values if column.at_once is None else column.at_once(values)
