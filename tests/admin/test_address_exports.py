"""Exports at an address: when one is there, what goes on after a break, and in which order it is put."""

import functools
import json
import os
from pathlib import Path

import pandas as pd
import pytest
from fsspec.implementations.memory import MemoryFileSystem

import omnipd
from omnipd.addresses import Address

INCLUDE = ["labels", "document_access"]
HOME = "memory://warehouse/omni"


@pytest.fixture
def state():
    return Path(os.environ["OMNIPD_STATE_DIR"])


@pytest.fixture
def own(small):
    """Without a cache: what is asked for is counted."""
    with omnipd.connect(small.url, small.api_key, requests_per_minute=None, cache=False) as client:
        yield client


class Puts(list):
    """The names of what is put, in order; what is named in `fails` cannot be."""

    def __init__(self):
        super().__init__()
        self.fails = set()
        self._put = Address.put

    def __call__(self, address, file):
        if address.name in self.fails:
            raise omnipd.ExportError("refused")
        self.append(address.name)
        self._put(address, file)


def put_by(address, puts, file):
    puts(address, file)


@pytest.fixture
def puts(monkeypatch):
    monkeypatch.setattr(MemoryFileSystem, "store", {})
    monkeypatch.setattr(MemoryFileSystem, "pseudo_dirs", [""])
    noted = Puts()
    monkeypatch.setattr(Address, "put", functools.partialmethod(put_by, noted))
    return noted


def exports():
    return sorted({one.split("/")[3] for one in MemoryFileSystem.store if one.count("/") == 4})


def waiting(state):
    return list((state / "exports").iterdir())


def test_an_export_at_an_address_is_the_one_of_a_folder(own, state, puts, tmp_path):
    local = omnipd.export_inventory(tmp_path / "omni", include=INCLUDE, format="csv")
    export = omnipd.export_inventory(HOME, include=INCLUDE, format="csv")
    assert os.fspath(export) == f"{HOME}/{export.name}"
    names = ["document_access.csv", "document_access.parquet", "labels.csv", "labels.parquet"]
    assert puts == [*names, "manifest.json", "latest.json"]
    for name in names:
        assert (export / name).read_bytes() == (local / name).read_bytes()
    assert waiting(state) == []
    opened, beside = omnipd.open_export(HOME), omnipd.open_export(tmp_path / "omni")
    assert opened.path == export
    assert list(opened) == list(beside)
    for name in opened:
        pd.testing.assert_frame_equal(opened[name], beside[name])
    assert len(pd.read_parquet(export / "labels.parquet")) == len(opened["labels"])


def test_exports_are_found_by_time_gone_on_from_and_dropped(own, puts, monkeypatch):
    first = omnipd.export_inventory(HOME, include=INCLUDE, since="last")
    second = omnipd.export_inventory(HOME, include=INCLUDE, since="last")
    assert omnipd.open_export(HOME).path == second
    assert omnipd.open_export(HOME, at=first.name).path == first
    tables = omnipd.open_export(HOME).manifest["tables"]
    assert tables["document_access"]["requests"] == 0
    with pytest.raises(omnipd.ArgumentError, match="before the first export in memory://warehouse"):
        omnipd.open_export(HOME, at="2026-01-01")
    third = omnipd.export_inventory(HOME, include="labels", keep=2)
    assert exports() == sorted([second.name, third.name])
    with pytest.raises(omnipd.ArgumentError, match="There is no export in memory://nothing"):
        omnipd.open_export("memory://nothing/here")


def test_one_that_was_broken_off_while_it_was_read_goes_on(own, small, state, puts):
    asked = []

    def stop(path, *_):
        asked.append(path)
        if len(asked) == 2:
            raise KeyboardInterrupt

    own.progress = stop
    with pytest.raises(KeyboardInterrupt):
        omnipd.export_inventory(HOME, include=INCLUDE)
    own.progress = False
    assert len(waiting(state)) == 1
    assert (waiting(state)[0].parent.stat().st_mode & 0o077 == 0) or os.name == "nt"
    assert puts == []
    since = len(small.requests)
    with pytest.warns(omnipd.OmniWarning, match="Answers taken from the checkpoint"):
        omnipd.export_inventory(HOME, include=INCLUDE)
    whole = len(small.requests) - since
    omnipd.export_inventory("memory://warehouse/other", include=INCLUDE)
    assert whole < len(small.requests) - since - whole
    assert waiting(state) == []


@pytest.mark.filterwarnings("ignore:Nothing is asked for")
def test_one_that_was_broken_off_while_it_was_put_goes_on_without_asking(own, small, state, puts):
    before = omnipd.export_inventory(HOME, include="labels")
    for refused in ("labels.parquet", "manifest.json", "latest.json"):
        puts.fails.add(refused)
        with pytest.raises(omnipd.ExportError, match="the same call puts it there") as caught:
            omnipd.export_inventory(HOME, include=INCLUDE, storage_options={"secret": "5ecret"})
        assert "5ecret" not in repr(vars(caught.value))
        assert str(waiting(state)[0]) in caught.value.__notes__[-1]
        assert omnipd.open_export(HOME).path == before
        puts.fails.clear()
    [name] = [one for one in exports() if one != before.name]
    since = len(small.requests)
    after = caught.value.resume()
    assert len(small.requests) == since
    assert after.name == name  # under which it was begun
    assert omnipd.open_export(HOME).path.name == name
    assert json.loads((Address(HOME) / "latest.json").read_bytes())["export"] == name
    assert waiting(state) == []
    assert exports() == sorted([before.name, name])


def test_one_that_was_put_and_killed_before_its_folder_here_went_is_not_put_again(
    own, state, puts, monkeypatch
):
    class Killed(BaseException):
        pass

    def kill(*_):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("omnipd.admin.address_snapshots.discard", kill)
        with pytest.raises(Killed):
            omnipd.export_inventory(HOME, include="labels")
    first = omnipd.open_export(HOME).path
    [left] = waiting(state)
    puts.clear()
    second = omnipd.export_inventory(HOME, include="labels", keep=2)
    assert second.name != first.name
    assert puts == ["labels.parquet", "manifest.json", "latest.json"]
    assert exports() == sorted([first.name, second.name])
    assert not left.exists()
    assert waiting(state) == []


def test_what_was_given_up_on_the_way_to_an_address_goes_with_the_old_ones(own, state, puts):
    given_up, goes_on = state / "exports" / ".a-b.unfinished", state / "exports" / ".c-d.unfinished"
    for one in (given_up, goes_on):
        one.mkdir(parents=True)
    os.utime(given_up, (0, 0))
    omnipd.export_inventory(HOME, include="labels", keep=1)
    assert waiting(state) == [goes_on]


def test_a_store_that_cannot_be_asked_is_told_before_omni_is(own, small, puts, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError("secret")

    monkeypatch.setattr(MemoryFileSystem, "ls", refuse)
    since = len(small.requests)
    with pytest.raises(
        omnipd.ExportError, match="memory://warehouse/omni cannot be listed: the store does not"
    ):
        omnipd.export_inventory(HOME, include="labels")
    assert len(small.requests) == since


def test_an_old_export_that_cannot_be_deleted_is_a_warning(own, puts, monkeypatch):
    old = omnipd.export_inventory(HOME, include="labels")

    def refuse(*_, **__):
        raise PermissionError("secret")

    monkeypatch.setattr(MemoryFileSystem, "rm_file", refuse)
    with pytest.warns(omnipd.OmniWarning, match=f"{old.name}/manifest.json cannot be deleted"):
        new = omnipd.export_inventory(HOME, include="labels", keep=1)
    assert omnipd.open_export(HOME).path == new
    assert exports() == sorted([old.name, new.name])
