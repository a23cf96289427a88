"""A file is compressed as its name says, so that pandas and DuckDB read it by its name."""

import os
import time

import duckdb
import pandas as pd
import pyarrow.csv
import pytest

import omnipd

DF = pd.DataFrame({"n": [1, 2], "text": ["x", "é"]})
ENDINGS = [".gz", ".bz2", ".xz", ".zip", ".zst"]
MAGIC = {
    ".gz": b"\x1f\x8b",
    ".bz2": b"BZh",
    ".xz": b"\xfd7zXZ",
    ".zip": b"PK",
    ".zst": b"\x28\xb5\x2f\xfd",
}


def same(read):
    return read.to_dict("list") == {"n": [1, 2], "text": ["x", "é"]}


@pytest.mark.parametrize("ending", ENDINGS)
def test_csv_and_json_lines_are_compressed_by_their_names(tmp_path, ending):
    for write, start in ((omnipd.to_csv, "x.csv"), (omnipd.to_jsonl, "x.jsonl")):
        path = tmp_path / (start + ending)
        write(DF, path)
        assert path.read_bytes().startswith(MAGIC[ending])
    if ending != ".zst":  # which pandas reads with a package of its own only
        assert same(pd.read_csv(tmp_path / f"x.csv{ending}"))
        assert same(pd.read_json(tmp_path / f"x.jsonl{ending}", lines=True))
    if ending in {".gz", ".zst"}:
        for name in ("csv", "jsonl"):
            assert same(duckdb.sql(f"FROM '{tmp_path}/x.{name}{ending}'").df())
    if ending in {".gz", ".zst", ".bz2"}:
        assert same(pyarrow.csv.read_csv(tmp_path / f"x.csv{ending}").to_pandas())


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_same_frame_has_the_same_bytes_at_any_time(tmp_path, monkeypatch, ending):
    omnipd.to_csv(DF, tmp_path / f"x.csv{ending}")
    monkeypatch.setattr(time, "time", lambda: 2e9)
    (tmp_path / "later").mkdir()
    omnipd.to_csv(DF, tmp_path / "later" / f"x.csv{ending}")
    first, second = (folder / f"x.csv{ending}" for folder in (tmp_path, tmp_path / "later"))
    assert first.read_bytes() == second.read_bytes()


def test_the_ending_counts_in_any_case_and_is_that_of_a_link_itself(tmp_path):
    (tmp_path / "X.CSV.GZ").symlink_to(tmp_path / "latest.csv")
    omnipd.to_csv(DF, tmp_path / "X.CSV.GZ")
    assert same(pd.read_csv(tmp_path / "X.CSV.GZ"))
    assert (tmp_path / "latest.csv").read_bytes() == (tmp_path / "X.CSV.GZ").read_bytes()


@pytest.mark.parametrize("ending", [".tar", ".tar.gz", ".TAR.XZ"])
def test_a_tar_archive_is_refused_by_name(tmp_path, ending):
    with pytest.raises(omnipd.ArgumentError, match=r"tar archive") as caught:
        omnipd.to_csv(DF, tmp_path / f"x.csv{ending}")
    assert ".gz" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device is always full")
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_disk_that_is_full_is_one_error(tmp_path, ending):
    (tmp_path / f"x.csv{ending}").symlink_to("/dev/full")
    with pytest.raises(omnipd.ExportIncompleteError, match="No space left"):
        omnipd.to_csv(DF, tmp_path / f"x.csv{ending}")


def test_parquet_has_a_compression_of_its_own(tmp_path):
    omnipd.to_parquet(DF, tmp_path / "x.parquet.gz")
    assert (tmp_path / "x.parquet.gz").read_bytes().startswith(b"PAR1")


def test_the_files_of_an_inventory_are_compressed_when_asked_for(tmp_path):
    both = omnipd.Inventory({"a": DF, "b": DF})
    files = both.to_csv(tmp_path, compression="gzip")
    assert [file.name for file in files] == ["a.csv.gz", "b.csv.gz"]
    assert same(pd.read_csv(files[1]))
    with pytest.raises(omnipd.ArgumentError, match="compression='gz' is not known") as caught:
        both.to_csv(tmp_path, compression="gz")
    assert "gzip" in caught.value.hint
