"""What is written to an address: whole objects, errors that tell no secret, and who takes none."""

import pickle
import sys
import traceback
from typing import ClassVar

import fsspec
import pandas as pd
import pytest
from fsspec.implementations.memory import MemoryFileSystem

import omnipd
from omnipd.addresses import Address
from omnipd.export import whole_files
from omnipd.paths import local_path, place

DF = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
SECRET = "https://bucket.example/x?X-Amz-Signature=5ecret"


class Store(MemoryFileSystem):
    """A store of its own that fails when it is told to, in words that hold a secret."""

    protocol = "told"
    store: ClassVar = {}
    pseudo_dirs: ClassVar = [""]
    given: ClassVar = {}
    fails: ClassVar = {}

    def __init__(self, **options):
        Store.given = {name: one for name, one in options.items() if name != "protocol"}
        super().__init__(**options)

    @classmethod
    def _strip_protocol(cls, path):
        return super()._strip_protocol(path.removeprefix("told://"))

    def put_file(self, lpath, rpath, **kwargs):
        for name, error in self.fails.items():
            if rpath.endswith(name):
                raise error
        super().put_file(lpath, rpath, **kwargs)


@pytest.fixture
def store(monkeypatch):
    fsspec.register_implementation("told", Store, clobber=True)
    for held in (Store, MemoryFileSystem):
        monkeypatch.setattr(held, "store", {})
        monkeypatch.setattr(held, "pseudo_dirs", [""])
    monkeypatch.setattr(Store, "fails", {})
    return Store


def inventory(**frames):
    return omnipd.Inventory(frames or {"a": DF})


WRITERS = {
    "to_parquet": (omnipd.to_parquet, "x.parquet", "x.parquet", pd.read_parquet),
    "to_csv": (omnipd.to_csv, "x.csv", "x.csv", pd.read_csv),
    "to_csv, gzip": (omnipd.to_csv, "x.csv.gz", "x.csv.gz", pd.read_csv),
    "to_csv, zip": (omnipd.to_csv, "x.csv.zip", "x.csv.zip", pd.read_csv),
    "to_jsonl": (omnipd.to_jsonl, "x.jsonl", "x.jsonl", lambda p: pd.read_json(p, lines=True)),
    "to_excel": (omnipd.to_excel, "x.xlsx", "x.xlsx", pd.read_excel),
    "Inventory.to_excel": (
        lambda df, path, **given: inventory(a=df).to_excel(path, **given),
        *("x.xlsx", "x.xlsx", pd.read_excel),
    ),
    "Inventory.to_parquet": (
        lambda df, path, **given: inventory(a=df).to_parquet(path, **given),
        *("x", "x/a.parquet", pd.read_parquet),
    ),
    "Inventory.to_csv": (
        lambda df, path, **given: inventory(a=df).to_csv(path, compression="gzip", **given),
        *("x", "x/a.csv.gz", pd.read_csv),
    ),
}
every_writer = pytest.mark.parametrize(
    ("write", "name", "object_", "read"), WRITERS.values(), ids=WRITERS
)


@every_writer
def test_every_writer_puts_one_object_that_pandas_reads(store, write, name, object_, read):
    write(DF, f"memory://audits/new/{name}")
    assert fsspec.filesystem("memory").find("/") == [f"/audits/new/{object_}"]
    came = read(f"memory://audits/new/{object_}")
    assert came["a"].tolist() == [1, 2]
    assert came["b"].fillna("").tolist() == ["x", ""]


@every_writer
def test_storage_options_go_to_the_store_and_to_no_file(
    tmp_path, store, write, name, object_, read
):
    write(DF, f"told://audits/{name}", storage_options={"endpoint": "here"})
    assert store.given == {"endpoint": "here"}
    assert list(store.store) == [f"/audits/{object_}"]
    with pytest.raises(omnipd.ArgumentError, match="storage_options= is for addresses"):
        write(DF, tmp_path / name, storage_options={"endpoint": "here"})
    with pytest.raises(omnipd.ArgumentError, match="storage_options= is a str, and not a mapping"):
        write(DF, f"told://audits/{name}", storage_options="endpoint")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (
            "s33://audits/x.csv",
            "path='s33://…' is an address that fsspec does not know. Did you mean",
        ),
        ("memori://u:5ecret@audits/x.csv", "does not know. Did you mean memory://"),
        ("file:///tmp/x.csv", "path='file://…' is on this machine"),
        ("simplecache::s3://u:5ecret@audits/x.csv", "path='simplecache::s3://…' is a chain"),
        ("memory://audits/x::s3://5ecret/x.csv", "path='memory://…' is a chain"),
        ("memory://audits/", "path='memory://audits/' is the name of a folder"),
        ("memory://", "is the name of a folder"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused_by_name(store, path, words):
    with pytest.raises(omnipd.ArgumentError) as caught:
        omnipd.to_csv(DF, path)
    assert words in str(caught.value)
    assert "5ecret" not in str(caught.value)
    assert MemoryFileSystem.store == {}


def test_the_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(omnipd.SettingsError) as caught:
        omnipd.to_csv(DF, "gs://audits/x.csv")
    assert "path='gs://…' needs a package that is not installed: gcsfs." in str(caught.value)
    assert 'pip install "omnipd[fsspec]" gcsfs' in str(caught.value)
    monkeypatch.setitem(sys.modules, "fsspec.registry", None)
    with pytest.raises(omnipd.SettingsError) as caught:
        omnipd.to_csv(DF, "memory://audits/x.csv")
    assert "needs a package that is not installed: fsspec." in str(caught.value)
    assert 'pip install "omnipd[fsspec]"' in str(caught.value)


def test_a_write_that_fails_leaves_the_object_that_was_there(store):
    def half(file):
        file.write(b"half of")
        raise OSError(28, "No space left on device")

    target = place("path", "memory://audits/x.csv")
    omnipd.to_csv(DF[["a"]], "memory://audits/x.csv")
    with pytest.raises(omnipd.ExportIncompleteError, match=r"The temporary folder .* No space"):
        whole_files.write_atomically(target, half)
    assert target.read_bytes() == b'"a"\n"1"\n"2"\n'
    other = place("path", "memory://audits/y.csv")
    with pytest.raises(omnipd.ExportIncompleteError):  # and nothing of the other one is put
        whole_files.write_together({other: lambda file: file.write(b"whole"), target: half})
    assert list(MemoryFileSystem.store) == ["/audits/x.csv"]


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (ConnectionError(SECRET), omnipd.ExportIncompleteError, "ConnectionError"),
        (PermissionError(SECRET), omnipd.ExportError, "the store does not allow it"),
        (FileNotFoundError(SECRET), omnipd.ExportError, "there is no such bucket or folder"),
        (KeyError(SECRET), omnipd.ExportError, "KeyError"),
    ],
)
def test_an_error_of_a_store_tells_its_kind_and_no_more(store, error, kind, words):
    store.fails["b.parquet"] = error
    folder = f"told://user:{SECRET[-7:]}@audits/omni"
    with pytest.raises(omnipd.ExportError) as caught:
        inventory(a=DF, b=DF).to_parquet(folder)
    assert type(caught.value) is kind
    told = "".join(traceback.format_exception(caught.value))
    assert f"told://…@audits/omni/b.parquet cannot be written: {words}." in told
    assert "These are new already, the others as before: told://…@audits/omni/a.parquet" in told
    assert "5ecret" not in told + repr(caught.value)
    assert b"5ecret" not in pickle.dumps(caught.value)
    assert caught.value.__context__ is caught.value.__cause__ is None


def test_what_is_shown_of_an_address_holds_no_password():
    shown = {
        "s3://audits/omni/x.csv": "s3://audits/omni/x.csv",
        "ftp://user:5ec/ret@host/x.csv": "ftp://…@host/x.csv",
        "abfss://box@account.dfs.core.windows.net/x": "abfss://box@account.dfs.core.windows.net/x",
        "abfss://box:5ecret@account/x": "abfss://…@account/x",
        "https://account.blob/x?sig=5ecret": "https://account.blob/x?…",
        "https://account.blob/x#5ecret": "https://account.blob/x?…",
    }
    for url, text in shown.items():
        address = Address(url, {"secret": "5ecret"})
        assert (str(address), repr(address)) == (text, f"Address({text!r})")
        assert address.__fspath__() == url


def test_an_address_is_one_after_a_path_has_taken_its_slashes(tmp_path):
    for given in ("memory://audits/x.csv", "memory:/audits/x.csv", "MEMORY://audits/x.csv"):
        for kind in (str, type(tmp_path)):
            assert place("path", kind(given)) == Address("memory://audits/x.csv")
    same = place("path", "memory:///audits/x.csv")
    assert same.__fspath__() == "memory:///audits/x.csv"
    assert place("path", same) is same
    assert (same.name, same.stem, same.suffix) == ("x.csv", "x", ".csv")
    assert (same.with_name("y").__fspath__()) == "memory:///audits/y"


def test_a_key_in_an_address_is_refused():
    with pytest.raises(omnipd.ArgumentError, match="path= holds an API key"):
        omnipd.to_csv(DF, "memory://omni_osk_0123456789abcdef/x.csv")


def test_what_could_not_be_read_is_moved_aside(store):
    inventory(a=DF, b=DF).to_parquet("memory://audits")
    failed = omnipd.Inventory({"a": DF}, {"b": "403", "c": "403"})
    with pytest.warns(omnipd.OmniWarning, match=r"is memory://audits/b\.parquet\.old from now on"):
        failed.to_parquet("memory://audits", allow_incomplete=True)
    assert sorted(MemoryFileSystem.store) == ["/audits/a.parquet", "/audits/b.parquet.old"]
    with pytest.raises(omnipd.ArgumentError, match="looks like a file"):
        inventory().to_parquet("memory://audits/x.parquet")


def test_what_stays_on_this_machine_takes_no_address():
    for refused in (
        lambda: local_path("checkpoint", "s3://audits"),
        lambda: omnipd.connect("https://x.example", "key", cache_dir="s3://audits"),
        lambda: omnipd.sandbox(org="s3://audits").__enter__(),
        lambda: omnipd.import_documents("s3://audits", model="m"),
        lambda: omnipd.Query.from_dict("s3://audits/q.json"),
    ):
        with pytest.raises(
            omnipd.OmniError, match="='s3://…' is an address, and only a local path"
        ):
            refused()
