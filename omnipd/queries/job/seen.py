"""What was seen of a result as it came: how many rows, of how many rows and columns of a pivot, which totals."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from omnipd.queries.job.result import PIVOT_COLUMN, PIVOT_ROW, TOTAL_COLUMN


@dataclass
class Seen:
    """What was seen so far.

    Attributes
    ----------
    totals_kept : bool
        Whether totals rows are among those that are seen.
    rows : int
        How many came beside totals.
    pivot_rows : int or None
        The last row of the pivot; None where the result does not say it.
    pivot_columns : int or None
        Its last column.
    totals : set of str
        The kinds of totals.
    """

    totals_kept: bool
    rows: int = 0
    pivot_rows: int | None = None
    pivot_columns: int | None = None
    totals: set[str] = field(default_factory=set)

    def add(self, table: pa.Table) -> None:
        """See more rows."""
        if self.totals_kept:
            marks = table.column(TOTAL_COLUMN)
            if marks.null_count < len(marks):
                self.totals |= set(pc.unique(marks).to_pylist()) - {None}
                table = table.filter(pc.is_null(marks))
        self.rows += table.num_rows
        if PIVOT_ROW in table.column_names:
            self.pivot_rows = _later(self.pivot_rows, table.column(PIVOT_ROW))
        if PIVOT_COLUMN in table.column_names:
            self.pivot_columns = _later(self.pivot_columns, table.column(PIVOT_COLUMN))

    def at_limit(self, limit: int | None) -> int | None:
        """Return the number of rows if there may be more; None if these are all.

        Of a pivot the limit is that of its rows. Should a server have counted what came instead, a
        number of exactly that many says so.
        """
        counted = self.rows if self.pivot_rows is None else self.pivot_rows
        if limit is None:
            return None
        return counted if counted >= limit else self.rows if self.rows == limit else None


def _later(last: int | None, numbers: pa.ChunkedArray) -> int:
    return max(last or 0, pc.max(numbers).as_py() or 0)
