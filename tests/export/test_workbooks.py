"""A workbook of one frame or several: its sheets, its limits, and what a failure leaves behind."""

import contextlib
import errno
import gc
import os
import sys
import tempfile

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

import omnipd
from omnipd.export import whole_files
from omnipd.export.excel import workbook
from omnipd.export.sheet_names import sheet_names

DF = pd.DataFrame({"n": [1, 2], "text": ["x", None]})


def test_one_frame_is_a_workbook_of_one_sheet(tmp_path):
    omnipd.to_excel(DF, tmp_path / "x.xlsx")
    read = pd.read_excel(tmp_path / "x.xlsx", sheet_name=None)
    assert list(read) == ["Sheet1"]
    assert read["Sheet1"]["n"].tolist() == [1, 2]
    omnipd.to_excel(DF, tmp_path / "x.xlsx", sheet_name="labels")
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    assert [[cell.value for cell in row] for row in book["labels"]] == [
        ["n", "text"],
        [1, "x"],
        [2, None],
    ]
    assert book["labels"].freeze_panes == "A2"


def test_an_incomplete_frame_is_written_only_when_told(tmp_path):
    df = DF.copy()
    df.attrs["omni"] = {"complete": False}
    with pytest.raises(omnipd.ExportIncompleteError, match="incomplete"):
        omnipd.to_excel(df, tmp_path / "x.xlsx")
    omnipd.to_excel(df, tmp_path / "x.xlsx", allow_incomplete=True)
    assert os.listdir(tmp_path) == ["x.xlsx"]


def test_wrong_arguments_are_refused_by_name(tmp_path):
    with pytest.raises(omnipd.ArgumentError, match=r"does not end in \.xlsx"):
        omnipd.to_excel(DF, tmp_path / "x.xls")
    with pytest.raises(omnipd.ArgumentError, match="sheet_name=5 is not text"):
        omnipd.to_excel(DF, tmp_path / "x.xlsx", sheet_name=5)
    with pytest.raises(omnipd.ArgumentError, match="Expected a DataFrame"):
        omnipd.to_excel([DF], tmp_path / "x.xlsx")
    assert os.listdir(tmp_path) == []


def test_more_columns_than_a_sheet_has_are_refused_by_name():
    wide = pa.table([pa.array([1])] * 16_385, names=[f"c{place}" for place in range(16_385)])
    with pytest.raises(omnipd.ExportError, match="16,384 columns; more are in: wide"):
        workbook({"narrow": wide.select([0]), "wide": wide})
    workbook({"fits": wide.remove_column(0)})


# --- names of sheets


@pytest.mark.parametrize(
    ("name", "sheet"),
    [
        ("a" * 32, "a" * 31),
        ("a" * 30 + "🌴", "a" * 30),  # a palm counts twice
        ("a" * 30 + "'b", "a" * 30 + "_"),
        ("[a]:b*c?d/e\\f", "_a__b_c_d_e_f"),
        ("'it's'", "_it's_"),
        ("History", "History_"),
        ("hISTORY", "hISTORY_"),
        ("", "Sheet"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("a\0b", "a_b"),
        ("a\ud800", "a\ufffd"),
    ],
)
def test_a_name_that_no_sheet_can_have_is_mended_and_said(name, sheet):
    with pytest.warns(omnipd.OmniWarning, match="Sheets were renamed") as caught:
        assert sheet_names([name]) == {name: sheet}
    assert f"{name!r} → {sheet!r}" in str(caught[0].message)


def test_mended_names_differ_also_where_case_does_not_count_and_legal_ones_stay():
    names = ["a/b", "A?B", "a_b", "Users", "users", "x" * 31, "x" * 32, "x" * 33]
    with pytest.warns(omnipd.OmniWarning) as caught:
        found = sheet_names(names)
    assert list(found.items()) == [
        ("a/b", "a_b_2"),
        ("A?B", "A_B_3"),
        ("a_b", "a_b"),
        ("Users", "Users"),
        ("users", "users_2"),
        ("x" * 31, "x" * 31),
        ("x" * 32, "x" * 29 + "_2"),
        ("x" * 33, "x" * 29 + "_3"),
    ]
    assert len(caught) == 1


def test_the_sheets_of_an_inventory_are_mended_and_stay_in_order(tmp_path):
    inventory = omnipd.Inventory({"b/../a": DF, "users": DF, "History": DF})
    with pytest.warns(omnipd.OmniWarning, match="Sheets were renamed") as caught:
        inventory.to_excel(tmp_path / "x.xlsx")
    assert len(caught) == 1
    assert openpyxl.load_workbook(tmp_path / "x.xlsx").sheetnames == [
        "b_.._a",
        "users",
        "History_",
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        *((name, "cannot be a file of that name") for name in ("../x", "a/b", "a\\b", "C:x", "a*")),
        *((name, "cannot be a file of that name") for name in ("..", ".x", "a\0b", "")),
        ("x" * 250, "has a name of more than 255 bytes"),
        pytest.param(
            "\ud800",
            "letters in it that the names of files cannot have",
            marks=pytest.mark.skipif(os.name != "posix", reason="Windows takes it"),
        ),
    ],
)
def test_the_name_of_a_frame_never_leaves_the_folder(tmp_path, name, words):
    folder = tmp_path / "folder"
    for inventory in (
        omnipd.Inventory({"users": DF, name: DF}),
        omnipd.Inventory({"users": DF}, {name: "refused"}),
    ):
        with pytest.raises(omnipd.ArgumentError, match=words):
            inventory.to_parquet(folder, allow_incomplete=True)
        assert os.listdir(tmp_path) == []


def test_names_that_are_one_file_on_some_system_are_refused(tmp_path):
    for one, other in (("Users", "users"), ("caf\u00e9", "cafe\u0301")):
        with pytest.raises(omnipd.ArgumentError, match=f"{one!r} and {other!r} would be one file"):
            omnipd.Inventory({one: DF, other: DF}).to_csv(tmp_path)
    assert os.listdir(tmp_path) == []


def test_a_name_of_a_frame_that_is_no_text_is_refused():
    for frames, failures in (({5: DF}, {}), ({}, {5: "refused"})):
        with pytest.raises(omnipd.ArgumentError, match="The name of a frame is text, not 5"):
            omnipd.Inventory(frames, failures)


def test_no_frame_is_no_workbook(tmp_path):
    nothing = omnipd.Inventory({}, {"api_keys": "403"})
    with pytest.raises(omnipd.ExportError, match="no frame to write"):
        nothing.to_excel(tmp_path / "x.xlsx", allow_incomplete=True)
    assert os.listdir(tmp_path) == []
    assert nothing.to_csv(tmp_path / "new", allow_incomplete=True) == []


def test_a_folder_that_was_made_for_files_that_cannot_be_goes_again(tmp_path):
    far = pd.arrays.ArrowExtensionArray(pa.array([2**62]).cast(pa.timestamp("s")))
    with pytest.raises(omnipd.ExportError, match="Parquet cannot hold"):
        omnipd.Inventory({"a": DF, "b": pd.DataFrame({"at": far})}).to_parquet(tmp_path / "new")
    assert os.listdir(tmp_path) == []


# --- what a failure leaves behind


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A folder for temporary files that has nothing in it before and after; nothing fails unheard."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    unheard = []
    gc.freeze()  # what is there already need not be looked at
    monkeypatch.setattr(sys, "unraisablehook", unheard.append)
    yield folder
    gc.collect()
    gc.unfreeze()
    assert unheard == []
    assert os.listdir(folder) == []
    assert not list(tmp_path.glob("new/*"))


@contextlib.contextmanager
def no_file_longer_than(size):
    """Let the disk be full, nearly as it is when there is no room left."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


LONG = pd.DataFrame({"text": [f"{number:08}" for number in range(1000)]})


@pytest.mark.parametrize("size", [10, 30_000])
def test_a_temporary_folder_that_is_full_is_named(tmp_path, temporary, size):
    failure = None
    with no_file_longer_than(size):
        try:
            omnipd.Inventory({"a": DF, "b": LONG}).to_excel(tmp_path / "new" / "x.xlsx")
        except omnipd.ExportIncompleteError as error:
            failure = error  # to be told of where there is room again
    assert f"The temporary folder {temporary} could not be written" in failure.message
    assert "TMPDIR" in failure.hint


def test_a_temporary_folder_in_which_nothing_can_be_made_is_named(tmp_path, temporary, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "mkdir", full)
    with pytest.raises(
        omnipd.ExportIncompleteError, match=r"The temporary folder .* No space left"
    ):
        omnipd.to_excel(DF, tmp_path / "x.xlsx")


@pytest.mark.parametrize("room", [0, 500, 3_000])
def test_a_disk_that_is_full_leaves_nothing_behind(tmp_path, temporary, room):
    class Full:
        """A file that takes so many bytes."""

        def __init__(self, file):
            self._file = file

        def write(self, data):
            if self._file.tell() + len(data) > room:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return self._file.write(data)

        def __getattr__(self, name):
            return getattr(self._file, name)

    write = workbook({"a": pa.Table.from_pandas(LONG)})
    place = tmp_path / "new" / "x.xlsx"
    with pytest.raises(omnipd.ExportIncompleteError, match=r"x\.xlsx .* No space left"):
        whole_files.write_atomically(place, lambda file: write(Full(file)))


def test_an_interrupt_leaves_nothing_behind(tmp_path, temporary):
    class Interrupted:
        """A table that cannot be read to its end."""

        schema, num_rows, num_columns = pa.schema([("a", pa.string())]), 10, 1
        column_names = ("a",)

        def __getattr__(self, name):
            raise KeyboardInterrupt

    write = workbook({"first": pa.table({"a": ["x"]}), "second": Interrupted()})
    with pytest.raises(KeyboardInterrupt):
        whole_files.write_atomically(tmp_path / "new" / "x.xlsx", write)
