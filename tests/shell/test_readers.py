"""Every reader as a command: its options, its parents, and what it would cost."""

import inspect

import pandas as pd
import pytest
from click.testing import CliRunner

import omnipd
from omnipd.shell.cli import main
from omnipd.shell.readers import estimate, read
from omnipd_sandbox.server import Server


@pytest.fixture(scope="module")
def tiny():
    with Server(size="tiny") as running:
        yield running
        assert running.failures == []


@pytest.fixture
def run(tiny, monkeypatch):
    monkeypatch.setenv("OMNI_BASE_URL", tiny.url)
    monkeypatch.setenv("OMNI_API_KEY", tiny.api_key)

    def run(*args, code=0, **more):
        done = CliRunner().invoke(main, [*map(str, args), "--requests-per-minute", "6000"], **more)
        assert done.exit_code == code, done.output
        return done

    return run


def test_every_reader_is_a_command_with_its_parameters():
    names = read.list_commands(None)
    readers = {name for name in omnipd.__all__ if name.startswith("read_")} - {"read_inventory"}
    assert [name.replace("-", "_") for name in names] == sorted(
        name.removeprefix("read_") for name in readers
    )
    for name in names:
        command = read.get_command(None, name)
        reader = getattr(omnipd, f"read_{name.replace('-', '_')}")
        own = {*inspect.signature(reader).parameters} - {"client"}
        assert own <= {param.name for param in command.params}, name
        assert command.help
        assert all(param.help for param in command.params if param.param_type_name == "option")
    assert set(estimate.list_commands(None)) == {*names, "inventory", "export"}


def test_what_a_command_prints_is_what_its_reader_gives(run, tiny, tmp_path):
    run("read", "documents", "-o", tmp_path / "d.parquet")
    with omnipd.connect(tiny.url, tiny.api_key, requests_per_minute=None) as client:
        documents = omnipd.read_documents(client=client)
        access = omnipd.read_document_access(documents, client=client)
    run("read", "document-access", tmp_path / "d.parquet", "-o", tmp_path / "a.parquet")
    found = pd.read_parquet(tmp_path / "a.parquet", dtype_backend="pyarrow")
    pd.testing.assert_frame_equal(found, access, check_dtype=False)
    ids = documents["document_identifier"].tolist()
    listed = "\n".join(ids)
    lines = run("read", "document_access", "-", "--format", "jsonl", input=listed).stdout
    assert len(lines.splitlines()) == len(access)
    one = run("read", "document-access", *ids[:2], "--format", "jsonl").stdout
    assert len(one.splitlines()) == access["document_identifier"].isin(ids[:2]).sum()


def test_flags_lists_and_numbers_reach_the_reader(run):
    out = run("read", "content", "--include", "labels", "--limit", 2, "--no-strict").stdout
    assert len(out.splitlines()) >= 3
    assert "has no" not in out
    done = run("read", "content", "--direction", "up", code=2)
    assert "--direction up is not known" in done.stderr
    assert "Did you mean" not in done.stdout


def test_a_reader_that_is_not_there_is_named_with_near_matches(run):
    assert "Did you mean document-access" in run("read", "document-acces", "x", code=2).stderr
    done = run("read", "document-access", code=2)
    assert "Missing argument" in done.stderr


def test_files_and_ids_are_not_mixed(run, tmp_path):
    done = run("read", "document-access", "a.csv", "d1", code=2)
    assert "One file, or ids" in done.stderr
    assert "cannot be read" in run("read", "document-access", tmp_path / "no.csv", code=2).stderr


def test_choices_are_completed(run):
    command = read.get_command(None, "document-access")
    [sort] = [param for param in command.params if param.name == "sort"]
    assert [item.value for item in sort.shell_complete(None, "")] == ["name", "email", "role"]
    assert [item.value for item in sort.shell_complete(None, "r")] == ["role"]


def test_an_estimate_reads_nothing(run, tiny):
    since = len(tiny.requests)
    done = run("estimate", "document-access", "a", "b", "c")
    assert "document_access" in done.stdout
    assert "3 calls, 0 minutes" in done.stderr
    assert len(tiny.requests) == since
    assert "model_roles" in run("estimate", "inventory", "--include", "model_roles").stdout


def test_an_export_is_made_and_named(run, tmp_path):
    done = run("export", "--to", tmp_path / "e", "--include", "labels,models", "--keep", 1)
    assert done.stderr.startswith("2 frames in ")
    assert list(omnipd.open_export(tmp_path / "e")) == ["labels", "models"]
    assert (
        "Did you mean 'labels'"
        in run("export", "--to", tmp_path / "e", "--include", "lables", code=2).stderr
    )
