"""A path is what pandas takes it for; what names no file of this machine is refused by name."""

import os
import socket
import stat
import threading
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import omnipd
from omnipd.export import whole_files
from omnipd.paths import local_path

DF = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
posix = pytest.mark.skipif(os.name != "posix", reason="these are of POSIX")


def inventory(**frames):
    return omnipd.Inventory(frames or {"a": DF})


WRITERS = {
    "to_parquet": (lambda path: omnipd.to_parquet(DF, path), "x.parquet"),
    "to_csv": (lambda path: omnipd.to_csv(DF, path), "x.csv"),
    "to_jsonl": (lambda path: omnipd.to_jsonl(DF, path), "x.jsonl"),
    "to_excel": (lambda path: omnipd.to_excel(DF, path), "x.xlsx"),
    "Inventory.to_excel": (lambda path: inventory().to_excel(path), "x.xlsx"),
    "Inventory.to_parquet": (lambda path: inventory().to_parquet(path), "x"),
    "Inventory.to_csv": (lambda path: inventory().to_csv(path), "x"),
}
every_writer = pytest.mark.parametrize(("write", "name"), WRITERS.values(), ids=WRITERS)


@every_writer
def test_every_writer_takes_a_home_and_makes_the_folders_above(tmp_path, monkeypatch, write, name):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    write(f"~/new/folder/{name}")
    assert (tmp_path / "new" / "folder" / name).exists()
    assert os.listdir(tmp_path) == ["new"]


@every_writer
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("~nosuch-user/{}", "needs the home directory of 'nosuch-user'"),
        ("a\0b/{}", "has a NUL in it"),
        ("é" * 128 + "/{}", "more than 255 bytes"),
        ("", "='' is empty"),
        (b"x", "=b'x' is not a path"),
        (5, "=5 is not a path"),
    ],
)
def test_what_is_no_local_path_is_refused_and_nothing_is_made(
    tmp_path, monkeypatch, write, name, path, words
):
    monkeypatch.chdir(tmp_path)
    if isinstance(path, str | Path):
        path = type(path)(str(path).format(name))
    with pytest.raises(omnipd.ArgumentError) as caught:
        write(path)
    assert words in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_a_path_is_asked_about_as_often_as_one_likes(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert local_path("path", "./~draft.csv") == tmp_path / "~draft.csv"
    assert local_path("path", local_path("path", "./~draft.csv")) == tmp_path / "~draft.csv"
    assert local_path("path", "C:/x.csv") == Path("C:/x.csv")
    assert local_path("path", "a:b.csv") == Path("a:b.csv")


def test_who_reads_takes_the_same_paths(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    fields = '{"modelId": "m", "join_paths_from_topic_name": "t", "fields": ["v.f"]}'
    (tmp_path / "q.json").write_text(fields)
    assert omnipd.Query.from_dict("~/q.json").to_dict()["fields"] == ["v.f"]
    with pytest.raises(omnipd.ArgumentError, match="query='s3://…' is an address"):
        omnipd.Query.from_dict("s3://audits/q.json")
    with pytest.raises(omnipd.ArgumentError, match="folder='s3://…' is an address"):
        omnipd.import_documents("s3://audits", model="m")
    with pytest.raises(omnipd.ArgumentError, match="folder='s3://…' is an address"):
        omnipd.import_documents([Path("s3://audits/x.json")], model="m")
    with pytest.raises(omnipd.ArgumentError, match="is not a folder"):
        omnipd.import_documents("~/none", model="m")


def test_a_folder_that_was_made_for_nothing_goes_again(tmp_path):
    def half(file):
        file.write(b"half of")
        raise OSError(28, "No space left on device")

    with pytest.raises(omnipd.ExportIncompleteError):
        whole_files.write_atomically(tmp_path / "new" / "folder" / "f.csv", half)
    assert os.listdir(tmp_path) == []


def test_a_look_at_the_place_leaves_nothing(tmp_path):
    (tmp_path / "old.csv").write_text("old")
    whole_files.check_places([tmp_path / "new" / "folder" / "f.csv", tmp_path / "old.csv"])
    assert os.listdir(tmp_path) == ["old.csv"]
    assert (tmp_path / "old.csv").read_text() == "old"


def test_a_name_that_ends_in_a_slash_is_no_file(tmp_path):
    with pytest.raises(omnipd.ArgumentError, match="the name of a folder"):
        omnipd.to_csv(DF, f"{tmp_path}/new/")
    assert os.listdir(tmp_path) == []


def test_a_long_name_of_letters_that_take_several_bytes_is_written(tmp_path):
    name = "🌴" * 62 + ".csv"  # 252 of 255 bytes
    omnipd.to_csv(DF, tmp_path / name)
    assert os.listdir(tmp_path) == [name]


# --- what is written to and never replaced


def through_a_pipe(path, write):
    """Return what comes out of a pipe, which is still one afterwards."""
    os.mkfifo(path)
    came = []
    reader = threading.Thread(target=lambda: came.append(path.read_bytes()))
    reader.start()
    write(path)
    reader.join(30)
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert os.listdir(path.parent) == [path.name]
    return came[0]


@posix
@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("x.parquet", pd.read_parquet),
        ("x.csv", pd.read_csv),
        ("x.csv.gz", pd.read_csv),
        ("x.csv.zip", pd.read_csv),
        ("x.csv.zst", lambda path: duckdb.sql(f"FROM '{path}'").df()),
        ("x.xlsx", pd.read_excel),
    ],
)
def test_a_pipe_is_written_to(tmp_path, name, read):
    (tmp_path / "pipe").mkdir()
    write = getattr(omnipd, {".xlsx": "to_excel", ".parquet": "to_parquet"}.get(name[1:], "to_csv"))
    came = through_a_pipe(tmp_path / "pipe" / name, lambda path: write(DF, path))
    (tmp_path / name).write_bytes(came)
    read_back = read(tmp_path / name)
    assert read_back["a"].tolist() == [1, 2]
    assert read_back["b"].fillna("").tolist() == ["x", ""]


@posix
def test_devices_and_sockets_are_not_replaced(tmp_path, monkeypatch):
    for write in (omnipd.to_parquet, omnipd.to_csv, omnipd.to_jsonl):
        write(DF, "/dev/null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    (tmp_path / "full").symlink_to("/dev/full")
    if os.path.exists("/dev/full"):
        with pytest.raises(omnipd.ExportIncompleteError, match="No space left"):
            omnipd.to_csv(DF, tmp_path / "full")
        assert stat.S_ISCHR(os.stat("/dev/full").st_mode)
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")  # its full name may be too long for a socket
        with pytest.raises(omnipd.ExportError, match="socket cannot be written"):
            omnipd.to_csv(DF, "socket")
        assert stat.S_ISSOCK(os.stat("socket").st_mode)


@posix
def test_an_open_descriptor_is_gone_on_with(tmp_path):
    with open(tmp_path / "all.csv", "wb", buffering=0) as file:
        file.write(b"before\n")
        omnipd.to_csv(DF[["a"]], f"/dev/fd/{file.fileno()}")
        file.write(b"after\n")
    assert (tmp_path / "all.csv").read_text() == 'before\n"a"\n"1"\n"2"\nafter\n'


@posix
def test_a_pipe_that_nobody_reads_is_no_reason_to_wait_for_who_only_looks(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    whole_files.check_places([tmp_path / "pipe.csv"])
    assert stat.S_ISFIFO((tmp_path / "pipe.csv").stat().st_mode)


# --- what killed exports have left


def test_what_a_killed_export_left_goes_after_a_day(tmp_path, monkeypatch):
    monkeypatch.setattr(whole_files, "_SWEPT", set())
    old = {".f.csv.omnipd-0123abcd.part": 2, ".g.csv.omnipd-0123abcd.part": 0.5}
    old |= {"f.csv.part": 900, ".f.csv.part": 900, ".f.csv.omnipd-zzzzzzzz.part": 900}
    now = (tmp_path / "now").touch() or (tmp_path / "now").stat().st_mtime
    for name, days in old.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (now - days * 86_400,) * 2)
    (tmp_path / ".folder.omnipd-0123abcd.part").mkdir()
    os.utime(tmp_path / ".folder.omnipd-0123abcd.part", (0, 0))
    omnipd.to_csv(DF, tmp_path / "new.csv")
    left = set(os.listdir(tmp_path))
    assert old.keys() - left == {".f.csv.omnipd-0123abcd.part"}
    assert ".folder.omnipd-0123abcd.part" in left


def test_the_file_that_is_being_written_has_the_name_that_is_swept(tmp_path):
    def look(file):
        [name] = os.listdir(tmp_path)
        assert whole_files._PART.fullmatch(name)

    whole_files.write_atomically(tmp_path / "f.csv", look)
