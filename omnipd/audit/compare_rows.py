"""Which rows of two tables are the same one: by a key, or by all that they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Rows = npt.NDArray[np.int64]
#: A column of both tables, in one type.
Pair = tuple[pa.ChunkedArray, pa.ChunkedArray]


@dataclass(frozen=True)
class Matched:
    """Rows of two tables, by their numbers.

    Attributes
    ----------
    before, after : array of int
        The same row of either, one beside the other.
    removed, added : array of int
        Those that have a key which the other table has not.
    removed_whole, added_whole : array of int
        Those that no key tells from others, and that the other table does not have as often.
    """

    before: Rows
    after: Rows
    removed: Rows
    added: Rows
    removed_whole: Rows
    added_whole: Rows


def match(key: Sequence[Pair], columns: Sequence[Pair], sizes: tuple[int, int]) -> Matched:
    """Find the rows of one table in the other.

    A row whose key is null throughout, or is that of another row of its table, has none: it is found
    by what it holds in all columns, as often as it is there.

    Parameters
    ----------
    key : sequence of pair of column
        What tells the rows apart.
    columns : sequence of pair of column
        All that is compared.
    sizes : tuple of int
        How many rows either has.
    """
    before, after = _codes(key, sizes)
    many = 1 + max(before.max(initial=0), after.max(initial=0))
    often_before, often_after = (
        np.bincount(before, minlength=many),
        np.bincount(after, minlength=many),
    )
    unique = (often_before <= 1) & (often_after <= 1)
    usable_before, usable_after = _with_key(key, sizes)
    usable_before &= unique[before]
    usable_after &= unique[after]
    place = np.full(many, -1, np.int64)
    place[after[usable_after]] = np.flatnonzero(usable_after)
    there = usable_before & (place[before] >= 0)
    rows_before = np.flatnonzero(there)
    rows_after = place[before[rows_before]]
    new = usable_after.copy()
    new[rows_after] = False
    rest_before, rest_after = np.flatnonzero(~usable_before), np.flatnonzero(~usable_after)
    removed, added = _not_in_other(rest_before, rest_after, columns)
    return Matched(
        rows_before,
        rows_after,
        np.flatnonzero(usable_before & ~there),
        np.flatnonzero(new),
        removed,
        added,
    )


def _with_key(key: Sequence[Pair], sizes: tuple[int, int]) -> list[npt.NDArray[np.bool_]]:
    """Return which rows of either table have a value in any column of the key."""
    found = []
    for side, size in enumerate(sizes):
        some = np.zeros(size, bool)
        for pair in key:
            some |= pair[side].is_valid().to_numpy()
        found.append(some)
    return found


def _not_in_other(before: Rows, after: Rows, columns: Sequence[Pair]) -> tuple[Rows, Rows]:
    """Return those of some rows that the other table has less often."""
    taken = [(old.take(before), new.take(after)) for old, new in columns]
    codes = _codes(taken, (len(before), len(after)))
    many = 1 + max(one.max(initial=0) for one in codes)
    often = [np.bincount(one, minlength=many) for one in codes]
    left = [
        rows[pd.Series(held).groupby(held).cumcount().to_numpy() >= other[held]]
        for rows, held, other in zip((before, after), codes, often[::-1], strict=True)
    ]
    return left[0], left[1]


def _codes(pairs: Sequence[Pair], sizes: tuple[int, int]) -> tuple[Rows, Rows]:
    """Return a number for each row of either table, the same where all columns are the same."""
    codes = np.zeros(sum(sizes), np.int64)
    for before, after in pairs:
        chunks = [*before.chunks, *after.chunks]
        both = pa.concat_arrays(chunks) if chunks else pa.array([], before.type)
        encoded = both.dictionary_encode(null_encoding="encode")
        wide = codes * max(len(encoded.dictionary), 1) + encoded.indices.to_numpy()
        codes = np.unique(wide, return_inverse=True)[1].astype(np.int64, copy=False)
    return codes[: sizes[0]], codes[sizes[0] :]
