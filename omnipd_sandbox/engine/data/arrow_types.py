"""From DuckDB's Arrow types to the few that the wire carries."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from omnipd_sandbox.refused_query import Refused


def with_wire_types(table: pa.Table, database_types: list[str]) -> pa.Table:
    """Recast a result so that it holds only the Arrow types of docs/wire.md."""
    columns = [
        _recast(column, kind, name)
        for column, kind, name in zip(
            table.columns, database_types, table.column_names, strict=True
        )
    ]
    return pa.table(columns, names=table.column_names)


def _recast(column: pa.ChunkedArray, database_type: str, name: str) -> pa.ChunkedArray:
    kind = column.type
    if database_type in {"HUGEINT", "UHUGEINT"}:
        return _integer(column)
    if pa.types.is_integer(kind):
        return column.cast(pa.int64()) if kind != pa.uint64() else _integer(column)
    if pa.types.is_floating(kind):
        return column.cast(pa.float64())
    if pa.types.is_timestamp(kind):
        # DuckDB may call the zone Etc/UTC; the wire says UTC.
        return column.cast(pa.timestamp("us", tz="UTC" if kind.tz else None))
    if pa.types.is_decimal(kind) or pa.types.is_boolean(kind) or pa.types.is_date32(kind):
        return column
    if _is_text(kind) or pa.types.is_null(kind) or pa.types.is_time(kind):
        return column.cast(pa.string())
    raise Refused("QUERY", f'Column "{name}" has type {database_type}, which has no wire type here')


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _integer(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give a wide integer 64 bits when every value fits, else keep it exact as a decimal."""
    wide = column.cast(pa.decimal128(38, 0))
    try:
        return pc.cast(wide, pa.int64())
    except pa.ArrowInvalid:
        return wide
