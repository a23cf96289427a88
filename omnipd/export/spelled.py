"""Tables whose values have a form that CSV, JSON and Excel can hold."""

from __future__ import annotations

import pyarrow as pa

from omnipd.frames import times
from omnipd.frames.spelling import duration, text_of
from omnipd.frames.to_pandas import written


def spelled(table: pa.Table) -> pa.Table:
    """Return a table of scalar columns for a file that does not know Arrow's types.

    Instants are in UTC, durations are those of ISO 8601, bytes are base64; times that Python cannot
    hold are text.

    Examples
    --------
    >>> spelled(pa.table({"a": pa.array([90], pa.duration("s")), "b": [b"omni"]})).to_pylist()
    [{'a': 'PT1M30S', 'b': 'b21uaQ=='}]
    """
    table = times.showable(times.in_utc(table))
    for place, field in enumerate(table.schema):
        column = table.column(place)
        held = _spelled(column)
        if held is not column:
            table = table.set_column(place, field.name, held)
    return table


def _spelled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return written(column, text_of)
    if pa.types.is_duration(kind):
        return written(column.cast(pa.int64()), lambda count: duration(count, kind.unit))
    if pa.types.is_float16(kind):
        return column.cast(pa.float32())
    if kind == pa.time64("ns"):
        try:
            return column.cast(pa.time64("us"))
        except pa.ArrowInvalid:  # Python has no nanoseconds
            return column.cast(pa.string())
    return column
