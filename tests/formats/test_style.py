"""Frames as tables of HTML, with the texts of values in their cells."""

import re
import sys
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest

import omnipd
import omnipd.readers


@pytest.fixture
def df():
    frame = pa.table(
        {
            "State": ["Ohio", "<b>Texas</b>", None],
            "Sales": pa.array([Decimal("1234.50"), None, Decimal("-3.00")], pa.decimal128(38, 2)),
            "Share": [0.256, 0.0, None],
            "At": pa.array([0, None, 31], pa.date32()),
            "Is VIP": [True, False, None],
        }
    ).to_pandas(types_mapper=pd.ArrowDtype)
    frame.attrs["omni"] = {
        "formats": {"Sales": "USDCURRENCY_2", "Share": '0.0%"<i>"', "At": "%-d %b %Y"}
    }
    return frame


def cells(text):
    """The cells of a table, row by row, as HTML has them."""
    rows = re.findall("<tr>(.*?)</tr>", text, re.DOTALL)
    return [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in rows][1:]


def test_cells_have_the_text_that_omni_shows_and_null_is_empty(df):
    before = df.copy()
    styler = df.omni.style()
    text = styler.to_html()
    assert cells(text) == [
        ["Ohio", "$1,234.50", "25.6%&lt;i&gt;", "1 Jan 1970", "true"],
        ["&lt;b&gt;Texas&lt;/b&gt;", "", "0.0%&lt;i&gt;", "", "false"],
        ["", "-$3.00", "", "1 Feb 1970", ""],
    ]
    pd.testing.assert_frame_equal(styler.data, before)
    assert styler.data["Sales"].sum() == Decimal("1231.50")


def test_numbers_stand_to_the_right_and_all_else_to_the_left(df):
    text = df.omni.style().to_html(table_uuid="t")
    sides = dict(re.findall(r"#T_t \.col(\d) \{\s*text-align: (\w+);", text))
    assert sides == {"0": "left", "1": "right", "2": "right", "3": "left", "4": "left"}


def test_formats_of_one_s_own_and_more_styles(df):
    text = df.omni.style({"Sales": "EURCURRENCY_0"}).highlight_max(subset="Share").to_html()
    assert "€1,235" in text
    assert "background-color" in text


def test_headers_are_text_and_no_html(df):
    shown = df.rename(columns={"Share": "<script>"}, index={0: "<b>"}).omni.style().to_html()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert "&lt;b&gt;" in shown


def test_columns_of_several_levels():
    columns = pd.MultiIndex.from_tuples([("Ohio", "Sales"), ("Texas", "Sales")])
    wide = pd.DataFrame([[1.5, None]], columns=columns)
    wide.attrs["omni"] = {"formats": {"Sales": "USDCURRENCY_2"}}
    assert cells(wide.omni.style().to_html())[-1] == ["$1.50", ""]


def test_days_in_heads_are_days():
    months = pd.to_datetime(["2026-01-01", "2026-02-01"])
    wide = pd.DataFrame([[1, 2]], pd.DatetimeIndex(["2025-12-31"], name="Day"))
    wide.columns = pd.MultiIndex.from_product([months, ["Sales"]], names=["Month", "measure"])
    wide.attrs["omni"] = {"formats": {"Month": "%b %Y"}}
    heads = re.findall(r"<th[^>]*>(.*?)</th>", wide.omni.style().to_html())
    assert [head for head in heads if "20" in head] == ["Jan 2026", "Feb 2026", "2025-12-31"]


def test_a_frame_that_pandas_cannot_style_is_refused():
    for frame in (pd.DataFrame([[1, 2]], columns=["a", "a"]), pd.DataFrame({"a": [1, 2]}, [0, 0])):
        with pytest.raises(omnipd.ArgumentError, match="same name"):
            frame.omni.style()


def test_without_jinja_it_says_what_to_install(df, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(omnipd.SettingsError, match="jinja2") as caught:
        df.omni.style()
    assert 'pip install "omnipd[style]"' in caught.value.hint
