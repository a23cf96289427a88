"""Results of queries, column by column without a text of theirs: the same schema, rows and nulls."""

from __future__ import annotations

import base64
import binascii
import decimal
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from omnipd.recording.replacement import Replacement

_MARK = "$omni"


class ResultTexts:
    """Replaces what Arrow streams hold.

    Parameters
    ----------
    replaced : Replacement
    field_name : callable
        What the name of a column becomes.
    numbers : bool
        Whether numbers stay.
    """

    def __init__(
        self, replaced: Replacement, field_name: Callable[[str], str], *, numbers: bool
    ) -> None:
        self._replaced = replaced
        self._field_name = field_name
        self._keeps_numbers = numbers

    def in_base64(self, text: str) -> str | None:
        """Return a result in base64 with its values replaced; None for what is no whole Arrow stream."""
        try:
            came = base64.b64decode(text, validate=True)
            reader = pa.ipc.open_stream(came)
            batches = list(reader)
        except (binascii.Error, ValueError, OSError, pa.ArrowException):
            return None
        names = [self._name(one) for one in reader.schema.names]
        # What else the schema says may hold anything.
        schema = pa.schema(
            pa.field(name, one.type, one.nullable)
            for name, one in zip(names, reader.schema, strict=True)
        )
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, schema) as writer:
            for batch in batches:
                columns = [
                    one if name.startswith(_MARK) else self._column(one)
                    for name, one in zip(batch.schema.names, batch.columns, strict=True)
                ]
                writer.write_batch(pa.record_batch(columns, schema=schema))
        return base64.b64encode(sink.getvalue().to_pybytes()).decode()

    def _name(self, name: str) -> str:
        return name if name.startswith(_MARK) else self._field_name(name)

    def _column(self, column: pa.Array) -> pa.Array:
        kind = column.type
        if pa.types.is_dictionary(kind):
            values = self._column(column.dictionary)
            return pa.DictionaryArray.from_arrays(column.indices, values)
        if pa.types.is_null(kind) or pa.types.is_boolean(kind) or pa.types.is_temporal(kind):
            return column
        if self._keeps_numbers and (
            pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
        ):
            return column
        return self._of_values([self._value(one) for one in column.to_pylist()], kind)

    @staticmethod
    def _of_values(values: list[Any], kind: pa.DataType) -> pa.Array:
        try:
            return pa.array(values, kind)
        except (pa.ArrowException, OverflowError, ValueError):
            pass

        def fits(value: Any) -> bool:
            try:
                pa.scalar(value, kind)
            except (pa.ArrowException, OverflowError, ValueError):
                return False
            return True

        # One digit more than there is room for, which only the smallest types have too little of.
        return pa.array([one if fits(one) else 0 for one in values], kind)

    def _value(self, value: Any) -> Any:
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, str):
            return self._replaced.text(value)
        if isinstance(value, bytes):
            return self._replaced.text(value.decode("latin-1")).encode("latin-1", "replace")
        if isinstance(value, dict):
            return {name: self._value(one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._value(one) for one in value]
        if self._keeps_numbers or not isinstance(value, int | float | decimal.Decimal):
            return value
        spelled = format(value, "f") if isinstance(value, decimal.Decimal) else repr(value)
        return type(value)(self._replaced.number(spelled))
