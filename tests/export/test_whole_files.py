"""Files appear whole or not at all, and a spreadsheet runs nothing in them."""

import csv
import json
import os
import stat
from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import omnipd
from omnipd.export import whole_files


def frame(**columns):
    table = pa.table(columns)
    return table.to_pandas(types_mapper=pd.ArrowDtype)


MIXED = {
    "text": pa.array(["a", "", None, 'é\n,"']),
    "whole": pa.array([1, None, 0, -5]),
    "money": pa.array(
        [Decimal("1.10"), None, Decimal("0.00"), Decimal("-2.50")], pa.decimal128(12, 2)
    ),
    "time": pa.array(
        [datetime(2026, 1, 2, 3, 4, 5, 6, UTC), None, None, None], pa.timestamp("us", "UTC")
    ),
    "flag": pa.array([True, False, None, None]),
    "many": pa.array([["x"], [], None, ["y", "z"]]),
}


def test_parquet_keeps_arrow_types_for_every_reader(tmp_path):
    path = tmp_path / "mixed.parquet"
    omnipd.to_parquet(frame(**MIXED), path)
    table = pq.read_table(path)
    assert [str(field.type) for field in table.schema] == [
        "string",
        "int64",
        "decimal128(12, 2)",
        "timestamp[us, tz=UTC]",
        "bool",
        "string",
    ]
    assert table["many"].to_pylist() == ['["x"]', "[]", None, '["y","z"]']
    assert table["money"].to_pylist() == [Decimal("1.10"), None, Decimal("0.00"), Decimal("-2.50")]
    assert pd.read_parquet(path).shape == (4, 6)


def test_csv_tells_null_from_empty_and_keeps_decimals(tmp_path):
    path = tmp_path / "mixed.csv"
    omnipd.to_csv(frame(**MIXED), path)
    assert path.read_text(encoding="utf-8").splitlines()[:3] == [
        '"text","whole","money","time","flag","many"',
        '"a","1","1.10","2026-01-02 03:04:05.000006Z","true","[""x""]"',
        '"",,,,"false","[]"',
    ]


def test_csv_tells_null_from_text_that_looks_like_it(tmp_path):
    texts = ["NaN", "NA", "null", "NULL", "None", "", "\\N", "nan", None]
    omnipd.to_csv(frame(text=pa.array(texts), n=pa.array(range(9))), tmp_path / "f.csv")
    as_written = pyarrow.csv.ConvertOptions(
        strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    read = pyarrow.csv.read_csv(tmp_path / "f.csv", convert_options=as_written)
    assert read["text"].to_pylist() == texts
    assert (tmp_path / "f.csv").read_text().splitlines()[9] == ',"8"'


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1", "'＝1"),
        ("a;=1", "a;=1"),
        ("a\n=1", "a\n=1"),
        ("finance,@home", "finance,@home"),
        ("To do:\n- item", "To do:\n- item"),
        ("\n- item", "\n- item"),
        ("'=1", "''=1"),
        ("''-1", "'''-1"),
        ("'quoted'", "'quoted'"),
        ("'", "'"),
        ("1-1", "1-1"),
        ("a = b", "a = b"),
        ("revenue, -5%", "revenue, -5%"),
    ],
)
def test_a_formula_is_made_harmless_in_csv_only(tmp_path, text, safe):
    df = frame(text=pa.array([text]), number=pa.array([-1]))
    for raw, wanted in ((False, safe), (True, text)):
        omnipd.to_csv(df, tmp_path / "f.csv", raw=raw)
        with open(tmp_path / "f.csv", newline="", encoding="utf-8") as file:
            assert list(csv.reader(file))[1] == [wanted, "-1"]
    omnipd.to_parquet(df, tmp_path / "f.parquet")
    assert pd.read_parquet(tmp_path / "f.parquet")["text"].tolist() == [text]


def test_a_formula_in_a_column_name_is_made_harmless_too(tmp_path):
    df = frame(**{"=cmd": pa.array([1]), "a\n-b": pa.array([2])})
    omnipd.to_csv(df.set_index("=cmd"), tmp_path / "f.csv")
    assert (tmp_path / "f.csv").read_text() == '"\'=cmd","a\n-b"\n"1","2"\n'


def test_no_zone_is_looked_up_for_csv_which_some_systems_do_not_have(tmp_path, monkeypatch):
    noon = pa.array([datetime(2026, 1, 2, 12, tzinfo=UTC), None], pa.timestamp("us", "UTC"))
    last = pa.array([253_402_300_800_000, 0], pa.timestamp("ms", "UTC"))
    tokyo = noon.cast(pa.timestamp("ns", "Asia/Tokyo"))
    written = []
    write = pyarrow.csv.write_csv

    def write_csv(table, file, options):
        written.append([str(kind) for kind in table.schema.types])
        write(table, file, options)

    monkeypatch.setattr(pyarrow.csv, "write_csv", write_csv)
    omnipd.to_csv(frame(utc=noon, tokyo=tokyo, last=last), tmp_path / "f.csv")
    # Arrow's own writer would look for the zone, also for UTC.
    assert written == [["string", "string", "string"]]
    assert (tmp_path / "f.csv").read_text().splitlines() == [
        '"utc","tokyo","last"',
        '"2026-01-02 12:00:00.000000Z","2026-01-02 12:00:00.000000000Z","10000-01-01 00:00:00.000Z"',
        ',,"1970-01-01 00:00:00.000Z"',
    ]


def test_json_lines_hold_every_value(tmp_path):
    omnipd.to_jsonl(frame(**MIXED), tmp_path / "f.jsonl")
    first, *_, last = (tmp_path / "f.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(first) == {
        "text": "a",
        "whole": 1,
        "money": "1.10",
        "time": "2026-01-02T03:04:05.000006+00:00",
        "flag": True,
        "many": '["x"]',
    }
    assert json.loads(last)["whole"] == -5


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("old")

    def half(file):
        file.write(b"half of")
        raise OSError(28, "No space left on device")

    with pytest.raises(omnipd.ExportIncompleteError, match="No space left") as caught:
        whole_files.write_atomically(path, half)
    assert str(path) in str(caught.value)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["f.csv"]


def test_a_file_is_on_the_disk_before_it_has_its_name_and_its_name_after(tmp_path, monkeypatch):
    path = tmp_path / "f.csv"
    sync, move = os.fsync, os.replace
    steps = []

    def fsync(descriptor):
        what = os.fstat(descriptor)
        folder = stat.S_ISDIR(what.st_mode)
        steps.append("folder" if folder else f"file of {what.st_size} bytes")
        sync(descriptor)

    def replace(part, target):
        steps.append("named")
        move(part, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    whole_files.write_atomically(path, lambda file: file.write(b"whole"))
    assert steps == ["file of 5 bytes", "named", "folder"]


def test_an_interrupt_leaves_nothing(tmp_path):
    def interrupted(file):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        whole_files.write_atomically(tmp_path / "f.csv", interrupted)
    assert os.listdir(tmp_path) == []


def test_what_is_in_the_way_is_said(tmp_path):
    (tmp_path / "f.csv").mkdir()
    with pytest.raises(omnipd.ExportError, match=r"f\.csv cannot be written"):
        omnipd.to_csv(frame(a=pa.array([1])), tmp_path / "f.csv")
    (tmp_path / "file").touch()
    with pytest.raises(omnipd.ExportError, match=r"file is a file, not a folder"):
        omnipd.to_csv(frame(a=pa.array([1])), tmp_path / "file" / "no" / "f.csv")
    assert sorted(os.listdir(tmp_path)) == ["f.csv", "file"]


def test_a_link_stays_a_link_and_permissions_stay(tmp_path):
    real = tmp_path / "real.csv"
    real.write_text("old")
    real.chmod(0o666)  # more than the umask leaves a new file
    (tmp_path / "link.csv").symlink_to(real)
    omnipd.to_csv(frame(a=pa.array([1])), tmp_path / "link.csv")
    assert (tmp_path / "link.csv").is_symlink()
    assert real.read_text() == '"a"\n"1"\n'
    assert stat.S_IMODE(real.stat().st_mode) == 0o666


def test_an_incomplete_frame_is_written_only_when_told(tmp_path):
    df = frame(a=pa.array([1]))
    df.attrs["omni"] = {"complete": False}
    for write in (omnipd.to_parquet, omnipd.to_csv, omnipd.to_jsonl):
        with pytest.raises(omnipd.ExportIncompleteError, match="incomplete"):
            write(df, tmp_path / "f")
        assert os.listdir(tmp_path) == []
    omnipd.to_csv(df, tmp_path / "f", allow_incomplete=True)
    assert os.listdir(tmp_path) == ["f"]


def test_any_pandas_frame_can_be_written(tmp_path):
    key = pd.Index([7, 8], name="key")
    df = pd.DataFrame({"a": pd.Series(["x\ud800", "y"], key, dtype=object), "b": [1.5, None]})
    with pytest.warns(omnipd.OmniWarning, match="U\\+FFFD in: a"):
        omnipd.to_csv(df, tmp_path / "f.csv")
    assert (tmp_path / "f.csv").read_text(encoding="utf-8").splitlines()[1] == '"7","x\ufffd","1.5"'
    with pytest.raises(omnipd.ArgumentError, match="DataFrame"):
        omnipd.to_csv([1], tmp_path / "f.csv")
