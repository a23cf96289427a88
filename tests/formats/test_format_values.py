"""Values as Omni shows them, each text worked out by hand."""

import random
import re
import warnings
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import omnipd
from omnipd.formats.format_values import as_shown
from omnipd.formats.number_format import number_format

D = Decimal


def at(*parts):
    """A time of clocks, without a zone."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)


def shown(value, format_, kind=None):
    """The text of one value, which has to come beside a null that stays null."""
    column = pa.array([value, None, value], kind)
    formats = {} if format_ is None else {"x": format_}
    texts = as_shown(pa.table({"x": column}), formats)["x"]
    assert texts.type == pa.string()
    first, null, last = texts.to_pylist()
    assert null is None
    assert first == last
    return first


@pytest.mark.parametrize(
    ("value", "format_", "text"),
    [
        # Numbers, with as many decimals as the name says.
        (0, "NUMBER_0", "0"),
        (999, "NUMBER_0", "999"),
        (1000, "NUMBER_0", "1,000"),
        (-1234567, "NUMBER_0", "-1,234,567"),
        (1234567, "NUMBER_2", "1,234,567.00"),
        (D("1646.205"), "NUMBER_2", "1,646.21"),
        (D("-1646.205"), "NUMBER_2", "-1,646.21"),
        (D("1646.2049"), "NUMBER_2", "1,646.20"),
        (D("999.95"), "NUMBER_1", "1,000.0"),
        (D("0.04"), "NUMBER_1", "0.0"),
        (D("-0.04"), "NUMBER_1", "0.0"),
        (D("-0.05"), "NUMBER_1", "-0.1"),
        (D("0.0000001"), "NUMBER_4", "0.0000"),
        (D("12345678901234567890123456789012345.67"), "NUMBER_1",
         "12,345,678,901,234,567,890,123,456,789,012,345.7"),
        (D("99999999999999999999999999999999999.99"), "NUMBER_0",
         "100,000,000,000,000,000,000,000,000,000,000,000"),
        (D("9999999999999999999999999999999999999.9"), "NUMBER_0",
         "10,000,000,000,000,000,000,000,000,000,000,000,000"),
        (2.675, "NUMBER_2", "2.68"),
        (0.125, "NUMBER_2", "0.13"),
        (1e15, "NUMBER_0", "1,000,000,000,000,000"),
        (1.5e-7, "NUMBER_2", "0.00"),
        (-0.0, "NUMBER_1", "0.0"),
        (1e50, "NUMBER_1", "100" + ",000" * 16 + ".0"),
        (5e-324, "NUMBER_2", "0.00"),
        (12.5, "NUMBER", "12.50"),
        (7, "number_3", "7.000"),
        # Shares.
        (0.2534, "PERCENT_2", "25.34%"),
        (0.00005, "PERCENT_2", "0.01%"),
        (-0.5, "PERCENT_0", "-50%"),
        (1, "PERCENT_0", "100%"),
        (D("12.3456"), "PERCENT_1", "1,234.6%"),
        (0.2534, "PERCENT", "25.3%"),
        # Numbers that are names.
        (1234567, "ID", "1234567"),
        (-5, "id", "-5"),
        (9007199254740993, "ID", "9007199254740993"),
        (D("18446744073709551615"), "ID", "18446744073709551615"),
        # Money.
        (1234.5, "USDCURRENCY_2", "$1,234.50"),
        (-1234.5, "USDCURRENCY_2", "-$1,234.50"),
        (D("-0.001"), "USDCURRENCY_2", "$0.00"),
        (0, "CURRENCY", "$0.00"),
        (D("74.665"), "USD_2", "$74.67"),
        (D("-3"), "EUR_0", "-€3"),
        (1234, "EURCURRENCY_2", "€1,234.00"),
        (1234, "GBPCURRENCY_1", "£1,234.0"),
        (-1234, "AUDCURRENCY_0", "-A$1,234"),
        (1234.5, "JPYCURRENCY_0", "¥1,235"),
        (5, "BRLCURRENCY_2", "R$5.00"),
        (-1234.5, "ACCOUNTING_2", "$(1,234.50)"),
        (1234.5, "ACCOUNTING_2", "$1,234.50"),
        (0, "ACCOUNTING_2", "$0.00"),
        (-0.004, "EURACCOUNTING_2", "€0.00"),
        (-1234.5, "EURACCOUNTING_0", "€(1,235)"),
        (-1234.5, "FINANCIAL_2", "(1,234.50)"),
        (1234.5, "GBPFINANCIAL_1", "1,234.5"),
        # In thousands, millions and so on.
        (999, "BIG_2", "999.00"),
        (999.994, "BIGNUMBER_2", "999.99"),
        (999.995, "BIGNUMBER_2", "1.00K"),
        (1234, "BIG_1", "1.2K"),
        (-1250, "BIG_1", "-1.3K"),
        (999_949, "BIG_1", "999.9K"),
        (999_950, "BIG_1", "1.0M"),
        (D("5600000.00"), "BIG_2", "5.60M"),
        (7_250_000_000, "BIG_2", "7.25B"),
        (3 * 10**12, "BIG_0", "3T"),
        (0, "BIG_0", "0"),
        (5_600_000, "BIGUSDCURRENCY_2", "$5.60M"),
        (-5_600_000, "BIGEURCURRENCY_2", "-€5.60M"),
        (-5_600, "BIGACCOUNTING_1", "$(5.6K)"),
        (8_900, "THOUSANDS_2", "8.90K"),
        (5_640_000, "MILLIONS_1", "5.6M"),
        (1_200_000_000, "BILLIONS_2", "1.20B"),
        (D("5"), "BILLIONS_0", "0B"),
        # As in Excel.
        (1234.5, "#,##0", "1,235"),
        (-1234.5, "#,##0.00", "-1,234.50"),
        (1234.5, '#,##0.00 "kg"', "1,234.50 kg"),
        (0.256, "0.0%", "25.6%"),
        (25.6, '0.0"%"', "25.6%"),
        (7, "000", "007"),
        (0.5, "#.##", "0.5"),
        (3, "0.0#", "3.0"),
        (3.25, "0.0#", "3.25"),
        (1234567, '0.0,,"M"', "1.2M"),
        (-1234, "#,##0;(#,##0)", "(1,234)"),
        (-0.2, "#,##0;(#,##0)", "(0)"),
        (0, '0;-0;"none: "0', "none: 0"),
        (-5, '+0;-0;0', "-5"),
        (5, '+0;-0;0', "+5"),
        (5, '"a;b "0', "a;b 5"),
        (-5, r"\$0", "-$5"),
        (5, "€0.0", "€5.0"),
    ],
)  # fmt: skip
def test_numbers(value, format_, text):
    assert shown(value, format_) == text


@pytest.mark.parametrize(
    "kind",
    [
        pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint64(), pa.float16(),
        pa.float32(), pa.float64(), pa.decimal32(5, 1), pa.decimal64(9, 2), pa.decimal128(38, 10),
        pa.decimal256(76, 40), pa.dictionary(pa.int8(), pa.int64()),
    ],
    ids=str,
)  # fmt: skip
def test_numbers_of_every_type(kind):
    value = D(25) if pa.types.is_decimal(kind) else 25
    column = pa.array([25], pa.int64()).dictionary_encode() if "dict" in str(kind) else None
    column = pa.array([value], kind) if column is None else column
    assert as_shown(pa.table({"x": column}), {"x": "PERCENT_1"})["x"].to_pylist() == ["2,500.0%"]


def test_numbers_at_the_ends_of_their_types():
    assert shown(2**63 - 1, "NUMBER_0") == "9,223,372,036,854,775,807"
    assert shown(-(2**63), "ACCOUNTING_0") == "$(9,223,372,036,854,775,808)"
    assert shown(2**64 - 1, "ID", pa.uint64()) == "18446744073709551615"
    nines = D("9" * 75 + ".9")
    assert shown(nines, "NUMBER_0", pa.decimal256(76, 1)) == "1" + ",000" * 25
    small = D("0." + "0" * 75 + "1")
    assert shown(small, "BILLIONS_2", pa.decimal256(76, 76)) == "0.00B"


def test_what_is_no_number_is_no_number_in_any_format():
    column = pa.array([float("nan"), float("inf"), -float("inf"), 2.0, None])
    texts = as_shown(pa.table({"x": column}), {"x": "NUMBER_1"})["x"].to_pylist()
    assert texts == ["nan", "inf", "-inf", "2.0", None]


def test_whole_columns_are_as_python_s_own_decimals_write_them():
    chance = random.Random(20261130)
    exact = [
        D(chance.randrange(-(10 ** chance.randint(1, 17)), 10 ** chance.randint(1, 17)))
        .scaleb(-4)
        for _ in range(3000)
    ]  # fmt: skip
    floats = [chance.gauss(0, 10 ** chance.randint(-4, 16)) for _ in range(3000)]
    for values, kind in ((exact, pa.decimal128(30, 4)), (floats, pa.float64())):
        column = pa.chunked_array([pa.array(values[:7], kind), pa.array(values[7:], kind)])
        for name, places, percent in (
            ("NUMBER_2", 2, ""),
            ("NUMBER_0", 0, ""),
            ("PERCENT_1", 1, "%"),
        ):
            got = as_shown(pa.table({"x": column}), {"x": name})["x"].to_pylist()
            wanted = [by_hand(value, places, percent) for value in values]
            assert got == wanted


def by_hand(value, places, percent):
    exact = value if isinstance(value, D) else D(repr(value))
    moved = exact.scaleb(2) if percent else exact
    rounded = moved.quantize(D(1).scaleb(-places), ROUND_HALF_UP)
    return f"{rounded + 0:,f}{percent}" if rounded else f"{abs(rounded):,f}{percent}"


@pytest.mark.parametrize(
    ("value", "pattern", "text"),
    [
        (date(2026, 3, 1), "%Y-%m-%d", "2026-03-01"),
        (date(2026, 3, 1), "%Y-%m", "2026-03"),
        (date(2026, 3, 1), "%b %-d, %Y", "Mar 1, 2026"),
        (date(2026, 3, 1), "%A, %e %B %y", "Sunday,  1 March 26"),
        (date(2026, 3, 1), "Q%q %Y", "Q1 2026"),
        (date(2026, 12, 31), "%a %j", "Thu 365"),
        (date(2027, 1, 3), "%G-W%V-%u", "2026-W53-7"),
        (date(2027, 1, 3), "%U %W %w %g", "01 00 0 26"),
        (date(2027, 1, 3), "100%% %d", "100% 03"),
        (date(1, 1, 1), "%Y-%m-%d", "0001-01-01"),
        (at(2026, 3, 1, 14, 5, 9, 45678), "%H:%M:%S", "14:05:09"),
        (at(2026, 3, 1, 14, 5, 9, 45678), "%-I:%M %p", "2:05 PM"),
        (at(2026, 3, 1, 0, 5, 9, 45678), "%I%p %L %f", "12AM 045 045678"),
        (at(2026, 3, 1, 12, 0), "%X", "12:00:00 PM"),
        (at(2026, 3, 1, 9, 5), "%c", "3/1/2026, 9:05:00 AM"),
        (at(2026, 3, 1, 9, 5), "%_d|%0e", " 1|01"),
        (datetime(2026, 3, 1, 23, 59, tzinfo=UTC), "%Y-%m-%d %H:%M", "2026-03-01 23:59"),
        (at(1969, 12, 31, 23, 59, 59), "%Y %S", "1969 59"),
    ],
)  # fmt: skip
def test_dates_and_times(value, pattern, text):
    assert shown(value, pattern) == text


def test_an_instant_is_shown_by_the_clocks_of_its_zone():
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert shown(noon, "%H:%M", pa.timestamp("s", "America/New_York")) == "07:00"
    assert shown(noon, None, pa.timestamp("s", "America/New_York")) == "2026-03-01 07:00:00"


@pytest.mark.parametrize(
    ("value", "format_", "text"),
    [
        (1234567, None, "1234567"),
        (D("0.00000000"), None, "0.00000000"),
        (D("-1646.20"), None, "-1646.20"),
        (2.5, None, "2.5"),
        ("Texas", None, "Texas"),
        (True, None, "true"),
        (date(2026, 3, 1), None, "2026-03-01"),
        (at(2026, 3, 1), None, "2026-03-01"),
        (at(2026, 3, 1, 9, 5), None, "2026-03-01 09:05:00"),
        (at(2026, 3, 1, 9, 5, 0, 120), None, "2026-03-01 09:05:00.000120"),
        (datetime(2026, 3, 1, 9, 5, tzinfo=UTC), None, "2026-03-01 09:05:00"),
        (time(9, 5), None, "09:05:00.000000"),
        (timedelta(hours=26), None, "P1DT2H"),
        (b"omni", None, "b21uaQ=="),
        ([1, None], None, "[1,null]"),
        # A format of another type says nothing of these.
        ("Texas", "NUMBER_2", "Texas"),
        ("12.5", "USDCURRENCY_2", "12.5"),
        (True, "NUMBER_2", "true"),
        (date(2026, 3, 1), "NUMBER_0", "2026-03-01"),
        (2026, "%Y-%m", "2026"),
    ],
)  # fmt: skip
def test_plain_text(value, format_, text):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert shown(value, format_) == text


@pytest.mark.parametrize(
    "format_",
    [
        "DURATION", "USDCURRENCY_22", "NOTATOKEN_2", "[h]:mm:ss", "0.00E+00", "@{margin}",
        '{"depends_on":{}}', "{{orders.currency}} 0.00", "XYZCURRENCY_2", "0;;0", "0.0.0", "%", "",
        '"kg"', "0;0;0;0", "#,##0" + "," * 5, "0." + "0" * 16, '"0',
    ],
)  # fmt: skip
def test_a_format_that_is_not_known_is_plain_text_and_is_said_once(format_):
    df = pd.DataFrame({"a": [1.25, 2.5], "b": [3.5, 4.5]})
    with pytest.warns(omnipd.OmniWarning) as said:
        texts = omnipd.format_values(df, {"a": format_, "b": format_})
    [one] = said
    assert f"{format_!r:.60} of a" in str(one.message)
    assert texts["a"].tolist() == ["1.25", "2.5"]
    assert number_format(format_) is None


def test_a_pattern_of_times_with_a_part_that_is_not_known():
    df = pd.DataFrame({"a": pd.to_datetime(["2026-03-01"])})
    with pytest.warns(omnipd.OmniWarning, match="'%Y %Z' of a"):
        assert omnipd.format_values(df, {"a": "%Y %Z"})["a"].tolist() == ["2026-03-01"]


def test_a_frame_keeps_its_columns_rows_and_facts():
    df = pd.DataFrame(
        {"State": ["Ohio", None], "Sales": [1234.5, None], "n": [5, 6]}, index=["x", "y"]
    )
    df.attrs["omni"] = {"formats": {"Sales": "USDCURRENCY_2", "n": "NUMBER_1", "gone": "?"}}
    before = df.copy()
    texts = omnipd.format_values(df)
    assert texts.to_dict("list") == {
        "State": ["Ohio", None],
        "Sales": ["$1,234.50", None],
        "n": ["5.0", "6.0"],
    }
    assert list(texts.index) == ["x", "y"]
    assert texts.attrs == df.attrs
    assert {str(one) for one in texts.dtypes} == {"string[pyarrow]"}
    pd.testing.assert_frame_equal(df, before)
    assert omnipd.format_values(df, {"n": None, "Sales": "EUR_0"}).iloc[0].tolist() == [
        "Ohio",
        "€1,235",
        "5",
    ]
    assert omnipd.format_values(df.iloc[:0]).shape == (0, 3)
    assert omnipd.format_values(df[[]]).shape == (2, 0)


def test_columns_of_one_name_and_of_several_levels():
    twice = pd.DataFrame([[1.5, 2.5]], columns=["a", "a"])
    assert omnipd.format_values(twice, {"a": "NUMBER_2"}).values.tolist() == [["1.50", "2.50"]]
    columns = pd.MultiIndex.from_tuples([("Ohio", "sales"), ("Texas", "sales"), ("Texas", "n")])
    wide = pd.DataFrame([[1.5, 2.5, 3]], columns=columns)
    wide.attrs["omni"] = {"formats": {"sales": "USDCURRENCY_2"}}
    texts = omnipd.format_values(wide)
    assert texts.columns.equals(columns)
    assert texts.values.tolist() == [["$1.50", "$2.50", "3"]]


@pytest.mark.parametrize(
    ("df", "formats", "said"),
    [
        ([1], None, "is no frame"),
        (pd.DataFrame({"a": [1]}), {"b": "ID"}, "'b'"),
        (pd.DataFrame({"a": [1]}), {"a": 2}, "no text"),
        (pd.DataFrame({"a": [1]}), ["ID"], "no dict"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(df, formats, said):
    with pytest.raises(omnipd.ArgumentError, match=said):
        omnipd.format_values(df, formats)


def test_the_page_shows_what_formats_make():
    page = (Path(__file__).parents[2] / "docs" / "queries" / "types.md").read_text("utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| (.+?) \| (.+?) \|.*\|$", page, re.MULTILINE)
    rows = [row for row in rows if number_format(row[0])]
    assert len(rows) == 9
    for name, *texts in rows:
        assert [shown(1234.5, name), shown(-0.256, name)] == texts
