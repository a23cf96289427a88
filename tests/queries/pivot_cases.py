"""Pivoted results as Omni sends them, beside the wide frames that a person would draw of them.

Every batch has its columns in the server's order, most with columns that nobody asked for.
``$omni_pivot_row_num`` and ``$omni_pivot_col_num`` are the dense ranks that Omni sends; where a case has
none, the order is that of the rows themselves.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa

ROW, COLUMN = "$omni_pivot_row_num", "$omni_pivot_col_num"
MARK = "$omni_column_total_indicator"
GRAND, SUB = "column_total", "column_subtotal::o.region"


@dataclass(frozen=True)
class PivotCase:
    """Hold a result, what was asked, and the frame: its index, its columns, its cells row by row."""

    name: str
    fields: list[str]
    by: list[str]
    sent: dict[str, Any]
    index: list[Any]
    columns: list[tuple[Any, ...]]
    cells: list[list[Any]]
    rest: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    dropped: int = 0
    warns: str | None = None
    dimensions: tuple[str, ...] = ("o.region", "o.stage", "o.month", "o.size", "o.rep")
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def described(self) -> dict[str, dict[str, Any]]:
        return {
            name: {
                "is_dimension": name in self.dimensions,
                "label": self.labels.get(name, name.partition(".")[2].title()),
            }
            for name in self.fields
        }


def _money(*values):
    return pa.array([None if one is None else Decimal(one) for one in values], pa.decimal128(12, 2))


def _months(*values):
    return pa.array([one and pd.Timestamp(one) for one in values], pa.timestamp("us"))


REGIONS = ["o.region", "o.stage", "o.amount"]

CASES = [
    PivotCase(
        "the vendor's own example: EMEA has no Negotiation",
        REGIONS,
        ["o.stage"],
        {
            "o.region": ["APAC", "APAC", "EMEA", "EMEA", "NA", "NA", "NA"],
            "o.stage": ["Lead", "Negotiation", "Lead", "Won", "Lead", "Negotiation", "Won"],
            ROW: [1, 1, 2, 2, 3, 3, 3],
            COLUMN: [1, 2, 1, 3, 1, 2, 3],
            "o.amount": [10, 20, 30, 40, 50, 60, 70],
        },
        ["APAC", "EMEA", "NA"],
        [("Lead", "o.amount"), ("Negotiation", "o.amount"), ("Won", "o.amount")],
        [[10, 20, None], [30, None, 40], [50, 60, 70]],
    ),
    PivotCase(
        "columns nobody asked for, in the server's own order",
        REGIONS,
        ["o.stage"],
        {
            "o.amount": ["1.00", "2.00"],
            "ssort_0": pa.array([1, 2], pa.int32()),
            "o.stage": ["Won", "Won"],
            COLUMN: [1, 1],
            "o.id": ["i1", "i2"],
            ROW: [1, 2],
            "o.region": ["APAC", "NA"],
            "o.amount__raw": _money("1.00", "2.00"),
        },
        ["APAC", "NA"],
        [("Won", "o.amount")],
        [[Decimal("1.00")], [Decimal("2.00")]],
    ),
    PivotCase(
        "the pivot sorts downwards, rows by a measure: the helpers say it",
        REGIONS,
        ["o.stage"],
        {
            "o.region": ["NA", "NA", "APAC", "APAC"],
            "o.stage": ["Won", "Lead", "Won", "Lead"],
            ROW: [1, 1, 2, 2],
            COLUMN: [1, 2, 1, 2],
            "o.amount": [9, 8, 2, 1],
        },
        ["NA", "APAC"],
        [("Won", "o.amount"), ("Lead", "o.amount")],
        [[9, 8], [2, 1]],
        rest={"sorts": [{"column_name": "o.stage", "sort_descending": True}]},
    ),
    PivotCase(
        "null is a value of the pivot, and comes first where Omni sorts it first",
        REGIONS,
        ["o.stage"],
        {
            "o.region": ["NA", "NA", "APAC"],
            "o.stage": [None, "Won", "Won"],
            ROW: [1, 1, 2],
            COLUMN: [1, 2, 2],
            "o.amount": [1, 2, 3],
        },
        ["NA", "APAC"],
        [(None, "o.amount"), ("Won", "o.amount")],
        [[1, 2], [None, 3]],
    ),
    PivotCase(
        "a row of null, beside the empty text and the text null",
        REGIONS,
        ["o.stage"],
        {
            "o.region": [None, "", "null", "null"],
            "o.stage": ["Won", "Won", "", "Won"],
            ROW: [1, 2, 3, 3],
            COLUMN: [2, 2, 1, 2],
            "o.amount": [1, 2, 3, 4],
        },
        [None, "", "null"],
        [("", "o.amount"), ("Won", "o.amount")],
        [[None, 1], [None, 2], [3, 4]],
    ),
    PivotCase(
        "two pivots",
        ["o.region", "o.stage", "o.size", "o.amount"],
        ["o.stage", "o.size"],
        {
            "o.region": ["APAC", "APAC", "NA", "NA"],
            "o.stage": ["Lead", "Won", "Lead", "Won"],
            "o.size": [1, 1, 2, 1],
            ROW: [1, 1, 2, 2],
            COLUMN: [1, 3, 2, 3],
            "o.amount": [1, 2, 3, 4],
        },
        ["APAC", "NA"],
        [("Lead", 1, "o.amount"), ("Lead", 2, "o.amount"), ("Won", 1, "o.amount")],
        [[1, None, 2], [None, 3, 4]],
    ),
    PivotCase(
        "two measures, in the order of the query and below each value; a null cell that came stays null",
        ["o.count", "o.region", "o.stage", "o.amount"],
        ["o.stage"],
        {
            "o.amount": _money("1.50", None, "3.00"),
            "o.count": [1, 2, 3],
            "o.region": ["APAC", "NA", "NA"],
            "o.stage": ["Lead", "Lead", "Won"],
            ROW: [1, 2, 2],
            COLUMN: [1, 1, 2],
        },
        ["APAC", "NA"],
        [
            ("Lead", "o.count"),
            ("Lead", "o.amount"),
            ("Won", "o.count"),
            ("Won", "o.amount"),
        ],
        [[1, Decimal("1.50"), None, None], [2, None, 3, Decimal("3.00")]],
    ),
    PivotCase(
        "decimals as floats for those who ask",
        REGIONS,
        ["o.stage"],
        {
            "o.region": ["NA", "NA"],
            "o.stage": ["Lead", "Won"],
            ROW: [1, 1],
            COLUMN: [1, 2],
            "o.amount": _money("741.18", None),
        },
        ["NA"],
        [("Lead", "o.amount"), ("Won", "o.amount")],
        [[741.18, None]],
        options={"decimals": "float64"},
    ),
    PivotCase(
        "times as columns and dates as rows",
        ["o.rep", "o.month", "o.amount"],
        ["o.month"],
        {
            "o.rep": pa.array([date(2024, 1, 31), date(2024, 1, 31), None], pa.date32()),
            "o.month": _months("2024-01", "2024-02", "2024-02"),
            ROW: [1, 1, 2],
            COLUMN: [1, 2, 2],
            "o.amount": [1, 2, 3],
        },
        [date(2024, 1, 31), None],
        [(pd.Timestamp("2024-01"), "o.amount"), (pd.Timestamp("2024-02"), "o.amount")],
        [[1, 2], [None, 3]],
    ),
    PivotCase(
        "rows of two dimensions, one of them null",
        ["o.region", "o.rep", "o.stage", "o.amount"],
        ["o.stage"],
        {
            "o.region": ["APAC", "APAC", "NA"],
            "o.rep": ["Ann", None, "Ann"],
            "o.stage": ["Won", "Lead", "Won"],
            ROW: [1, 2, 3],
            COLUMN: [2, 1, 2],
            "o.amount": [1, 2, 3],
        },
        [("APAC", "Ann"), ("APAC", None), ("NA", "Ann")],
        [("Lead", "o.amount"), ("Won", "o.amount")],
        [[None, 1], [2, None], [None, 3]],
    ),
    PivotCase(
        "nothing but the pivot: a single row",
        ["o.stage", "o.amount"],
        ["o.stage"],
        {"o.stage": ["Lead", "Won"], ROW: [1, 1], COLUMN: [1, 2], "o.amount": [1, 2]},
        [0],
        [("Lead", "o.amount"), ("Won", "o.amount")],
        [[1, 2]],
    ),
    PivotCase(
        "beyond the limit every row keeps its first column, which is dropped and counted",
        REGIONS,
        ["o.stage"],
        {
            # Of five stages the first two are kept; NA begins at the fourth, LATAM at the fifth.
            "o.region": ["APAC", "APAC", "LATAM", "NA"],
            "o.stage": ["a", "b", "e", "d"],
            ROW: [1, 1, 2, 3],
            COLUMN: [1, 2, 5, 4],
            "o.amount": [1, 2, 3, 4],
        },
        ["APAC", "LATAM", "NA"],
        [("a", "o.amount"), ("b", "o.amount")],
        [[1, 2], [None, None], [None, None]],
        rest={"column_limit": 2},
        dropped=2,
        warns="more columns than its column_limit of 2: 2 columns are dropped",
    ),
    PivotCase(
        "rows that come in another order than that of the pivot",
        REGIONS,
        ["o.stage"],
        {
            "o.region": ["NA", "APAC", "NA", "APAC"],
            "o.stage": ["Won", "Won", "Lead", "Lead"],
            ROW: [2, 1, 2, 1],
            COLUMN: [2, 2, 1, 1],
            "o.amount": [4, 2, 3, 1],
        },
        ["APAC", "NA"],
        [("Lead", "o.amount"), ("Won", "o.amount")],
        [[1, 2], [3, 4]],
    ),
    PivotCase(
        "no helpers: the rows' own orders, merged",
        REGIONS,
        ["o.stage"],
        {
            # c before a, a before b; z stands alone, and x only says that it is before b.
            "o.region": ["R1", "R1", "R2", "R2", "R3", "R3", "R4"],
            "o.stage": ["c", "a", "a", "b", "x", "b", "z"],
            "o.amount": [1, 2, 3, 4, 5, 6, 7],
        },
        ["R1", "R2", "R3", "R4"],
        [(stage, "o.amount") for stage in "caxbz"],
        [
            [1, 2, None, None, None],
            [None, 3, None, 4, None],
            [None, None, 5, 6, None],
            [None, None, None, None, 7],
        ],
    ),
    PivotCase(
        "no helpers, one column for each row: by value, numbers as numbers, null last",
        ["o.region", "o.size", "o.amount"],
        ["o.size"],
        {
            "o.region": ["R1", "R2", "R3", "R4"],
            "o.size": [10, None, 9, -1],
            "o.amount": [1, 2, 3, 4],
        },
        ["R1", "R2", "R3", "R4"],
        [(-1, "o.amount"), (9, "o.amount"), (10, "o.amount"), (None, "o.amount")],
        [
            [None, None, 1, None],
            [None, None, None, 2],
            [None, 3, None, None],
            [4, None, None, None],
        ],
    ),
    PivotCase(
        "no helpers: text by code point, downwards where the query sorts it so",
        REGIONS,
        ["o.stage"],
        {
            "o.region": ["R1", "R2", "R3"],
            "o.stage": ["Z", "a", "é"],
            "o.amount": [1, 2, 3],
        },
        ["R1", "R2", "R3"],
        [("é", "o.amount"), ("a", "o.amount"), ("Z", "o.amount")],
        [[None, None, 1], [None, 2, None], [3, None, None]],
        rest={"sorts": [{"column_name": "o.stage", "sort_descending": True}]},
    ),
    PivotCase(
        "no helpers, rows that contradict each other: by value",
        REGIONS,
        ["o.stage"],
        {
            "o.region": ["R1", "R1", "R2", "R2"],
            "o.stage": ["b", "a", "a", "b"],
            "o.amount": [1, 2, 3, 4],
        },
        ["R1", "R2"],
        [("a", "o.amount"), ("b", "o.amount")],
        [[2, 1], [3, 4]],
    ),
    PivotCase(
        "no helpers, more columns than the limit",
        REGIONS,
        ["o.stage"],
        {
            "o.region": ["R1", "R1", "R1", "R2"],
            "o.stage": ["a", "b", "c", "c"],
            "o.amount": [1, 2, 3, 4],
        },
        ["R1", "R2"],
        [("a", "o.amount"), ("b", "o.amount")],
        [[1, 2], [None, None]],
        rest={"column_limit": 2},
        dropped=1,
        warns="more columns than its column_limit of 2: 1 column is dropped",
    ),
    PivotCase(
        "no rows: the index and the columns have their names",
        REGIONS,
        ["o.stage"],
        {
            "o.region": pa.array([], pa.string()),
            "o.stage": pa.array([], pa.string()),
            ROW: pa.array([], pa.int64()),
            COLUMN: pa.array([], pa.int64()),
            "o.amount": pa.array([], pa.int64()),
        },
        [],
        [],
        [],
    ),
    PivotCase(
        "totals of columns beside a row that is null itself",
        REGIONS,
        ["o.stage"],
        {
            "o.region": [None, "NA", "NA", None, None],
            "o.stage": ["Lead", "Lead", "Won", "Lead", "Won"],
            ROW: [1, 2, 2, None, None],
            COLUMN: [1, 1, 2, 1, 2],
            "o.amount": [1, 2, 3, 3, 3],
            MARK: [None, None, None, GRAND, GRAND],
        },
        [(None, None), ("NA", None), (None, GRAND)],
        [("Lead", "o.amount"), ("Won", "o.amount")],
        [[1, None], [2, 3], [3, 3]],
        rest={"column_totals": {"::total::": {"type": "aggregation"}}},
        options={"totals": True},
    ),
    PivotCase(
        "the same without totals",
        REGIONS,
        ["o.stage"],
        {
            "o.region": [None, "NA", "NA", None, None],
            "o.stage": ["Lead", "Lead", "Won", "Lead", "Lost"],
            ROW: [1, 2, 2, None, None],
            COLUMN: [1, 1, 2, 1, 3],
            "o.amount": [1, 2, 3, 3, 3],
            MARK: [None, None, None, GRAND, GRAND],
        },
        [None, "NA"],
        [("Lead", "o.amount"), ("Won", "o.amount")],
        [[1, None], [2, 3]],
        rest={"column_totals": {"::total::": {"type": "aggregation"}}},
    ),
    PivotCase(
        "subtotals behind their groups",
        ["o.region", "o.rep", "o.stage", "o.amount"],
        ["o.stage"],
        {
            "o.region": ["APAC", "APAC", "APAC", "NA", "NA"],
            "o.rep": ["Ann", "Bob", None, "Ann", None],
            "o.stage": ["Won"] * 5,
            ROW: [1, 2, None, 3, None],
            COLUMN: [1] * 5,
            "o.amount": [1, 2, 3, 4, 4],
            MARK: [None, None, SUB, None, SUB],
        },
        [
            ("APAC", "Ann", None),
            ("APAC", "Bob", None),
            ("APAC", None, SUB),
            ("NA", "Ann", None),
            ("NA", None, SUB),
        ],
        [("Won", "o.amount")],
        [[1], [2], [3], [4], [4]],
        rest={"column_totals": {"o.region": {"type": "aggregation"}}},
        options={"totals": True},
    ),
    PivotCase(
        "labels; two measures with one label keep their names",
        ["o.region", "o.stage", "o.amount", "o.count"],
        ["o.stage"],
        {
            "o.region": ["NA"],
            "o.stage": ["Won"],
            ROW: [1],
            COLUMN: [1],
            "o.amount": [1],
            "o.count": [2],
        },
        ["NA"],
        [("Won", "N (o.amount)"), ("Won", "N (o.count)")],
        [[1, 2]],
        options={"names": "label"},
        labels={"o.amount": "N", "o.count": "N"},
    ),
    PivotCase(
        "transposed measures",
        ["o.region", "o.stage", "o.amount", "o.count"],
        ["o.stage"],
        {
            "measure_value": [1.0, 2.0, 3.0],
            "measure_order": [0, 0, 1],
            "o.region": ["NA", "NA", "NA"],
            "measure_name": ["o.amount", "o.amount", "o.count"],
            "o.stage": ["Lead", "Won", "Won"],
            ROW: [1, 1, 2],
            COLUMN: [1, 2, 2],
        },
        [("NA", "o.amount", 0), ("NA", "o.count", 1)],
        [("Lead", "measure_value"), ("Won", "measure_value")],
        [[1.0, 2.0], [None, 3.0]],
        rest={"transposed_measures": ["o.amount", "o.count"]},
    ),
    PivotCase(
        "periods",
        ["o.region", "o.amount", "omni_period_pivot"],
        ["omni_period_pivot"],
        {
            "o.region": ["APAC", "APAC", "NA"],
            "omni_period_pivot": ["Current Period", "Previous Month", "Previous Month"],
            ROW: [1, 1, 2],
            COLUMN: [1, 2, 2],
            "o.amount": [5, 4, 3],
        },
        ["APAC", "NA"],
        [("Current Period", "o.amount"), ("Previous Month", "o.amount")],
        [[5, 4], [None, 3]],
        rest={
            "filters": {
                "o.at": {"type": "date", "kind": "TIME_FOR_UNIT_DURATION", "left_side": "2024-03"}
            },
            "period_over_period_computations": [
                {
                    "date_filter_field_name": "o.at",
                    "periods_ago": None,
                    "time_unit_name": None,
                },
                {
                    "date_filter_field_name": "o.at",
                    "periods_ago": 1,
                    "time_unit_name": "MONTH",
                },
            ],
        },
        dimensions=("o.region", "omni_period_pivot"),
    ),
]
