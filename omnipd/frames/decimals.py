"""Exact decimals → the nearest floating numbers, for those who ask for them.

By way of text, because Arrow's own cast is often off by the last bit: 741.18 would not equal 741.18.
"""

from __future__ import annotations

from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

_Rows = TypeVar("_Rows", pa.Table, pa.RecordBatch)


def as_floats(table: _Rows) -> _Rows:
    """Return a table with ``float64`` for every decimal, in lists and structs too.

    Only types decide, so that a table without rows gets the same columns. Nulls stay null.

    Examples
    --------
    >>> from decimal import Decimal
    >>> money = pa.table({"a": pa.array([Decimal("741.18"), None], pa.decimal128(38, 2))})
    >>> as_floats(money).to_pydict()
    {'a': [741.18, None]}
    """
    for place, field in enumerate(table.schema):
        kind = _replaced(field.type, pa.float64())
        if kind != field.type:
            column = table.column(place)
            if pa.types.is_run_end_encoded(field.type):
                column = pc.run_end_decode(column)
            texts = column.cast(_replaced(field.type, pa.string()))
            table = table.set_column(place, field.name, texts.cast(kind))
    return table


def _replaced(kind: pa.DataType, other: pa.DataType) -> pa.DataType:
    """Return a type with another one in place of each decimal in it."""
    if pa.types.is_decimal(kind):
        return other
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        inner = _replaced(kind.value_type, other)
        return kind if inner == kind.value_type else inner
    if pa.types.is_struct(kind):
        return pa.struct([one.with_type(_replaced(one.type, other)) for one in kind])
    if pa.types.is_map(kind):
        return pa.map_(kind.key_type, _replaced(kind.item_type, other))
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(_replaced(kind.value_type, other), kind.list_size)
    for is_kind, make in (
        (pa.types.is_list, pa.list_),
        (pa.types.is_large_list, pa.large_list),
    ):
        if is_kind(kind):
            return make(kind.value_field.with_type(_replaced(kind.value_type, other)))
    return kind
