"""What only pandas or Python knows means the same in files, as plain pandas, DuckDB and openpyxl read them."""

import io
import json
import math
import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import PurePosixPath

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

import omnipd
from omnipd.export.csv import write_csv
from omnipd.frames.spelling import as_json_value, duration


def to_excel(frame, path):
    omnipd.Inventory({"f": frame}).to_excel(path)


WRITERS = (omnipd.to_csv, omnipd.to_jsonl, omnipd.to_parquet, to_excel)


def written(frame, folder):
    """Write a frame in each format; return it as DuckDB reads three, and openpyxl the fourth."""
    omnipd.to_csv(frame, folder / "f.csv")
    omnipd.to_jsonl(frame, folder / "f.jsonl")
    omnipd.to_parquet(frame, folder / "f.parquet")
    to_excel(frame, folder / "f.xlsx")
    found = {}
    for style, source in (
        ("csv", "read_csv('{}', header=true, all_varchar=true)"),
        ("jsonl", "read_json('{}', format='newline_delimited')"),
        ("parquet", "'{}'"),
    ):
        relation = duckdb.sql(f"select * from {source.format(folder / f'f.{style}')}")
        found[style] = [tuple(relation.columns), *relation.fetchall()]
    book = openpyxl.load_workbook(folder / "f.xlsx")
    found["xlsx"] = list(book.active.iter_rows(values_only=True))
    return found


def texts_in_all(frame, folder):
    """Return the columns of a frame as texts, the same in every file."""
    found = {}
    for style, (names, *rows) in written(frame, folder).items():
        columns = zip(
            *([None if one is None else str(one) for one in row] for row in rows), strict=True
        )
        found[style] = dict(zip(names, map(list, columns), strict=True))
    for style, columns in found.items():
        assert columns == found["csv"], style
    return found["csv"]


def objects(*values):
    return pd.Series(values, dtype=object)


class Color(Enum):
    """Members that stand for other values, one for none."""

    RED = "red"
    BLUE = 7
    NONE = None


UNKNOWN_TO_ARROW = {
    "months": (pd.period_range("2025-01", periods=2, freq="M"), ["2025-01", "2025-02"]),
    "quarters": (pd.period_range("2025Q1", periods=2, freq="Q"), ["2025Q1", "2025Q2"]),
    "category": (pd.Categorical(pd.PeriodIndex(["2025-01", None], freq="M")), ["2025-01", None]),
    "intervals": (pd.interval_range(0, 4, periods=2), ["(0, 2]", "(2, 4]"]),
    "bins": (pd.cut([1, 3], [0, 2, 4]), ["(0, 2]", "(2, 4]"]),
    "bins from the left": (pd.cut([1, 3], [0, 2, 4], right=False), ["[0, 2)", "[2, 4)"]),
    "complex": (np.array([1 + 2j, 0.5j]), ["(1+2j)", "0.5j"]),
    "uuids": (
        objects(uuid.UUID(int=1), uuid.UUID(int=2)),
        ["00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"],
    ),
    "paths": (objects(PurePosixPath("a/b"), PurePosixPath("c")), ["a/b", "c"]),
    "clocks": (
        objects(time(1, 2, tzinfo=UTC), time(3, tzinfo=timezone(timedelta(hours=-1)))),
        ["01:02:00+00:00", "03:00:00-01:00"],
    ),
    "long integers": (objects(2**70, 1), ["1180591620717411303424", "1"]),
    "dict and list": (objects({"b": 2}, [1, "a"]), ['{"b":2}', '[1,"a"]']),
    "dicts": (objects({"b": 2}, {"a": timedelta(1)}), ['{"b":2}', '{"a":"P1D"}']),
    "sets": (objects({3, 1, 2}, frozenset()), ["[1,2,3]", "[]"]),
    "tuples": (
        objects((1, Decimal("1.10"), b"omni"), (None,)),
        ['[1,"1.10","b21uaQ=="]', "[null]"],
    ),
    "members": (objects(Color.RED, Color.NONE), ["red", None]),
    "members in lists": (objects([Color.RED], {"a": Color.BLUE}), ['["red"]', '{"a":7}']),
    "scalars": (objects(pa.scalar("x"), pa.scalar(None, pa.string())), ["x", None]),
    "calendar": (
        objects(pa.MonthDayNano([14, -3, 0]), pa.MonthDayNano([0, 0, 10**9])),
        ["P14M-3D", "PT1S"],
    ),
}


def test_what_arrow_does_not_know_is_its_text_in_every_file(tmp_path):
    frame = pd.DataFrame({name: column for name, (column, _) in UNKNOWN_TO_ARROW.items()})
    wanted = {name: texts for name, (_, texts) in UNKNOWN_TO_ARROW.items()}
    assert texts_in_all(frame, tmp_path) == wanted


def test_durations_have_one_spelling_wherever_they_come_from(tmp_path):
    frame = pd.DataFrame(
        {
            "Python": objects(timedelta(days=1, hours=2)),
            "pandas": objects(pd.Timedelta("1D") + pd.Timedelta("2h")),
            "NumPy": objects(np.timedelta64(26, "h")),
            "Arrow": pd.arrays.ArrowExtensionArray(pa.array([93_600_000], pa.duration("ms"))),
        }
    )
    found = written(frame, tmp_path)
    for style in ("csv", "jsonl", "xlsx"):
        assert tuple(found[style][1]) == ("P1DT2H",) * 4, style
    as_csv, as_parquet = pd.read_csv(tmp_path / "f.csv"), pd.read_parquet(tmp_path / "f.parquet")
    for name in frame:
        assert pd.to_timedelta(as_csv[name])[0] == timedelta(hours=26)
        assert as_parquet[name][0] == timedelta(hours=26)


def test_a_duration_that_begins_with_a_sign_is_guarded_in_csv_as_text_is(tmp_path):
    frame = pd.DataFrame({"span": objects(timedelta(seconds=-0.5))})
    omnipd.to_csv(frame, tmp_path / "f.csv")
    assert (tmp_path / "f.csv").read_text() == '"span"\n"\'-PT0.5S"\n'
    omnipd.to_csv(frame, tmp_path / "f.csv", raw=True)
    assert pd.to_timedelta(pd.read_csv(tmp_path / "f.csv")["span"])[0] == timedelta(seconds=-0.5)


@pytest.mark.parametrize(
    ("count", "unit", "text"),
    [
        (0, "s", "PT0S"),
        (86_400, "s", "P1D"),
        (-1, "ns", "-PT0.000000001S"),
        (3_661_500, "ms", "PT1H1M1.5S"),
        (-90_061, "s", "-P1DT1H1M1S"),
    ],
)
def test_a_duration_is_spelled_as_iso_8601_has_it(count, unit, text):
    assert duration(count, unit) == text
    assert pd.Timedelta(text) == pd.Timedelta(count, unit)


def test_numbers_flags_dates_and_instants_keep_their_types(tmp_path):
    frame = pd.DataFrame(
        {
            "sparse": pd.arrays.SparseArray([0, 7]),
            "money": objects(Decimal("1.5"), 2),
            "day": objects(date(2026, 1, 2), None),
            "at": objects(
                pd.Timestamp("2026-01-02 03:04:05+09:00"), datetime(2026, 1, 1, tzinfo=UTC)
            ),
            "flag": objects(True, pd.NA),
        }
    )
    found = written(frame, tmp_path)
    instants = datetime(2026, 1, 1, 18, 4, 5, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    assert found["parquet"] == [
        ("sparse", "money", "day", "at", "flag"),
        (0, Decimal("1.5"), date(2026, 1, 2), instants[0], True),
        (7, Decimal("2.0"), None, instants[1], None),
    ]
    assert found["csv"][1:] == [
        ("0", "1.5", "2026-01-02", "2026-01-01 18:04:05.000000Z", "true"),
        ("7", "2.0", None, "2026-01-01 00:00:00.000000Z", None),
    ]
    naive = [one.replace(tzinfo=None) for one in instants]
    assert found["xlsx"][1:] == [
        (0, 1.5, datetime(2026, 1, 2), naive[0], True),  # noqa: DTZ001 - a cell has no zone
        (7, 2, None, naive[1], None),
    ]
    lines = [json.loads(line) for line in (tmp_path / "f.jsonl").read_text().splitlines()]
    assert lines[0] == {
        "sparse": 0,
        "money": "1.5",
        "day": "2026-01-02",
        "at": "2026-01-01T18:04:05+00:00",
        "flag": True,
    }


FRAME = pd.DataFrame({"a": [1, 2]})
PAIRS = [(1, "x"), (2, "y")]


@pytest.mark.parametrize(
    ("frame", "names"),
    [
        (FRAME, ["a"]),
        (FRAME[FRAME["a"] > 1], ["index", "a"]),
        (FRAME[1:], ["index", "a"]),
        (FRAME.rename_axis("n"), ["n", "a"]),
        (FRAME.set_axis(["x", "y"]), ["index", "a"]),
        (FRAME.rename(columns={"a": "index"})[1:], ["level_0", "index"]),
        (FRAME.set_axis(pd.MultiIndex.from_tuples(PAIRS)), ["level_0", "level_1", "a"]),
        (FRAME.set_axis(pd.MultiIndex.from_tuples(PAIRS, names=[1, 0])), ["1", "0", "a"]),
        (FRAME.set_axis(pd.MultiIndex.from_tuples(PAIRS, names=[None, 0])), ["level_0", "0", "a"]),
        (FRAME.set_axis(pd.MultiIndex.from_tuples([("x", "y")]), axis=1), ["('x', 'y')"]),
        (FRAME.set_axis([5], axis=1), ["5"]),
    ],
    ids=lambda one: ",".join(one) if isinstance(one, list) else "",
)
def test_any_index_but_the_default_one_is_written_before_the_columns(tmp_path, frame, names):
    found = written(frame, tmp_path)
    assert {style: rows[0] for style, rows in found.items()} == dict.fromkeys(found, tuple(names))
    levels = [tuple(map(str, row)) for row in found["csv"][1:]]
    assert levels == [tuple(map(str, row)) for row in found["parquet"][1:]]
    if len(names) == 3:
        assert found["parquet"][1:] == [(1, "x", 1), (2, "y", 2)]
    # Plain pandas has it again as it was.
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "f.parquet"),
        frame.rename_axis(index=lambda name: name if name is None else str(name)),
        check_index_type=False,
    )


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "'a'"),
        (pd.DataFrame([[1, 2]], columns=[0, "0"]), "'0'"),
        (FRAME.rename_axis("a"), "'a'"),
        (FRAME.set_axis(pd.MultiIndex.from_tuples(PAIRS, names=["x", "x"])), "'x'"),
        (
            FRAME.assign(index=0, level_0=0)[1:],
            "'level_0'",
        ),
    ],
)
def test_two_columns_of_one_name_are_refused_by_name(tmp_path, frame, name):
    for write in WRITERS:
        with pytest.raises(omnipd.ExportError, match=f"the same name as text: {name}"):
            write(frame, tmp_path / "f.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_columns_of_pandas_keep_their_dtype_through_parquet(tmp_path):
    frame = pd.DataFrame(
        {
            "text": pd.array(["x", None], "str"),
            "whole": [1, 2],
            "maybe": pd.array([1, None], "Int64"),
            "at": pd.to_datetime(["2026-01-02", None], utc=True),
            "category": pd.Categorical(["x", "y"]),
            "arrow": pd.array([1, None], pd.ArrowDtype(pa.int8())),
        },
        index=pd.Index(["p", "q"], name="key"),
    )
    omnipd.to_parquet(frame, tmp_path / "f.parquet")
    back = pd.read_parquet(tmp_path / "f.parquet")
    pd.testing.assert_frame_equal(back, frame.astype({"category": "str"}), check_index_type=False)


def in_arrow(array):
    return pd.DataFrame({"odd one": pd.arrays.ArrowExtensionArray(array)})


PERIODS = pa.array(pd.Series(pd.period_range("2025-01", periods=1, freq="M")))
YEAR_10000 = pa.array([253_402_300_800]).cast(pa.timestamp("s"))
TOO_FAR = pa.array([2**62]).cast(pa.timestamp("s"))


def decimals(kind, unscaled):
    """An array of one decimal; Arrow makes none of Python's for a scale below 0 or above the digits."""
    held = unscaled.to_bytes(kind.bit_width // 8, "little")
    return pa.Array.from_buffers(kind, 1, [None, pa.py_buffer(held)])


def test_columns_that_pandas_reads_as_arrow_s_mean_the_same(tmp_path):
    twice = pa.DictionaryArray.from_arrays(pa.array([0]), pa.array([90], pa.duration("s")))
    frame = pd.concat(
        [
            in_arrow(PERIODS).set_axis(["periods"], axis=1),
            in_arrow(pa.array([[("k", b"omni")]], pa.map_(pa.string(), pa.binary()))),
            in_arrow(decimals(pa.decimal128(5, -2), 12)).set_axis(["hundreds"], axis=1),
            in_arrow(decimals(pa.decimal128(2, 5), 12)).set_axis(["small"], axis=1),
        ],
        axis=1,
    )
    assert texts_in_all(frame, tmp_path) == {
        "periods": ["2025-01"],
        "odd one": ['[["k","b21uaQ=="]]'],
        "hundreds": ["1200"],
        "small": ["0.00012"],
    }
    omnipd.to_csv(in_arrow(twice), tmp_path / "f.csv")
    assert (tmp_path / "f.csv").read_text() == '"odd one"\n"PT1M30S"\n'


def test_a_time_that_parquet_cannot_hold_is_refused_by_name(tmp_path):
    with pytest.raises(omnipd.ExportError, match=r"The column odd one .* Parquet cannot hold"):
        omnipd.to_parquet(in_arrow(TOO_FAR), tmp_path / "f.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_time_of_any_year_is_text_where_python_has_none(tmp_path):
    omnipd.to_jsonl(in_arrow(YEAR_10000), tmp_path / "f.jsonl")
    assert (tmp_path / "f.jsonl").read_text() == '{"odd one":"10000-01-01 00:00:00"}\n'
    omnipd.to_excel(in_arrow(YEAR_10000), tmp_path / "f.xlsx")
    cells = openpyxl.load_workbook(tmp_path / "f.xlsx").active.values
    assert list(cells) == [("odd one",), ("10000-01-01 00:00:00",)]


def test_a_struct_with_two_fields_of_one_name_is_refused_by_name(tmp_path):
    array = pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"])
    with pytest.raises(omnipd.ExportError, match="The column odd one cannot be stored"):
        omnipd.to_jsonl(in_arrow(array), tmp_path / "f.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_names_and_texts_that_are_no_unicode_are_mended_and_told_of(tmp_path):
    names = pd.Index(["a\ud800", "b"], dtype=object)
    frame = pd.DataFrame([[1, PurePosixPath("\udc80")]], columns=names, dtype=object)
    with pytest.warns(omnipd.OmniWarning, match="U\\+FFFD in: a\ufffd, b"):
        omnipd.to_parquet(frame, tmp_path / "f.parquet")
    assert pd.read_parquet(tmp_path / "f.parquet").to_dict("list") == {
        "a\ufffd": [1],
        "b": ["\ufffd"],
    }


def test_a_zone_that_arrow_has_no_name_for_is_utc(tmp_path):
    zone = timezone(timedelta(seconds=7))
    frame = pd.DataFrame(
        {
            "at": pd.Series([pd.Timestamp("2025-01-01", tz=zone)]).astype(
                pd.DatetimeTZDtype("us", zone)
            )
        }
    )
    assert written(frame, tmp_path)["csv"][1] == ("2024-12-31 23:59:53.000000Z",)


def test_json_values_of_python_objects():
    value = {1: np.float64("nan"), None: pd.NaT, (1, 2): np.datetime64("2026-01-02"), "a": math.inf}
    assert as_json_value(value) == {
        "1": "nan",
        "null": None,
        "[1, 2]": pd.Timestamp("2026-01-02").isoformat(),
        "a": "inf",
    }
    with pytest.raises(ValueError, match="two keys"):
        as_json_value({1: 2, "1": 3})


def test_a_wide_frame_has_the_names_of_a_flat_one_where_levels_cannot_come_back(tmp_path):
    values = [pd.Timestamp("2026-01-01"), pd.NaT]
    columns = pd.MultiIndex.from_product([values, ["Sales", "Cost"]], names=["Month", "measure"])
    wide = pd.DataFrame([[1, 2, 3, 4]], pd.Index(["a"], name="Shop"), columns)
    omnipd.to_csv(wide, tmp_path / "wide.csv")
    assert (tmp_path / "wide.csv").read_text(encoding="utf-8").splitlines()[0] == (
        '"Shop","2026-01-01 · Sales","2026-01-01 · Cost","null · Sales","null · Cost"'
    )
    omnipd.to_parquet(wide, tmp_path / "wide.parquet")
    back = pd.read_parquet(tmp_path / "wide.parquet")
    assert back.columns.names == ["Month", "measure"]
    assert back.columns.tolist()[1] == (pd.Timestamp("2026-01-01"), "Cost")


def test_a_header_stands_once_before_batches_of_no_rows():
    table = pa.table({"a": pa.chunked_array([[], ["x"], [], ["y"]], pa.string())})
    file = io.BytesIO()
    write_csv(table, file)
    assert file.getvalue() == b'"a"\n"x"\n"y"\n'
    file = io.BytesIO()
    write_csv(table.slice(0, 0), file)
    assert file.getvalue() == b'"a"\n'
