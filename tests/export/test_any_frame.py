"""Any frame that pandas can hold means the same in each of the four formats, or is refused by name."""

import io
import json
import re
import tempfile
import warnings
from collections import Counter
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from export.any_frames import DTYPES, NS, TEXTS, UNSTORABLE, index_of
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

import omnipd
from omnipd.export.parquet import write_parquet
from omnipd.export.storable_table import table_of

AS_WRITTEN = {"strings_can_be_null": True, "quoted_strings_can_be_null": False, "null_values": [""]}


def to_excel(frame, path):
    omnipd.Inventory({"sheet": frame}).to_excel(path)


def unguarded(text):
    """Take a guard away as the manual says."""
    return text[1:] if text is not None and re.match(r"''*[=+\-@\t\r＝＋－＠]", text) else text


def from_csv(path, *, raw):
    head = pyarrow.csv.ReadOptions(autogenerate_column_names=True)
    parse = pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
    width = len(pyarrow.csv.read_csv(path, head, parse).column_names)
    as_text = dict.fromkeys([f"f{n}" for n in range(width)], pa.string())
    as_written = pyarrow.csv.ConvertOptions(column_types=as_text, **AS_WRITTEN)
    columns = pyarrow.csv.read_csv(path, head, parse, as_written).to_pydict().values()
    columns = [column if raw else [unguarded(text) for text in column] for column in columns]
    return [(name or "", values) for name, *values in columns]


def from_jsonl(path):
    rows = [
        json.loads(line, parse_constant=pytest.fail)
        for line in path.read_text("utf-8").splitlines()
    ]
    return [(name, [row[name] for row in rows]) for name in (rows[0] if rows else ())]


def from_parquet(path):
    table = pyarrow.parquet.read_table(path)
    return [
        (name, in_ns(column))
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]


def in_ns(column):
    """Take times as whole nanoseconds, which Python's have not."""
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind) or pa.types.is_duration(kind):
        wide = column.cast(pa.int32()) if pa.types.is_time32(kind) else column
        numbers = wide.cast(pa.int64()).to_pylist()
        return [None if one is None else one * NS[kind.unit] for one in numbers]
    return column.to_pylist()


def from_excel(path):
    book = openpyxl.load_workbook(path, read_only=True)
    rows = [list(row) for row in book.active.iter_rows(values_only=True)]
    book.close()
    width = max(map(len, rows))
    columns = zip(*([*row, *[None] * (width - len(row))] for row in rows), strict=True)
    return [(name or "", values) for name, *values in columns]


FORMATS = {
    "csv": (omnipd.to_csv, lambda path: from_csv(path, raw=False)),
    "raw.csv": (
        lambda frame, path: omnipd.to_csv(frame, path, raw=True),
        lambda path: from_csv(path, raw=True),
    ),
    "jsonl": (omnipd.to_jsonl, from_jsonl),
    "parquet": (omnipd.to_parquet, from_parquet),
    "xlsx": (to_excel, from_excel),
}


def in_excel(value):
    """A value as a sheet holds it: empty text looks like none, a float has 16 digits."""
    if isinstance(value, float):
        return float(f"{value:.16g}")
    return (re.sub("\r\n?", "\n", value) or None) if isinstance(value, str) else value


def assert_same(style, dtype, got, value):
    kind = dtype.kind
    if style == "xlsx":
        held = in_excel(value)
        if held is None:
            assert got is None, (kind.name, got)
            return
        if not kind.coarse:
            assert got == held or kind.read(got) in (held, value), (kind.name, got, value)
            return
        assert isinstance(got, (datetime, time, str)), got
        assert abs(kind.read(got) - value) <= kind.coarse, (style, kind.name, got, value)
    elif value is None:
        assert got is None, (style, kind.name, got)
    elif style == "parquet" and isinstance(got, int) and kind.coarse:
        assert got == value, (style, kind.name)
    else:
        assert got is not None, (style, kind.name, value)
        assert kind.read(got) == value, (style, kind.name, got, value)


def assert_written(frame, columns, folder):
    """Write a frame in every format and find in each what it was made from.

    `columns` has names, how pandas holds them, and values; those of the index come first.
    """
    for style, (write, read) in FORMATS.items():
        path = folder / f"f.{style}"
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Line ends became", omnipd.OmniWarning)
            write(frame, path)
        found = read(path)
        if style == "jsonl" and not len(frame):
            assert found == []
            continue
        names = [name for name, _, _ in columns]
        names = [in_excel(name) or "" for name in names] if style == "xlsx" else names
        assert [name for name, _ in found] == names, style
        for (_, got), (_, dtype, values) in zip(found, columns, strict=True):
            assert len(got) == len(values), (style, dtype.kind.name)
            for one, value in zip(got, values, strict=True):
                assert_same(style, dtype, one, value)
    assert_read_by_pandas(frame, folder / "f.parquet", len(columns) - frame.shape[1])


def assert_read_by_pandas(frame, path, levels):
    """Plain pandas has the frame again, with its index as its index where it can be one."""
    back = pd.read_parquet(path)
    kinds = pyarrow.parquet.read_schema(path).types[:levels]
    if {pa.float16(), pa.time64("ns")} & set(kinds):  # pandas makes no index of these
        assert back.shape[1] == frame.shape[1] + frame.index.nlevels
        assert back.index.equals(pd.RangeIndex(len(frame)))
        return
    assert back.shape == frame.shape
    assert back.index.nlevels == frame.index.nlevels
    unnamed = [name is None for name in frame.index.names]
    assert [name is None for name in back.index.names] == unnamed


def assert_refused(frame, folder, *names):
    for style, (write, _) in FORMATS.items():
        with pytest.raises(omnipd.ExportError) as caught:
            write(frame, folder / f"refused.{style}")
        assert all(name in str(caught.value) for name in names), str(caught.value)
    assert not list(folder.glob("*refused*"))


NAMES = {
    "text": st.tuples(TEXTS).map(lambda one: (one[0], one[0])),
    "number": st.integers(0, 3).map(lambda number: (number, str(number))),
    "day": st.dates(date(2026, 1, 1), date(2026, 1, 3)).map(
        lambda day: (pd.Timestamp(day), f"{day} 00:00:00")
    ),
    "pair": st.tuples(st.sampled_from("ab"), st.integers(0, 2)).map(
        lambda pair: (pair, f"('{pair[0]}', '{pair[1]}')")
    ),
    "common": st.sampled_from(["index", "level_0", "level_1", "a"]).map(lambda name: (name, name)),
}
LEVEL_NAMES = st.none() | st.sampled_from([0, 1, "0", "a", "é", "=a"])


@st.composite
def any_columns(draw, rows, names):
    """Return a column for each of some names: the name, how pandas holds it, values, the Series."""
    columns = []
    for name in names:
        dtype = DTYPES[draw(st.sampled_from(sorted(DTYPES)))]
        columns.append((name, *draw(values_of(dtype, rows))))
    return columns


@st.composite
def values_of(draw, dtype, rows):
    one = st.none() | dtype.kind.values if dtype.nulls else dtype.kind.values
    values = draw(st.lists(one, min_size=rows, max_size=rows))
    return dtype, values, dtype.make(values)


@st.composite
def any_index(draw, rows, taken):
    """Return an index, its levels as columns, and whether its names clash with those of columns."""
    kind = draw(st.sampled_from(["default", "range", "one", "several"]))
    if kind == "default":
        return pd.RangeIndex(rows), []
    count = 1 if kind != "several" else draw(st.integers(2, 3))
    labels = draw(st.lists(LEVEL_NAMES, min_size=count, max_size=count))
    names = [f"level_{n}" if label is None else str(label) for n, label in enumerate(labels)]
    if kind != "several" and labels == [None]:
        names = ["level_0" if "index" in taken else "index"]
    if kind == "range":
        values = list(range(3, 3 + 2 * rows, 2))
        if not rows and labels == [None]:  # it is the default one then
            return pd.RangeIndex(3, 3), []
        return pd.RangeIndex(3, 3 + 2 * rows, 2, name=labels[0]), [(names[0], DTYPES["64"], values)]
    fit = sorted(name for name, dtype in DTYPES.items() if dtype.hashable)
    held = [draw(values_of(DTYPES[draw(st.sampled_from(fit))], rows)) for _ in range(count)]
    try:
        if kind == "one":
            index = index_of(held[0][2]).rename(labels[0])
        else:
            index = pd.MultiIndex.from_arrays([series for _, _, series in held], names=labels)
    except (ValueError, TypeError, KeyError, NotImplementedError):  # pandas cannot hold it
        reject()
    return index, [
        (name, dtype, values) for name, (dtype, values, _) in zip(names, held, strict=True)
    ]


@st.composite
def any_frame(draw):
    """Return a frame, and its columns, those of the index first."""
    rows = draw(st.integers(0, 4))
    kind = draw(st.sampled_from(sorted(NAMES)))
    unique = draw(st.booleans())
    names = draw(st.lists(NAMES[kind], min_size=1, max_size=4, unique=unique))
    columns = draw(any_columns(rows, [text for _, text in names]))
    frame = pd.concat([series for *_, series in columns], axis=1)
    frame.columns = pd.Index([label for label, _ in names])
    frame.index, levels = draw(any_index(rows, {text for _, text in names}))
    return frame, [*levels, *((name, dtype, values) for name, dtype, values, _ in columns)]


SETTINGS = {"deadline": None, "suppress_health_check": list(HealthCheck)}


def check(drawn):
    frame, columns = drawn
    names = Counter(name for name, _, _ in columns)
    twice = [repr(name) for name, count in names.items() if count > 1]
    with tempfile.TemporaryDirectory() as folder:
        if twice:
            assert_refused(frame, Path(folder), *twice)
        else:
            assert_written(frame, columns, Path(folder))


@settings(max_examples=20, **SETTINGS)
@given(any_frame())
def test_any_frame_means_the_same_in_every_file_or_is_refused_by_name(drawn):
    check(drawn)


def test_every_dtype_at_once(tmp_path):
    columns = []
    for name, dtype in DTYPES.items():
        one, other = dtype.kind.samples
        columns.append((name, dtype, [one, None if dtype.nulls else other, other]))
    frame = pd.DataFrame({name: dtype.make(values) for name, dtype, values in columns})
    assert_written(frame, columns, tmp_path)


def test_every_dtype_is_an_index_of_its_own():
    for name, dtype in DTYPES.items():
        one, other = dtype.kind.samples
        try:
            index = index_of(dtype.make([one, other]))
        except (KeyError, NotImplementedError):
            assert name in {"float16", "arrow float16", "run ends"} or "Nowhere" in name
            continue
        file = io.BytesIO()  # to_parquet() without the disk
        write_parquet(table_of(pd.DataFrame({"a": [1, 2]}, index)), file)
        [level, _] = from_parquet(file)
        assert level[0] == "index"
        for got, value in zip(level[1], [one, other], strict=True):
            assert_same("parquet", dtype, got, value)
        back = pd.read_parquet(file)
        kept = list(back.columns) == ["a"] and back.index.name is None
        assert kept != (name in {"time64 ns", "arrow float16"}), name


@pytest.mark.parametrize("what", UNSTORABLE)
def test_what_cannot_be_stored_is_refused_by_name_before_anything_is_written(tmp_path, what):
    values = pd.Series(UNSTORABLE[what], dtype=object)
    assert_refused(pd.DataFrame({"fine": [1, 2], "odd one": values}), tmp_path, "odd one")
    levels = pd.MultiIndex.from_arrays([[1, 2], [3, 4]], names=["odd one", "fine"])
    frame = pd.DataFrame({"a": values.set_axis(levels)})
    assert_refused(frame, tmp_path, "a")
