"""Which columns of a Parquet file are worth a dictionary.

By itself Arrow builds one for every column, and gives it up when it has grown too large: where hardly
any value comes twice, most of the time of writing goes into it, and the file is larger.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

#: So many rows, from the start, say what a column is like.
_SAMPLE = 20_000


def columns_that_repeat(table: pa.Table) -> list[str]:
    """Return the columns in whose first rows values come more than twice, on average.

    Examples
    --------
    >>> columns_that_repeat(pa.table({"id": [1, 2, 3], "state": ["TX", "TX", "TX"]}))
    ['state']
    """
    rows = table.slice(0, _SAMPLE)
    return [
        name
        for name, column in zip(rows.column_names, rows.columns, strict=True)
        if _repeats(column)
    ]


def _repeats(column: pa.ChunkedArray) -> bool:
    try:
        return len(pc.unique(column)) * 2 < len(column)
    except pa.ArrowNotImplementedError:  # nested values, which hold columns of their own
        return True
