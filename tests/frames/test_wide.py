"""Long tables made wide, beside what loops over their cells make of them."""

from random import Random

import pyarrow as pa
import pytest

from omnipd import ResponseError
from omnipd.frames.row_keys import row_numbers
from omnipd.frames.wide import widen

VALUES = [None, "", "a", "b", "null", "é"]
NUMBERS = [None, -1, 0, 1]


def cells(random):
    """Rows of two dimensions by columns of two: some of all that there could be, in a random order."""
    every = [(a, n, b, m) for a in VALUES for n in NUMBERS for b in VALUES for m in NUMBERS]
    return random.sample(every, random.randint(0, 40))


def table_of(found, random):
    schema = pa.schema(
        [("a", pa.string()), ("n", pa.int64()), ("b", pa.string()), ("m", pa.int64())]
    )
    table = pa.Table.from_pylist(
        [dict(zip(schema.names, row, strict=True)) for row in found], schema
    ).append_column("x", pa.array(range(len(found)), pa.int64()))
    if not found:
        return table
    cut = random.randint(0, len(found))
    return pa.concat_tables([table.slice(0, cut), table.slice(cut)])  # of two chunks


def by_loops(found):
    rows = list(dict.fromkeys((a, n) for a, n, _, _ in found))
    return rows, {((a, n), (b, m)): x for x, (a, n, b, m) in enumerate(found)}


def rows_of(table):
    return [tuple(row.values()) for row in table.to_pylist()]


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("limit", [3, 100])
def test_wide_is_what_loops_make_of_it(seed, limit):
    random = Random(seed)
    found = cells(random)
    expected_rows, held = by_loops(found)
    columns = list(dict.fromkeys((b, m) for _, _, b, m in found))
    random.shuffle(columns)
    numbers = pa.chunked_array(
        [pa.array([columns.index(row[2:]) + 1 for row in found], pa.int64())]
    )
    wide = widen(
        table_of(found, random),
        by=["b", "m"],
        measures=["x"],
        column_numbers=numbers,
        descending=(),
        limit=limit,
    )
    assert rows_of(wide.rows) == expected_rows
    assert rows_of(wide.columns) == columns[:limit]
    assert wide.dropped == max(len(columns) - limit, 0)
    assert [cell.to_pylist() for cell in wide.cells] == [
        [held.get((row, column)) for row in expected_rows] for column in columns[:limit]
    ]


@pytest.mark.parametrize("seed", range(60))
def test_columns_without_numbers_have_the_order_that_all_rows_agree_on(seed):
    """Rows that are parts of one order, each with gaps: no row may see its own turned around."""
    random = Random(seed)
    order = random.sample(range(30), 12)
    parts = [sorted(random.sample(range(12), random.randint(1, 6))) for _ in range(8)]
    found = [(row, order[place]) for row, part in enumerate(parts) for place in part]
    table = pa.table(
        {
            "r": [row for row, _ in found],
            "c": [column for _, column in found],
            "x": range(len(found)),
        }
    )
    wide = widen(table, by=["c"], measures=["x"], column_numbers=None, descending=(), limit=100)
    got = wide.columns["c"].to_pylist()
    assert sorted(got) == sorted({column for _, column in found})
    places = {column: place for place, column in enumerate(got)}
    for row, part in enumerate(parts):
        own = [places[order[place]] for place in part]
        assert own == sorted(own), row


def test_of_columns_that_no_row_puts_in_order_the_lower_value_comes_first():
    """Worked out by hand: 5 before 1; 9 before 1; 7 alone. First 5, for it is the lowest that may be."""
    table = pa.table({"r": [1, 1, 2, 2, 3], "c": [5, 1, 9, 1, 7], "x": [0, 1, 2, 3, 4]})
    found = {}
    for descending in ((), ("c",)):
        wide = widen(
            table, by=["c"], measures=["x"], column_numbers=None, descending=descending, limit=9
        )
        found[descending] = wide.columns["c"].to_pylist()
    assert found == {(): [5, 7, 9, 1], ("c",): [9, 7, 5, 1]}


def test_two_rows_for_one_cell_are_an_error_where_the_cell_is_kept():
    table = pa.table({"r": [1, 1, 1], "c": ["a", "b", "b"], "x": [0, 1, 2]})
    numbers = pa.chunked_array([[1, 2, 2]])
    with pytest.raises(ResponseError, match="two rows for one cell"):
        widen(table, by=["c"], measures=["x"], column_numbers=numbers, descending=(), limit=2)
    wide = widen(table, by=["c"], measures=["x"], column_numbers=numbers, descending=(), limit=1)
    assert (rows_of(wide.columns), wide.dropped) == ([("a",)], 1)


KINDS = [
    pa.float16(),
    pa.float64(),
    pa.decimal256(50, 3),
    pa.date32(),
    pa.time64("us"),
    pa.timestamp("ns", "UTC"),
    pa.duration("s"),
    pa.bool_(),
    pa.binary(),
    pa.large_string(),
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_rows_of_any_type_are_told_apart_and_sorted(kind):
    both = pa.array([0, 1, None, 0], pa.int64())
    if pa.types.is_binary(kind) or pa.types.is_large_string(kind):
        values = both.cast(pa.string()).cast(kind)
    elif pa.types.is_date(kind):
        values = both.cast(pa.int32()).cast(kind)
    elif pa.types.is_float16(kind):
        values = both.cast(pa.float32()).cast(kind)
    else:
        values = both.cast(kind)
    numbers, firsts = row_numbers(pa.table({"v": pa.chunked_array([values[:2], values[2:]])}))
    assert (numbers.tolist(), firsts.tolist()) == ([0, 1, 2, 0], [0, 1, 2])
    table = pa.table({"r": [1, 2, 3], "v": values[::-1][:3], "x": [1, 2, 3]})
    wide = widen(table, by=["v"], measures=["x"], column_numbers=None, descending=(), limit=9)
    assert [cell.to_pylist() for cell in wide.cells] == [
        [1, None, None],
        [None, None, 3],
        [None, 2, None],
    ]


def test_rows_of_no_columns_are_all_alike():
    numbers, firsts = row_numbers(pa.table({"v": [1, 2]}).select([]))
    assert (numbers.tolist(), firsts.tolist()) == ([0, 0], [0])
