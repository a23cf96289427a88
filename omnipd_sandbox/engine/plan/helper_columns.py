"""The columns that come beside those of a query's fields, by their names on the wire."""

from __future__ import annotations

TOTALS_MARK = "$omni_column_total_indicator"
GROUPING = "$omni_group_grouping"
TOTAL_SORT = "$omni_total_sort"


def subtotal_sort(number: int) -> str:
    """Name the column that sorts the rows of a subtotal behind those of its group."""
    return f"ssort_{number}"
