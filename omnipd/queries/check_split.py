"""Whether the rows of one piece of a query lie in it, by the time that the query is split on.

Omni filters a time itself and gives it back cut to a timeframe. Were the two done in different time
zones, a day or a month would lie in two pieces, and each of them would have a part of its row.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from omnipd.errors import ResponseError

_MOMENT = pa.timestamp("us")
#: What Omni's texts can name, and Python's dates can hold.
_FIRST, _LAST = (
    pa.scalar(datetime.fromisoformat(one), _MOMENT)
    for one in ("0001-01-01", "9999-12-31 23:59:59.999999")
)
#: Timeframes that cut, and what Arrow calls them; the others leave a time as it is.
_UNITS = {
    **{unit: unit for unit in ("year", "quarter", "month", "hour", "minute", "second")},
    "date": "day",
}


def check_rows(
    column: pa.ChunkedArray, name: str, timeframe: str | None, piece: Mapping[str, Any]
) -> None:
    """Refuse rows that lie outside their piece, or in more than this one.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        The times of the rows, at the timeframe.
    name : str
        What the field is called.
    timeframe : str or None
        How it is cut.
    piece : mapping
        The filter that picks the piece.

    Raises
    ------
    ResponseError
        Naming one such time.
    """
    if piece == {"type": "null", "is_negative": False}:
        if column.null_count < len(column):
            raise _outside(name, "gave rows with a time where rows without a time were asked for")
        return
    times = check_cut(column, name, timeframe)
    start, end = piece.get("left_side"), piece.get("right_side")  # an open piece lacks one, or both
    strays = times.slice(0, 0)
    if start is not None:
        left = _timestamp(start)
        if timeframe in _UNITS:  # a piece may begin inside a day whose time is its beginning
            left = pc.floor_temporal(left, unit=_UNITS[timeframe])
        strays = times.filter(pc.less(times, left))
    if end is not None and not len(strays):
        strays = times.filter(pc.greater_equal(times, _timestamp(end)))
    if len(strays):
        bounds = f"from {start or 'the beginning'} to {end or 'the end of time'}"
        raise _outside(name, f"gave {_shown(strays)} in the piece {bounds}")


def check_cut(column: pa.ChunkedArray, name: str, timeframe: str | None) -> pa.ChunkedArray:
    """Return the times of a column in UTC; refuse what is not a time, and what its timeframe does not begin.

    Raises
    ------
    ResponseError
        Naming what came instead.
    """
    kind = column.type
    if column.null_count:
        raise _outside(name, "gave rows without a time where others were asked for")
    if not (pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
        if not len(column):
            return pa.chunked_array([], _MOMENT)
        raise ResponseError(
            f"{name} came as {kind}, which is not a time: its rows cannot be told apart by pieces.",
            hint="Split on a time, or ask for it in one query.",
        )
    times = column.cast(_MOMENT, safe=getattr(kind, "unit", None) != "ns")
    far = times.filter(pc.or_(pc.less(times, _FIRST), pc.greater(times, _LAST)))
    if len(far):
        raise ResponseError(f"{name} has a time that is not in the years 1 to 9999.")
    if timeframe in _UNITS:
        inner = times.filter(pc.not_equal(times, pc.floor_temporal(times, unit=_UNITS[timeframe])))
        if len(inner):
            raise _outside(
                name, f"gave {_shown(inner)}, which in UTC begins no {_UNITS[timeframe]}"
            )
    return times


def _timestamp(text: str) -> pa.Scalar:
    return pa.scalar(datetime.fromisoformat(text), _MOMENT)


def _shown(times: pa.ChunkedArray) -> str:
    return str(times[0].cast(pa.string())).removesuffix(".000000")


def _outside(name: str, what: str) -> ResponseError:
    return ResponseError(
        f"Of {name} Omni {what}: it does not cut this time as it filters it, which are pieces in "
        "UTC, and a row may lie in two of them.",
        hint="Ask for it in one query: run_query, or query_to_parquet in bounded memory.",
    )
