"""The columns that come beside those of a query's fields, by their names on the wire."""

from __future__ import annotations

PIVOT_ROW = "$omni_pivot_row_num"
PIVOT_COLUMN = "$omni_pivot_col_num"
MEASURE_NAME = "measure_name"
MEASURE_ORDER = "measure_order"
MEASURE_VALUE = "measure_value"
TOTALS_MARK = "$omni_column_total_indicator"
GROUPING = "$omni_group_grouping"
TOTAL_SORT = "$omni_total_sort"


def subtotal_sort(number: int) -> str:
    """Name the column that sorts the rows of a subtotal behind those of its group."""
    return f"ssort_{number}"
