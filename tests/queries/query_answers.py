"""What a query answered beside what SQL written by hand answers, row by row and type by type."""

import re
from collections import Counter
from functools import cache

from queries.query_cases import FLIGHTS

from omnipd_sandbox.engine.data.warehouse import warehouse


def rows_of(table):
    return [tuple(exact(value) for value in row.values()) for row in table.to_pylist()]


def exact(value):
    """A value with its type; floats to eleven digits, since sums depend on their order."""
    return ("float", f"{value:.11e}") if isinstance(value, float) else (type(value).__name__, value)


def without_helpers(table):
    """A result without what totals bring beside their mark."""
    helpers = r"ssort_\d+|\$omni_group_grouping|\$omni_total_sort"
    return table.select([each for each in table.column_names if not re.fullmatch(helpers, each)])


def as_delivered(table):
    """The wire's columns as the client names them: the mark of totals, and times before their text."""
    raw = {name.removesuffix("__raw") for name in table.column_names if name.endswith("__raw")}
    table = table.drop_columns(list(raw))
    names = [name.removesuffix("__raw") for name in table.column_names]
    return table.rename_columns(
        ["omni_total" if name == "$omni_column_total_indicator" else name for name in names]
    )


def by_hand(case):
    """What the SQL of a case answers."""
    return _answered("flights" if case.query["modelId"] == FLIGHTS else "orders", case.sql)


# Many files ask for the same.
@cache
def _answered(dataset, sql):
    return warehouse(dataset).run(sql)


def assert_answers(table, case):
    """The rows, in the case's order where it has one, with its names and types."""
    expected = as_delivered(by_hand(case))
    assert table.column_names == expected.column_names
    wanted, got = rows_of(expected), rows_of(table)
    assert (got == wanted) if case.is_sorted else (Counter(got) == Counter(wanted))
