"""Long tables → wide ones: a row for each of the rows, a column for each value of a pivot."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from omnipd.errors import ResponseError
from omnipd.frames.arrow_stream import distinct_names
from omnipd.frames.row_keys import Numbers, row_numbers
from omnipd.frames.spelling import text_of

#: Between the values and the measure in the name of a column.
_JOINT = " · "
_BEHIND_ALL = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Wide:
    """A table with the values of a pivot side by side.

    Attributes
    ----------
    height : int
        How many rows it has.
    rows : pyarrow.Table
        What each row is of, which may be nothing.
    columns : pyarrow.Table
        What each group of columns is of: the values of the pivot.
    measures : tuple of str
        The columns of each group.
    cells : tuple of pyarrow.ChunkedArray
        Group by group, in each measure by measure; null where there was no row.
    dropped : int
        How many groups were left out.
    """

    height: int
    rows: pa.Table
    columns: pa.Table
    measures: tuple[str, ...]
    cells: tuple[pa.ChunkedArray, ...]
    dropped: int

    def flat(self) -> pa.Table:
        """Return it with plain columns: what the rows are of, then ``value · measure``."""
        texts = [value_texts(column.to_pylist()) for column in self.columns.columns]
        groups = [joined(values) for values in zip(*texts, strict=True)]
        names = [joined((group, measure)) for group in groups for measure in self.measures]
        return pa.Table.from_arrays(
            [*self.rows.columns, *self.cells],
            names=distinct_names([*self.rows.column_names, *names]),
        )


def widen(
    table: pa.Table,
    *,
    by: Sequence[str],
    measures: Sequence[str],
    column_numbers: pa.ChunkedArray | None,
    descending: Collection[str],
    limit: int,
) -> Wide:
    """Return a long table with the values of some columns side by side.

    Parameters
    ----------
    table : pyarrow.Table
        What its rows and columns are of is scalar. Its rows in the order in which they are to be; those of one row need not be neighbors.
    by : sequence of str
        The columns whose values become columns; null is a value.
    measures : sequence of str
        The columns whose values become cells. All others say what a row is of.
    column_numbers : pyarrow.ChunkedArray, optional
        Which column each row's is, from 1. Without them the columns have the order that the rows
        themselves have them in, where these leave it open that of the values.
    descending : collection of str
        Those of `by` whose values go downwards.
    limit : int
        How many columns there are at most; those behind are left out.

    Raises
    ------
    ResponseError
        If two rows are of one cell.
    """
    rows_of = table.drop_columns([*by, *measures])
    columns_of = table.select(by)
    rows, first_rows = row_numbers(rows_of)
    columns, first_columns = row_numbers(columns_of)
    heads = columns_of.take(pa.array(first_columns))
    if column_numbers is None:
        order = _merged(rows, columns, _ranks(heads, descending))
        numbers = np.arange(1, len(order) + 1)
    else:
        known = pc.fill_null(column_numbers.cast(pa.int64()), _BEHIND_ALL).to_numpy()
        lowest = np.full(len(first_columns), _BEHIND_ALL)
        np.minimum.at(lowest, columns, known)
        order = np.lexsort((np.arange(len(lowest)), lowest))
        # What only totals have has no number, and is counted on.
        numbers = np.where(
            lowest[order] == _BEHIND_ALL, np.arange(1, len(order) + 1), lowest[order]
        )
    kept = order[numbers <= limit]
    values = [_whole(table.column(name)) for name in measures]
    by_column = np.argsort(columns, kind="stable")
    ends = np.cumsum(np.bincount(columns, minlength=len(order)))
    cells = []
    for column in kept:
        own = by_column[ends[column - 1] if column else 0 : ends[column]]
        places = np.full(len(first_rows), -1)
        places[rows[own]] = own
        empty = places < 0
        if len(places) - np.count_nonzero(empty) < len(own):
            raise ResponseError("The result has two rows for one cell of the pivot.")
        held = pa.array(places, mask=empty)
        cells += [pa.chunked_array([one.take(held)]) for one in values]
    return Wide(
        len(first_rows),
        rows_of.take(pa.array(first_rows)) if rows_of.column_names else rows_of,
        heads.take(pa.array(kept)),
        tuple(measures),
        tuple(cells),
        len(order) - len(kept),
    )


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _ranks(heads: pa.Table, descending: Collection[str]) -> Numbers:
    """Return the place of each column by its values; nulls come last."""
    keys = []
    for name, column in zip(heads.column_names, heads.columns, strict=True):
        # Arrow does not sort halves.
        values = column.cast(pa.float32()) if pa.types.is_float16(column.type) else column
        way = "descending" if name in descending else "ascending"
        keys.append(pc.rank(values, way, tiebreaker="dense").to_numpy())
    ranks: Numbers = np.empty(heads.num_rows, np.int64)
    ranks[np.lexsort(keys[::-1])] = np.arange(heads.num_rows)
    return ranks


def _merged(rows: Numbers, columns: Numbers, ranks: Numbers) -> Numbers:
    """Return the columns in the order that each row has them in, as far as there is such an order.

    Of columns that no row puts in an order the lower rank comes first.
    """
    by_row = np.argsort(rows, kind="stable")
    of_one_row = rows[by_row][1:] == rows[by_row][:-1]
    count = len(ranks)
    # Sorted, since np.unique is slow without an inverse.
    pairs = np.sort((columns[by_row][:-1] * count + columns[by_row][1:])[of_one_row])
    behind: list[list[int]] = [[] for _ in ranks]
    awaited = [0] * count
    for pair in pairs[np.diff(pairs, prepend=-1) > 0].tolist():
        one, other = divmod(pair, count)
        if one != other:
            behind[one].append(other)
            awaited[other] += 1
    ready = [(int(ranks[one]), one) for one, waits in enumerate(awaited) if not waits]
    heapq.heapify(ready)
    left = dict.fromkeys(np.argsort(ranks).tolist())
    order = []
    while left:
        # Rows that contradict each other leave none to begin with: then the lowest rank does.
        one = heapq.heappop(ready)[1] if ready else next(iter(left))
        if one not in left:
            continue
        del left[one]
        order.append(one)
        for other in behind[one]:
            awaited[other] -= 1
            if not awaited[other]:
                heapq.heappush(ready, (int(ranks[other]), other))
    return np.array(order, np.int64)


def joined(texts: Iterable[str]) -> str:
    """Return the values of a pivot and a measure as the name of one column."""
    return _JOINT.join(texts)


def value_texts(values: Sequence[Any]) -> list[str]:
    """Return values as names of columns have them; times of which all are days, as days.

    Examples
    --------
    >>> value_texts([datetime(2026, 3, 1), None])
    ['2026-03-01', 'null']
    """
    times = [value for value in values if isinstance(value, datetime)]
    are_days = all(value.time() == time() for value in times)
    return [_text(value, are_days=are_days) for value in values]


def _text(value: Any, *, are_days: bool) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.date().isoformat() if are_days else value.isoformat(sep=" ")
    return f"{value:f}" if isinstance(value, Decimal) else text_of(value)
