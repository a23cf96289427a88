"""How much has changed, table by table or column by column."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from omnipd.arguments import check_choice, function
from omnipd.audit.compare_tables import ADDED, CHANGED, CHANGES, REMOVED, is_not_compared
from omnipd.audit.each_inventory import of_each_inventory
from omnipd.audit.facts import facts_in
from omnipd.errors import ArgumentError
from omnipd.frames.columns import COUNT, TEXT
from omnipd.frames.to_pandas import to_frame

_ROWS = (ADDED, REMOVED, CHANGED)
_BY_TABLE = pa.schema([("table", TEXT), *((name, COUNT) for name in (*_ROWS, "not_known"))])
_BY_COLUMN = pa.schema([("table", TEXT), ("column", TEXT), (CHANGED, COUNT)])


@of_each_inventory
def diff_summary(diff: pd.DataFrame, *, by: Literal["table", "column"] = "table") -> pd.DataFrame:
    """Return how many rows of each table were added, removed and changed.

    Parameters
    ----------
    diff : DataFrame
        What :func:`diff` gave, or some of its rows.
    by : {"table", "column"}, default "table"
        Count the rows of tables, or the changed values of columns.

    Returns
    -------
    pandas.DataFrame
        By table, in the order of `diff`, with these columns:

        - ``table`` (string): The table; null for frames.
        - ``added``, ``removed``, ``changed`` (int64): Rows. One in which several values have changed
          counts once. Of a table that is not known whole, those that were found; null where none was.
        - ``not_known`` (int64): Rows of which it is not known whether they were added or removed. Null
          where the table could not be compared.

        A table in which nothing has changed is there with zeros, as long as ``diff.attrs`` are.

        By column, the most changed ones of a table first:

        - ``table``, ``column`` (string): The column.
        - ``changed`` (int64): In how many rows.

    Raises
    ------
    ArgumentError
        If `diff` is something else.

    Examples
    --------
    >>> import omnipd
    >>> with omnipd.sandbox(size="tiny"):
    ...     before = omnipd.read_inventory(include="labels")
    >>> labels = before["labels"].iloc[1:].assign(description="", color="red")
    >>> diff = omnipd.audit.diff(before, omnipd.Inventory({"labels": labels}))
    >>> omnipd.audit.diff_summary(diff)
        table  added  removed  changed  not_known
    0  labels      0        1       11          0
    >>> omnipd.audit.diff_summary(diff, by="column")
        table       column  changed
    0  labels        color       11
    1  labels  description       10
    """
    if not isinstance(diff, pd.DataFrame) or not set(CHANGES.names) <= set(diff.columns):
        raise ArgumentError(
            f"Expected what has changed, not {type(diff).__name__}.",
            hint="It comes from " + function("audit.diff") + ".",
        )
    check_choice("by", by, ("table", "column"))
    rows = pa.Table.from_pandas(diff[CHANGES.names], preserve_index=False).cast(CHANGES)
    facts = facts_in(diff)
    if by == "column":
        return to_frame(_by_column(rows), facts)
    return to_frame(_by_table(rows, facts), facts)


def _by_table(rows: pa.Table, facts: dict[str, Any]) -> pa.Table:
    counts = _counts(rows, "table", "change")
    changed = rows.filter(pc.equal(rows["change"], CHANGED)).select(["table", "key"])
    once = changed.group_by(["table", "key"], use_threads=False).aggregate([])
    counts |= {(table, CHANGED): count for (table,), count in _counts(once, "table").items()}
    missing = {table for (table,) in _counts(rows.filter(is_not_compared(rows)), "table")}
    held = []
    for table in dict.fromkeys([*rows["table"].to_pylist(), *facts.get("tables", ())]):
        not_known = counts.get((table, None), 0)
        whole = not not_known and table not in facts.get("failures", ())
        row = {name: counts.get((table, name), 0 if whole else None) for name in _ROWS}
        not_known_rows = None if table in missing else not_known
        held.append({"table": table, **row, "not_known": not_known_rows})
    return pa.Table.from_pylist(held, schema=_BY_TABLE)


def _by_column(rows: pa.Table) -> pa.Table:
    counts = _counts(rows.filter(pc.equal(rows["change"], CHANGED)), "table", "column")
    order = {table: place for place, table in enumerate(dict.fromkeys(rows["table"].to_pylist()))}
    held = [
        {"table": table, "column": column, CHANGED: count}
        for (table, column), count in counts.items()
    ]
    held.sort(key=lambda row: (order[row["table"]], -row[CHANGED], row["column"]))
    return pa.Table.from_pylist(held, schema=_BY_COLUMN)


def _counts(rows: pa.Table, *columns: str) -> dict[tuple[Any, ...], int]:
    """Return how many rows have the same values in some columns."""
    counted = rows.group_by([*columns], use_threads=False).aggregate([([], "count_all")])
    keys = zip(*(counted[column].to_pylist() for column in columns), strict=True)
    return dict(zip(keys, counted["count_all"].to_pylist(), strict=True))
