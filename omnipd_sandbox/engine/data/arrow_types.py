"""From DuckDB's Arrow types to the few that the wire carries."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from omnipd_sandbox.refused_query import Refused

# The beginning of the year 1, and of the year 10000.
_FIRST_SECOND, _END_SECOND = -62_135_596_800, 253_402_300_800

# What most columns are, beside decimals.
_USUAL = frozenset({"BIGINT", "BOOLEAN", "DATE", "DOUBLE", "INTEGER", "TIMESTAMP", "VARCHAR"})


def is_usual(database_type: str) -> bool:
    """Tell whether a type is one of those that the wire is known to carry, before any column is seen."""
    is_decimal = database_type.startswith("DECIMAL(") and database_type.endswith(")")
    return is_decimal or database_type in _USUAL


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
    if database_type == "TIME WITH TIME ZONE":
        # Arrow has no such type; DuckDB gives the time and drops its zone.
        raise _no_wire_type(name, database_type)
    if database_type in {"HUGEINT", "UHUGEINT"}:
        _check_digits(column, database_type, name)
        return _integer(column)
    if pa.types.is_integer(kind):
        return column.cast(pa.int64()) if kind != pa.uint64() else _integer(column)
    if pa.types.is_floating(kind):
        return column.cast(pa.float64())
    if pa.types.is_timestamp(kind):
        return _instant(column, database_type, name)
    if pa.types.is_date32(kind):
        _check_years(column.cast(pa.timestamp("s")), name, database_type)
        return column
    if pa.types.is_decimal(kind) or pa.types.is_boolean(kind):
        return column
    if pa.types.is_time(kind):
        _check_hours(column, database_type, name)
        return column.cast(pa.string())
    if _is_text(kind) or pa.types.is_null(kind):
        return column.cast(pa.string())
    raise _no_wire_type(name, database_type)


def _no_wire_type(name: str, database_type: str) -> Refused:
    return Refused(
        "QUERY", f'Column "{name}" has type {database_type}, which has no wire type here'
    )


def _no_such_value(name: str, database_type: str, what: str) -> Refused:
    return Refused(
        "QUERY",
        f'Column "{name}", of type {database_type}, has {what}, which the wire cannot carry',
    )


def _instant(column: pa.ChunkedArray, database_type: str, name: str) -> pa.ChunkedArray:
    # DuckDB may call the zone Etc/UTC; the wire says UTC.
    wanted = pa.timestamp("us", tz="UTC" if column.type.tz else None)
    try:
        cast = column.cast(wanted)
    except pa.ArrowInvalid:
        raise _no_such_value(name, database_type, "parts of a microsecond") from None
    _check_years(cast, name, database_type)
    return cast


def _check_years(instants: pa.ChunkedArray, name: str, database_type: str) -> None:
    """Refuse infinity, and years that neither JSON nor a spreadsheet has."""
    per_second = {"s": 1, "us": 1_000_000}[instants.type.unit]
    found = pc.min_max(instants.cast(pa.int64()))
    first, last = found["min"].as_py(), found["max"].as_py()
    if first is None:
        return
    if first < _FIRST_SECOND * per_second or last >= _END_SECOND * per_second:
        raise _no_such_value(name, database_type, "a time outside the years 1 to 9999")


def _check_hours(times: pa.ChunkedArray, database_type: str, name: str) -> None:
    """Refuse 24:00, which DuckDB has and Arrow has not."""
    last = pc.max(times.cast(pa.int64())).as_py()
    per_second = {"us": 1_000_000, "ns": 1_000_000_000}[times.type.unit]
    if last is not None and last >= 86_400 * per_second:
        raise _no_such_value(name, database_type, "the time 24:00")


def _check_digits(column: pa.ChunkedArray, database_type: str, name: str) -> None:
    """Refuse integers of 39 digits; DuckDB gives the greatest ones without a sign as negative."""
    found = pc.min_max(column)
    least, most = found["min"].as_py(), found["max"].as_py()
    if least is None:
        return
    bound = 10**38
    if least <= -bound or most >= bound or (database_type == "UHUGEINT" and least < 0):
        raise _no_such_value(name, database_type, "more than 38 digits")


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
