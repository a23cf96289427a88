"""What Omni adds to a result is taken out again, by answers worked out by hand."""

from decimal import Decimal

import pyarrow as pa
import pytest

import omnipd
from omnipd.frames.to_pandas import scalar_columns
from omnipd.queries.job.result import labeled, normalize


def test_bookkeeping_columns_go_and_the_request_gives_the_order():
    table = pa.table(
        {
            "$omni_row": [1],
            "b.y": [2],
            "b.y__omni_sort": [3],
            "b.y__omni_sort_1": [4],
            "__omni_x": [5],
            "extra": [6],
            "a.X": [7],
        }
    )
    assert normalize(table, ["a.x", "b.y"]).to_pydict() == {"a.X": [7], "b.y": [2]}


def test_a_field_that_is_missing_from_the_result_is_an_error():
    with pytest.raises(omnipd.QueryError, match=r"lacks b\.y"):
        normalize(pa.table({"a.x": [1]}), ["a.x", "b.y"])


@pytest.mark.parametrize("mark", ["$omni_column_total_indicator", "__omni_row_total_indicator"])
@pytest.mark.parametrize("encoded", [False, True])
def test_totals_rows_are_told_apart(mark, encoded):
    marks = pa.array([None, "", "column_total"])
    table = pa.table({mark: marks.dictionary_encode() if encoded else marks, "n": [1, 2, 3]})
    assert normalize(table, ["n"]).to_pydict() == {"n": [1, 2]}
    assert normalize(table, ["n"], totals=True).to_pydict() == {
        "n": [1, 2, 3],
        "omni_total": [None, None, "column_total"],
    }


def test_without_totals_in_the_result_the_mark_is_null():
    kept = normalize(pa.table({"n": [1]}), ["n"], totals=True)
    assert kept.to_pydict() == {"n": [1], "omni_total": [None]}
    assert kept.schema.field("omni_total").type == pa.string()


def test_sidecars_hold_the_value_of_totals_rows():
    table = pa.table(
        {
            "Total Price": pa.array([Decimal("1.00"), Decimal("2.00"), None], pa.decimal128(10, 2)),
            "total price__omni_summ": pa.array([None, None, 3.0]),
            "total price__omni_summ_1": pa.array([None, None, 9.0]),
            "n": [1, 1, 2],
            "__omni_column_total_indicator": pa.array([None, None, "column_total"]),
        }
    )
    kept = normalize(table, [], totals=True)
    assert kept.column("Total Price").to_pylist() == [
        Decimal("1.00"),
        Decimal("2.00"),
        Decimal("3.00"),
    ]
    assert kept.column_names == ["Total Price", "n", "omni_total"]


@pytest.mark.parametrize(
    ("held", "total", "expected"),
    [
        (["999.00", None], "1998.00", pa.decimal128(38, 2)),
        ([2, None], "2.5", pa.float64()),
        ([2, None], "4", pa.int64()),
    ],
)
def test_a_total_that_is_wider_than_its_column_is_kept_exactly(held, total, expected):
    narrow = {pa.decimal128(38, 2): pa.decimal128(5, 2)}.get(expected, pa.int64())
    values = pa.array(held).cast(narrow)
    sums = pa.array([None, total]).cast(expected)
    for rows in (2, 1):  # the type does not hang on the values
        table = pa.table(
            {
                "o.x": values[:rows],
                "o.x__omni_summ": sums[:rows],
                "$omni_column_total_indicator": [None, "column_total"][:rows],
            }
        )
        found = normalize(table, ["o.x"], totals=True)
        assert found.schema.field("o.x").type == expected
        assert found["o.x"][-1] == (sums[1] if rows == 2 else values[:1].cast(expected)[0])


def test_a_total_of_a_type_that_no_other_holds_with_the_column_is_read_as_the_column():
    table = pa.table(
        {
            "o.x": pa.array([1.5, None]),
            "o.x__omni_summ": pa.array([None, Decimal("2.50")], pa.decimal128(38, 2)),
            "$omni_column_total_indicator": [None, "column_total"],
        }
    )
    assert normalize(table, ["o.x"], totals=True)["o.x"].to_pylist() == [1.5, 2.5]


def test_a_sidecar_belongs_to_its_own_name_or_else_to_the_first_in_another_case():
    marks = {"__omni_column_total_indicator": ["column_total"]}
    exact = {"PRICE": [None], "price": [None], "price__omni_summ": [3.0]}
    alike = {"PRICE": [None], "Price": [None], "price__omni_summ": [3.0]}
    for columns, wanted in ((exact, [None, 3.0]), (alike, [3.0, None])):
        numbers = {name: pa.array(held, pa.float64()) for name, held in columns.items()}
        kept = normalize(pa.table(numbers | marks), [], totals=True)
        assert [kept.column(0)[0].as_py(), kept.column(1)[0].as_py()] == wanted


def test_a_formatted_timeframe_keeps_its_time_under_the_plain_name():
    table = pa.table({"a.t[month]__raw": [5], "n": [1], "a.t[month]": ["May"]})
    assert normalize(table, ["a.t[month]", "n"]).to_pydict() == {"a.t[month]": [5], "n": [1]}
    lone = pa.table({"a.t[month]__raw": [5]})
    assert normalize(lone, []).column_names == ["a.t[month]__raw"]
    other = pa.table({"x__raw": [5], "x": ["y"]})
    assert normalize(other, []).column_names == ["x__raw", "x"]


def test_labels_that_two_columns_share_keep_the_names_behind_them():
    table = pa.table({"u.name": [1], "p.name": [2], "c": [3]})
    fields = {"u.name": {"label": "Name"}, "p.name": {"label": "Name"}, "c": {}}
    assert labeled(table, fields).column_names == ["Name (u.name)", "Name (p.name)", "c"]


def test_nested_and_encoded_columns_become_scalars():
    table = pa.table(
        {
            "list": pa.array([["a", None], None]),
            "struct": pa.array([{"d": Decimal("1.5")}, None]),
            "word": pa.array(["x", None]).dictionary_encode(),
            "nothing": pa.nulls(2),
            "whole": pa.array([1, 2]),
        }
    )
    assert scalar_columns(table).to_pydict() == {
        "list": ['["a",null]', None],
        "struct": ['{"d":"1.5"}', None],
        "word": ["x", None],
        "nothing": [None, None],
        "whole": [1, 2],
    }


def test_the_mark_of_totals_keeps_its_name_beside_a_field_with_that_label():
    table = pa.table({"d.a": [1], "omni_total": ["column_total"]})
    shown = labeled(table, {"d.a": {"label": "omni_total"}})
    assert shown.column_names == ["omni_total (d.a)", "omni_total"]
