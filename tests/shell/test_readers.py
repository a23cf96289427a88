"""Every reader as a command: its options, its parents, and what it would cost."""

import inspect
import re

import click
import pandas as pd
import pytest
from click.testing import CliRunner

import omnipd
from omnipd.shell.cli import main
from omnipd.shell.questions import audit
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


@pytest.mark.parametrize("group", [(), ("read",), ("estimate",), ("plan",), ("sandbox",)])
def test_the_list_of_commands_cuts_no_summary_and_has_one_voice(group):
    shown = CliRunner().invoke(main, [*group, "--help"], terminal_width=80).output
    listed = shown.split("\nCommands:\n", 1)[1]
    assert "..." not in listed
    rows = re.split(r"\n  (?=\S)", "\n" + listed.rstrip())[1:]
    for name, summary in (row.split(None, 1) for row in rows):
        # A verb that tells to do something, and a sentence that ends.
        assert re.match(r"(Ask|Make|Plan|Read|Run|Say|Show|Sign|Start|Try|Write) ", summary), name
        assert summary.endswith("."), name
        assert len(" ".join(summary.split())) <= 75, name


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


def test_files_are_completed_where_they_may_be_given(run):
    [documents] = [
        param
        for param in read.get_command(None, "document-access").params
        if param.name == "documents"
    ]
    [query] = [param for param in main.commands["query"].params if param.name == "query"]
    for param in (documents, query):
        assert [item.type for item in param.shell_complete(None, "d")] == ["file"]


def test_lists_to_include_are_completed_after_a_comma_too(run):
    for command in (main.commands["export"], estimate.get_command(None, "inventory")):
        [include] = [param for param in command.params if param.name == "include"]
        assert [item.value for item in include.shell_complete(None, "lab")] == ["labels"]
        assert [item.value for item in include.shell_complete(None, "ai,document_q")] == [
            "ai,document_queries"
        ]


def _facts(param):
    names = (*param.opts, *param.secondary_opts)
    metavar = param.make_metavar(click.Context(main))
    return names, metavar, param.help, param.multiple, param.is_flag


def _options(command):
    return {param.name: param for param in command.params if isinstance(param, click.Option)}


def test_a_command_and_the_one_that_is_made_have_the_same_options():
    for name, group in (("content", read), ("inventory", estimate), ("export", estimate)):
        by_hand = _options(main.commands[name])
        made = _options(group.get_command(None, name))
        for option, param in made.items():
            assert _facts(by_hand[option]) == _facts(param), (name, option)


def test_what_is_said_of_an_option_is_said_by_every_command():
    commands = [
        *main.commands.values(),
        *(
            group.get_command(None, name)
            for group in (read, audit)
            for name in group.list_commands(None)
        ),
    ]
    for name in (
        "output",
        "style",
        "raw",
        "errors",
        "strict",
        "refresh",
        "checkpoint",
        "max_calls",
        "limit",
    ):
        found = {
            _facts(_options(command)[name])
            for command in commands
            if name in _options(command) and command.name not in {"inventory", "query", "undo"}
        }
        assert len(found) == 1, name


def test_nothing_in_a_help_is_python():
    for name in read.list_commands(None):
        command = read.get_command(None, name)
        for param in _options(command).values():
            assert not re.search(r":\w+:|`|\w=|_id\b.*needs|attrs|None|True|False", param.help), (
                name,
                param.help,
            )


@pytest.mark.parametrize("given", [["labels,_count"], ["labels", "_count"]])
def test_names_are_given_with_commas_or_one_by_one(run, tiny, given):
    words = [word for one in given for word in ("--include", one)]
    for command in (["content"], ["read", "content"]):
        since = len(tiny.requests)
        run(*command, *words, "--refresh")
        assert dict(tiny.requests[since].query)["include"] == "labels,_count"


def test_an_option_takes_parents_as_an_argument_does(run, tmp_path):
    run("read", "groups", "-o", tmp_path / "g.parquet")
    groups = pd.read_parquet(tmp_path / "g.parquet")["group_id"].tolist()
    of_file = run(
        "read", "model-roles", "--groups", tmp_path / "g.parquet", "--format", "csv"
    ).stdout
    words = [word for group in groups for word in ("--groups", group)]
    assert run("read", "model-roles", *words, "--format", "csv").stdout == of_file
    assert len(of_file.splitlines()) > 1
    done = run("read", "model-roles", code=2)
    assert "Name either ID…|FILE|- or --groups" in done.stderr


def test_a_default_of_one_name_is_that_name(run, tiny):
    since = len(tiny.requests)
    run("read", "models", "--refresh")
    assert dict(tiny.requests[since].query)["include"] == "activeBranches"


def test_pairs_reach_the_reader(run):
    out = run(
        "read",
        "records",
        "/api/v1/labels",
        "--rows",
        "labels",
        "--columns",
        "label=name",
        "--format",
        "csv",
    ).stdout
    assert out.splitlines()[0].startswith('"label"')
    done = run("read", "records", "/api/v1/labels", "--params", "pageSize", code=2)
    assert "pageSize has no name, or no value" in done.stderr


def test_an_unknown_cost_is_not_none(run, monkeypatch):
    cost = pd.DataFrame(
        {
            "name": ["users", "ai_jobs", "groups"],
            "calls": [3, None, 14],
            "minutes": [0.00702, None, 0.24],
            "at_least": [False, True, True],
            "why_more": [
                None,
                "omnipd.whoami() " + "says more " * 20,
                "omnipd.whoami() " + "says more " * 20,
            ],
        }
    )
    monkeypatch.setattr("omnipd.admin.estimate.estimate", lambda *_, **__: cost)
    done = run("estimate", "users")
    assert done.stderr == "at least 17 calls, 0 minutes\n"
    _, users, jobs, groups, why = done.stdout.splitlines()
    assert users.split()[2] == "0.01"
    assert "0.00" not in jobs
    assert groups.split()[2] == "0.24"
    # All of it, once for both.
    says = "says more " * 20
    assert why == f"ai_jobs, groups may be more: `omnipd whoami` {says}."


def test_an_estimate_reads_nothing(run, tiny):
    since = len(tiny.requests)
    done = run("estimate", "document-access", "a", "b", "c")
    assert "document_access" in done.stdout
    assert "3 calls, 0 minutes" in done.stderr
    assert len(tiny.requests) == since
    assert "model_roles" in run("estimate", "inventory", "--include", "model_roles").stdout


def test_an_export_is_made_and_named(run, tmp_path):
    done = run("export", "-o", tmp_path / "e", "--include", "labels,models", "--keep", 1)
    assert done.stderr.startswith("2 frames in ")
    assert list(omnipd.open_export(tmp_path / "e")) == ["labels", "models"]
    assert (
        "Did you mean 'labels'"
        in run("export", "-o", tmp_path / "e", "--include", "lables", code=2).stderr
    )
