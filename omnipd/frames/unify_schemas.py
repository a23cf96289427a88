"""Tables that should have the same columns, under one schema that holds every value exactly."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from omnipd.arguments import function
from omnipd.errors import ResponseError

_INT64_DIGITS = 20


def with_one_schema(before: Sequence[pa.Table], table: pa.Table) -> list[pa.Table]:
    """Return tables that have one schema, and one more that may need a wider one.

    A database may type sums by their values, so that the same column is an integer in one result
    and a decimal in another. Nothing is rounded: a decimal never becomes a floating number.

    Raises
    ------
    ResponseError
        When no type holds the values of both exactly.
    """
    if not before or before[0].schema.equals(table.schema):
        return [*before, table]
    one = before[0].schema
    if one.names != table.column_names:
        raise ResponseError(
            f"A result has the columns {', '.join(table.column_names)}, and the one before it had "
            f"{', '.join(one.names)}."
        )
    schema = pa.schema(
        [
            pa.field(name, wider_type(name, first, other))
            for name, first, other in zip(one.names, one.types, table.schema.types, strict=True)
        ]
    )
    fault = ""
    try:
        return [each.cast(schema) for each in (*before, table)]
    except (pa.ArrowException, ValueError, OverflowError) as error:
        fault = str(error)  # whole: what is cut before the key is hidden may keep a part of it
    raise ResponseError(f"The columns of two results do not fit into one: {fault}")


def with_schema(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return a table under a schema that is laid down; nothing is rounded, and what does not fit is refused.

    Raises
    ------
    ResponseError
        Naming what the schema cannot hold.
    """
    if table.schema.equals(schema):
        return table
    if table.column_names != schema.names:
        raise ResponseError(
            f"A result has the columns {', '.join(table.column_names)}, where "
            f"{', '.join(schema.names)} were to come."
        )
    columns = []
    for field, column in zip(schema, table.columns, strict=True):
        wider_type(field.name, field.type, column.type)
        fault = ""
        try:
            columns.append(column.cast(field.type))
        except (pa.ArrowException, ValueError, OverflowError) as error:
            fault = str(error)
        if fault:
            raise ResponseError(
                f"{field.name} was to be {field.type}, and a piece has {column.type} that does not fit "
                f"into it: {fault}",
                hint=function("run_query_in_pieces") + " widens a column for all pieces.",
            )
    return pa.Table.from_arrays(columns, schema=schema)


def wider_type(name: str, one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """Return a type that holds the values of both exactly; raise where there is none."""
    kinds = (one, other)
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    whole = any(map(pa.types.is_integer, kinds))
    if whole and any(map(pa.types.is_floating, kinds)):
        return pa.float64()  # the cast refuses an integer that it cannot hold
    decimal = next(filter(pa.types.is_decimal, kinds), None)
    if decimal is not None and whole:
        wide = decimal.scale + _INT64_DIGITS > pa.decimal128(38).precision
        return pa.decimal256(76, decimal.scale) if wide else pa.decimal128(38, decimal.scale)
    told_apart = (pa.types.is_decimal, pa.types.is_date, is_text)
    if all(is_kind(one) == is_kind(other) for is_kind in told_apart):
        try:
            both = [pa.schema([pa.field(name, kind)]) for kind in kinds]
            return pa.unify_schemas(both, promote_options="permissive").field(0).type
        except pa.ArrowException:
            pass
    raise ResponseError(
        f"{name} is {one} in one place and {other} in another, and no type holds both exactly.",
        hint="Ask for it in one query, or in longer pieces.",
    )


def is_text(kind: pa.DataType) -> bool:
    """Whether values of a type are text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
