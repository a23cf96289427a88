"""A workbook holds what a frame holds; what it cannot hold is said, and nothing in it is run."""

import io
import sys
from datetime import UTC, date, datetime, time
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pytest

import omnipd
from omnipd.export.excel import workbook

TIME = pa.timestamp("us", "UTC")


def written(**columns):
    """Write one sheet and read it again with openpyxl."""
    file = io.BytesIO()
    workbook({"sheet": pa.table(columns)})(file)
    file.seek(0)
    return openpyxl.load_workbook(file)["sheet"]


def naive(text):
    """Return a time as a cell has it: without a zone."""
    return datetime.fromisoformat(text)


def values(sheet):
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_values_and_nulls_are_cells_of_their_own_type():
    sheet = written(
        key=pa.array(["a", "b"]),
        text=pa.array(["é\n🌴", None]),
        whole=pa.array([999_999_999_999_999, None]),
        part=pa.array([0.5, None]),
        flag=pa.array([False, None]),
        time=pa.array([datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), None], TIME),
    )
    assert values(sheet) == [
        ["key", "text", "whole", "part", "flag", "time"],
        ["a", "é\n🌴", 999_999_999_999_999, 0.5, False, naive("2026-01-02 03:04:05")],
        ["b", *[None] * 5],
    ]


def test_a_time_of_another_zone_is_written_in_utc():
    noon = pa.array([datetime(2026, 1, 2, 12, tzinfo=UTC)], TIME)
    sheet = written(time=noon.cast(pa.timestamp("us", "Asia/Tokyo")))
    assert values(sheet)[1] == [naive("2026-01-02 12:00:00")]


def test_decimals_are_numbers_as_long_as_a_cell_keeps_all_their_digits():
    texts = ["741.18", "-0.05", "0.00", "999999999999999", "1234567890.12345", "1.10"]
    long = ["1234567890.123456", "1000000000000000", "0.1234567890123456", "-1E+20"]
    sheet = written(
        key=pa.array(range(7)),
        money=pa.array([*map(Decimal, texts), None], pa.decimal128(38, 5)),
        long=pa.array([*map(Decimal, long), None, None, None], pa.decimal256(60, 16)),
    )
    _, money, exact = zip(*values(sheet)[1:], strict=True)
    assert money == (741.18, -0.05, 0, 999_999_999_999_999, 1234567890.12345, 1.1, None)
    assert exact == (
        "1234567890.1234560000000000",
        "1000000000000000.0000000000000000",
        "0.1234567890123456",
        "-100000000000000000000.0000000000000000",
        *[None] * 3,
    )


def test_dates_are_days_and_times_of_day_are_times():
    sheet = written(
        day=pa.array([date(2026, 1, 2), date(1900, 2, 28), None]),
        wide=pa.array([date(1900, 3, 1), date(9999, 12, 31), None], pa.date64()),
        clock=pa.array([time(1, 2, 3, 4_999), time(23, 59, 59, 999_999), None]),
        key=pa.array([1, 2, 3]),
    )
    assert sheet["A2"].is_date
    assert sheet["A2"].number_format == "yyyy-mm-dd"
    assert values(sheet)[1:] == [
        [naive("2026-01-02"), naive("1900-03-01"), time(1, 2, 3, 4_000), 1],
        ["1900-02-28", naive("9999-12-31"), time(23, 59, 59, 999_000), 2],
        [None, None, None, 3],
    ]


def test_durations_and_bytes_are_spelled_as_in_other_files():
    sheet = written(long=pa.array([-93_600], pa.duration("s")), raw=pa.array([b"omni"]))
    assert values(sheet)[1] == ["-P1DT2H", "b21uaQ=="]


def test_a_time_before_the_first_of_excel_is_text():
    sheet = written(time=pa.array([datetime(1899, 12, 31, tzinfo=UTC)], TIME))
    assert values(sheet)[1] == ["1899-12-31T00:00:00"]


@pytest.mark.parametrize("number", [10**15, -(10**15), 2**63 - 1])
def test_a_number_with_too_many_digits_keeps_them_as_text(number):
    assert values(written(whole=pa.array([number])))[1] == [str(number)]


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_what_is_no_number_for_excel_is_text(number):
    assert values(written(part=pa.array([number])))[1] == [str(number)]


@pytest.mark.parametrize(
    "text",
    ["=1+1", '=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "#N/A", "#REF!", "＝1", "\t=1"],
)
def test_text_that_would_be_run_stays_text(text):
    sheet = written(text=pa.array([text]))
    assert sheet["A2"].value == text
    assert sheet["A2"].data_type == "s"
    # Else it would be run as soon as somebody edits the cell.
    assert sheet["A2"].quotePrefix


def test_the_names_of_columns_are_no_formulas():
    sheet = written(**{"=1+1": pa.array([1])})
    assert (sheet["A1"].value, sheet["A1"].data_type) == ("=1+1", "s")


def test_long_text_is_cut_and_said():
    with pytest.warns(omnipd.OmniWarning, match=r"32,767 .* cut: sheet.text \(2\)"):
        sheet = written(text=pa.array(["a" * 32_767, "b" * 32_768, "🌴" * 16_384]))
    # A palm counts twice in Excel, and is not cut in half.
    assert [row[0] for row in values(sheet)[1:]] == ["a" * 32_767, "b" * 32_767, "🌴" * 16_383]


def test_a_time_that_excel_would_round_into_the_year_10000_is_text():
    last = [datetime(9999, 12, 31, 23, 59, 59, micro, UTC) for micro in (999_000, 999_999)]
    sheet = written(time=pa.array(last, TIME))
    assert [row[0] for row in values(sheet)[1:]] == [
        naive("9999-12-31 23:59:59.999000"),
        "9999-12-31T23:59:59.999999",
    ]


def test_line_ends_are_line_feeds_and_it_is_said():
    with pytest.warns(omnipd.OmniWarning, match=r"Line ends .* sheet.text \(2\)"):
        sheet = written(text=pa.array(["a\rb", "a\r\nb", "a\nb"]))
    assert [row[0] for row in values(sheet)[1:]] == ["a\nb"] * 3


def test_control_characters_are_replaced_and_said():
    with pytest.warns(omnipd.OmniWarning, match=r"U\+FFFD: sheet.text \(1\)"):
        sheet = written(text=pa.array(["a\x00b\x1fc\ufffe", "tab\tand\nline"]))
    assert [row[0] for row in values(sheet)[1:]] == ["a�b�c�", "tab\tand\nline"]


def test_more_rows_than_a_sheet_has_are_refused_by_name():
    long = pa.table({"a": pa.nulls(1_048_576, pa.int8())})
    with pytest.raises(omnipd.ExportError, match=r"1,048,576 rows .* more are in: long"):
        workbook({"short": pa.table({"a": [1]}), "long": long})
    workbook({"fits": long.slice(1)})


def test_without_openpyxl_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(omnipd.SettingsError, match="openpyxl") as caught:
        workbook({})
    assert caught.value.hint == 'pip install "omnipd[excel]"'


def test_no_rows_are_a_sheet_with_a_heading():
    assert values(written(text=pa.array([], pa.string()))) == [["text"]]
