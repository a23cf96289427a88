"""Every question of an administrator as a command: of an export, of two, or of what is read for it now."""

import inspect
import json
import re
import shlex
from pathlib import Path

import click
import pandas as pd
import pytest
from click.testing import CliRunner

import omnipd
from omnipd.shell.cli import main
from omnipd.shell.questions import FIRST, audit
from omnipd_sandbox.server import Server

#: What the commands for which something has to be named are given.
NAMED = {
    "who-can-see": ["/flights"],
    "what-can-see": ["priya@sandbox.example"],
    "leaver": ["priya@sandbox.example"],
}


@pytest.fixture(scope="module")
def tiny():
    with Server(size="tiny") as running:
        yield running
        assert running.failures == []


@pytest.fixture(scope="module")
def exports(tiny, tmp_path_factory):
    """Two exports, between which a document was moved, and a smaller one."""
    folder = tmp_path_factory.mktemp("exports")
    with omnipd.connect(tiny.url, tiny.api_key, requests_per_minute=None) as client:
        first = omnipd.export_inventory(folder, client=client)
        client.post("/api/v1/documents/dop4rbem2/move", {"folderPath": "/flights"})
        second = omnipd.export_inventory(folder, client=client)
        omnipd.export_inventory(folder / "small", include=["content", "labels"], client=client)
    return folder, first.name, second.name


@pytest.fixture
def run(monkeypatch):
    for name in ("OMNI_BASE_URL", "OMNI_API_KEY"):
        monkeypatch.delenv(name, raising=False)

    def run(*args, code=0):
        done = CliRunner().invoke(main, ["audit", *map(str, args)])
        assert done.exit_code == code, done.output
        return done

    return run


def options_of(command):
    return {one.name: one for one in command.params if isinstance(one, click.Option)}


def test_every_question_is_a_command_with_its_parameters():
    asked = {name for name in omnipd.audit.__all__ if not name.startswith("plot_")}
    assert {name.replace("-", "_") for name in audit.list_commands(None)} == asked
    for name in asked:
        command = audit.get_command(None, name)
        function = getattr(omnipd.audit, name)
        own = {
            one.name
            for one in inspect.signature(function).parameters.values()
            if "Inventory" not in str(one.annotation) or one.default is not one.empty
        } - {"branch", "client", "storage_options", "diff"}
        assert own <= {param.name for param in command.params}, name
        assert command.help
        given = options_of(command)
        assert {"output", "style", "raw"} <= given.keys(), name
        assert "--from" in [flag for one in given.values() for flag in one.opts], name
        for one in given.values():
            assert one.help, (name, one.name)
            assert not re.search(r":\w+:|`|\w=|\[[\"']|attrs|None|True|False", one.help), one.help


def test_who_or_what_is_asked_about_is_an_argument_and_all_else_an_option():
    who = audit.get_command(None, "who-can-see")
    assert [one.name for one in who.params if isinstance(one, click.Argument)] == ["item"]
    access = options_of(audit.get_command(None, "access"))
    assert access["people"].multiple
    assert access["content"].multiple


def test_a_parameter_that_is_explained_elsewhere_has_the_choices_from_there():
    role = options_of(audit.get_command(None, "who-can-see"))["organization_role"]
    assert [item.value for item in role.shell_complete(None, "E")] == ["EXPLORER", "EDITOR"]


@pytest.mark.parametrize(
    "name", ["access", "who-can-see", "what-can-see", "orphans", "leaver", "schedule-health"]
)
def test_what_a_command_writes_is_what_its_question_answers(run, exports, tmp_path, name):
    folder, first, _ = exports
    question = getattr(omnipd.audit, name.replace("-", "_"))
    named = NAMED.get(name, [])
    inventory = omnipd.open_export(folder, at=first)
    gaps = not set(question.also) <= set(inventory)
    if gaps:
        with pytest.warns(omnipd.OmniWarning, match="Not all is known"):
            answer = question(inventory, *named)
    else:
        answer = question(inventory, *named)
    assert len(answer) > 0
    file = tmp_path / "answer.parquet"
    done = run(name, *named, "--from", folder, "--at", first, "-o", file, code=4 if gaps else 0)
    assert f"{len(answer):,} rows to " in done.stderr
    found = pd.read_parquet(file, dtype_backend="pyarrow")
    pd.testing.assert_frame_equal(found, answer, check_dtype=False)


def test_two_exports_are_compared(run, exports, tmp_path):
    folder, first, _ = exports
    lines = run("diff", "--from", folder, "--before", first, "--format", "csv").stdout.splitlines()
    of_document = [line for line in lines if line.startswith('"documents","changed","dop4rbem2"')]
    columns = [line.split(",")[4] for line in of_document]
    assert columns == ['"folder_id"', '"folder_name"', '"folder_path"', '"folder_scope"']
    assert lines[0].startswith('"table","change","key","name","column","old","new"')
    same = run("diff", "--from", folder, "--before", first, "--at", first)
    assert same.stderr == "0 rows\n"
    file = tmp_path / "summary.csv"
    run("diff-summary", "--from", folder, "--before", first, "--by", "column", "-o", file)
    counted = pd.read_csv(file).set_index(["table", "column"])["changed"]
    assert counted["documents", "folder_path"] == 1


def test_tables_columns_and_keys_reach_the_comparison(run, exports):
    folder, first, _ = exports
    two = ["--from", folder, "--before", first, "--format", "jsonl"]
    ignored = ["--ignore", "folder_id", "--ignore", "folder_name", "--ignore", "folder_path"]
    lines = run("diff", *two, "--include", "labels,documents", *ignored).stdout.splitlines()
    assert len(lines) == 1
    assert '"column":"folder_scope"' in lines[0].replace(" ", "")
    keys = ["--key", "documents=name", "--key", "documents=connection_id"]
    lines = run("diff", *two, "--include", "documents", *keys).stdout.splitlines()
    [key] = {json.loads(line)["key"] for line in lines}
    assert re.fullmatch(r"name=Busiest routes by airport, connection_id=[-0-9a-f]{36}", key)
    refused = run("diff", *two, "--key", "documents", code=2)
    assert "documents has no name, or no value" in refused.stderr


def test_what_is_not_known_ends_with_4_and_is_said(run, exports):
    folder, *_ = exports
    done = run("unused", "--from", folder / "small", "--format", "csv", code=4)
    assert "Not all is known: users (not in the inventory); schedules" in done.stderr
    assert done.stdout.startswith('"document_identifier"')
    done = run("who-can-see", "/flights", "--from", folder / "small", code=2)
    assert "has no users" in done.stderr
    assert "It takes an inventory or export with --include content --include users" in done.stderr


def test_without_an_export_what_is_asked_for_is_read(run, tiny, monkeypatch):
    monkeypatch.setenv("OMNI_BASE_URL", tiny.url)
    monkeypatch.setenv("OMNI_API_KEY", tiny.api_key)
    question = omnipd.audit.who_can_see
    include = [*question.needs, *question.also]
    with omnipd.connect(tiny.url, tiny.api_key, requests_per_minute=None) as client:
        answer = question(omnipd.read_inventory(include=include, client=client), "/flights")
    live = ["--requests-per-minute", 6000, "--refresh"]
    done = run("who-can-see", "/flights", *live, "--format", "jsonl")
    assert len(done.stdout.splitlines()) == len(answer) > 0
    done = run("who-can-see", "/flights", *live, "--max-calls", 3, code=2)
    assert re.search(r"--max-calls 3\b", done.stderr)


def test_what_is_refused_is_a_gap_of_the_answer(run, tiny, monkeypatch):
    monkeypatch.setenv("OMNI_BASE_URL", tiny.url)
    monkeypatch.setenv("OMNI_API_KEY", tiny.personal_key)
    live = ["--requests-per-minute", 6000, "--scope", "organization"]
    done = run("unused", *live, "--format", "csv", code=4)
    assert re.search(r"Not all is known: users \(.*403", done.stderr)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--refresh"], "--refresh is for what is read now"),
        (["--base-url", "https://x.example"], "--base-url is for what is read now"),
        (["--max-calls", "3"], "--max-calls is for what is read now"),
    ],
)
def test_how_to_read_is_refused_where_an_export_is_named(run, exports, given, said):
    assert said in run("unused", "--from", exports[0], *given, code=2).stderr


def test_an_export_is_of_a_folder(run, exports, tmp_path):
    folder, first, _ = exports
    assert "name its folder with --from" in run("unused", "--at", first, code=2).stderr
    done = run("diff", "--from", folder, "--before", "2020-01-01", code=2)
    assert done.stderr.startswith("omnipd: --before 2020-01-01 is before the first export")
    assert "`omnipd export` makes one" in run("unused", "--from", tmp_path, code=2).stderr


def test_exports_are_completed_in_their_folder(exports):
    folder, first, second = exports
    command = audit.get_command(None, "diff")
    with click.Context(command) as ctx:
        ctx.params["folder"] = folder
        for name in ("at", "before"):
            at = options_of(command)[name]
            assert [one.value for one in at.shell_complete(ctx, "")] == [second, first]
        ctx.params.clear()
        assert at.shell_complete(ctx, "") == []


def test_questions_are_completed(run):
    with click.Context(audit) as ctx:
        assert [one.value for one in audit.shell_complete(ctx, "wh")][:2] == [
            "what-can-see",
            "who-can-see",
        ]
    assert "Did you mean unused" in run("unsued", code=2).stderr


def lines_of_the_pages():
    """The lines of pages that begin with ``omnipd audit``, without what a shell does with them."""
    pages = (Path(__file__).parents[2] / "docs").glob("*.md")
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for line in re.findall(r"^omnipd audit (.+)$", text, re.MULTILINE):
            yield shlex.split(re.split(r" [>|] ", line)[0])


def test_the_lines_of_the_pages_are_understood():
    lines = list(lines_of_the_pages())
    assert len(lines) > 5
    for name, *words in lines:
        command = audit.get_command(None, name)
        assert command.make_context(name, words).params, name


@pytest.mark.parametrize(
    ("asked", "heading", "code"),
    [
        (
            ["who-can-see", "/flights", "--organization-role", "NO_ACCESS"],
            "email display_name resulting_role ways",
            0,
        ),
        (["what-can-see", "sam@sandbox.example"], "type name resulting_role ways", 0),
        (["unused"], "name viewed days_since_view has_reason_to_stay", 4),
        (["schedule-health"], "name findings last_status", 4),
        (["leaver", "priya@sandbox.example"], "kind name could_take_over", 4),
    ],
)
def test_a_table_of_100_letters_a_line_shows_what_was_asked_for(
    run, exports, monkeypatch, asked, heading, code
):
    monkeypatch.setenv("COLUMNS", "100")
    folder, _, second = exports
    shown = run(*asked, "--from", folder, "--at", second, code=code).stdout
    assert shown.splitlines()[0].split()[: len(heading.split())] == heading.split()


def test_a_window_without_a_unit_is_refused(run, exports):
    done = run("usage", "--from", exports[0], "--window", "30", code=2)
    assert "--window 30 is not a time such as '30s'" in done.stderr


@pytest.mark.filterwarnings("ignore::omnipd.OmniWarning")
def test_what_goes_first_in_a_table_is_in_the_answer(exports):
    folder, first, second = exports
    export = omnipd.open_export(folder, at=second)
    answers = {
        "diff": omnipd.audit.diff(omnipd.open_export(folder, at=first), export),
        "leaver": omnipd.audit.leaver(export, "priya@sandbox.example"),
        "schedule_health": omnipd.audit.schedule_health(export),
        "unused": omnipd.audit.unused(export),
        "usage": omnipd.audit.usage([export], window="1s"),
        "what_can_see": omnipd.audit.what_can_see(export, "sam@sandbox.example"),
        "who_can_see": omnipd.audit.who_can_see(export, "/flights"),
    }
    assert {*answers} == {*FIRST}
    assert all({*FIRST[name]} <= {*answer.columns} for name, answer in answers.items())
