"""Changes from the shell: planned from files, applied once it is told to, looked at and taken back."""

import csv
import inspect
import re
import shlex
from pathlib import Path

import click
import pandas as pd
import pytest
from click.testing import CliRunner

import omnipd
from omnipd.shell.cli import main
from omnipd.shell.plans import COLUMNS, plan
from omnipd_sandbox.server import Server

#: The documents of the sandbox that are changed here, with their labels.
AIRPORTS, CANCELLED, DELAYS = "dop4rbem2", "mjxqsk1f3", "hce5n3vc1"


@pytest.fixture
def omni(monkeypatch, tmp_path):
    """A sandbox of its own for each test, and a folder to work in."""
    monkeypatch.chdir(tmp_path)
    with Server(size="tiny") as running:
        monkeypatch.setenv("OMNI_BASE_URL", running.url)
        monkeypatch.setenv("OMNI_API_KEY", running.api_key)
        with omnipd.connect(requests_per_minute=None, cache=False) as client:
            yield client
        assert running.failures == []


@pytest.fixture
def run(omni):
    def run(line, code=0, **more):
        words = shlex.split(line)
        asks = words[0] in {"plan", "apply", "read"} or "--verify" in words
        words += ["--requests-per-minute", "6000"] if asks else []
        done = CliRunner().invoke(main, words, **more)
        assert done.exit_code == code, done.output
        return done

    return run


def labels(client):
    documents = omnipd.read_documents(client=client)
    return dict(zip(documents["document_identifier"], documents["labels"], strict=True))


def write(name, *rows):
    with Path(name).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def rows_of(name):
    with Path(name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_plan_is_a_command_with_its_parameters():
    # What is between two Omnis is a part of `omnipd promote`.
    plans = {name for name in omnipd.__all__ if name.startswith("plan_")} - {"plan_rights"}
    public = {name.removeprefix("plan_") for name in plans}
    assert set(plan.list_commands(None)) == {"edits", *public}
    for name in plan.list_commands(None):
        command = plan.get_command(None, name)
        function = omnipd.plan if name == "edits" else getattr(omnipd, f"plan_{name}")
        own = {*inspect.signature(function).parameters} - {"client", "inventory"}
        assert own | {"path", "style", "base_url"} <= {one.name for one in command.params}, name
        first, *others = command.params
        assert isinstance(first, click.Argument)
        for one in others:
            assert isinstance(one, click.Option)
            assert one.help, (name, one.name)
            assert not re.search(r":\w+:|`|\w=|frame|attrs|None|True|False", one.help), one.help
    assert set(COLUMNS) <= set(omnipd.__all__)


def test_apply_has_the_parameters_of_python():
    flags = {one.name for one in main.commands["apply"].params}
    assert {*inspect.signature(omnipd.Plan.apply).parameters} - {"self", "client"} <= flags


def test_labels_of_a_file_are_planned_shown_made_and_taken_back(run, omni):
    before = labels(omni)
    write(
        "labels.csv",
        ["document_identifier", "labels"],
        [AIRPORTS, "finance,a/b test"],
        [DELAYS, ""],
    )
    shown = run("plan labels labels.csv -o plan.csv")
    assert shown.stdout == ""
    assert shown.stderr == (
        "2 changes (2 safe) to plan.csv; applying it takes 5 calls, 0 minutes\n"
        "`omnipd apply plan.csv` says what would become of them.\n"
    )
    assert [(row["item"], row["new"]) for row in rows_of("plan.csv")] == [
        (AIRPORTS, "finance,a/b test"),
        (DELAYS, ""),
    ]

    dry = run("apply plan.csv --format csv")
    assert [row["state"] for row in csv.DictReader(dry.stdout.splitlines())] == ["pending"] * 2
    assert dry.stderr == (
        "2 changes: 2 pending. Nothing was sent.\n"
        "`omnipd apply plan.csv --no-dry-run` sends what is pending.\n"
    )
    assert labels(omni) == before
    assert not Path("plan.journal").exists()

    made = run("apply plan.csv --no-dry-run")
    assert made.stderr == (
        "2 changes: 2 ok; the journal is plan.journal.\n"
        "`omnipd undo plan.journal` plans to take it back.\n"
    )
    assert labels(omni) == {**before, AIRPORTS: "finance,a/b test", DELAYS: ""}

    assert run("undo plan.journal -o back.csv").stderr.startswith(
        "2 changes (2 safe) to back.csv\n"
    )
    run("apply back.csv --no-dry-run")
    assert labels(omni) == before


def test_what_was_so_already_says_why_there_is_nothing_to_take_back(run, omni):
    write("labels.csv", ["document_identifier", "labels"], [AIRPORTS, "a/b test"])
    run("plan labels labels.csv -o plan.csv")
    run("apply plan.csv --no-dry-run")
    again = run("apply plan.csv --no-dry-run --journal again.journal")
    assert again.stderr.startswith("1 change: 1 already; the journal is again.journal.")
    assert run("undo again.journal -o back.csv").stderr.endswith(
        "Nothing was made that could be taken back (1 change: 1 already).\n"
    )


def test_labels_are_put_on_and_taken_off_by_columns_or_by_options(run, omni):
    head = ["document_identifier", "labels", "add", "remove"]
    write("some.csv", head, [AIRPORTS, "", "finance", ""], [DELAYS, "", "", "work in progress"])
    by_rows = run("plan labels some.csv --format csv")
    assert "The column labels is not looked at: add and remove say what changes." in by_rows.stderr
    found = list(csv.DictReader(by_rows.stdout.splitlines()))
    assert [(row["item"], row["new"]) for row in found] == [(AIRPORTS, "finance"), (DELAYS, "")]
    by_options = run("plan labels some.csv --add finance --add Verified --format csv")
    found = list(csv.DictReader(by_options.stdout.splitlines()))
    assert [row["new"] for row in found] == [
        "finance,Verified",
        "work in progress,finance,Verified",
    ]
    emptied = run(f"plan labels {AIRPORTS} {DELAYS} --set ''")
    assert emptied.stdout.splitlines()[1:] == [
        "safe  Departure delays overview  labels  -work in progress"
    ]


def test_a_label_that_is_called_na_is_no_null(run, omni):
    omni.post("/api/v1/labels", {"name": "NA"})
    write("na.csv", ["document_identifier", "labels"], [AIRPORTS, "NA"])
    assert "+NA" in run("plan labels na.csv").stdout


def test_an_edited_export_is_planned_against_the_file_or_against_now(run, omni):
    run("read documents -o before.csv")
    df = pd.read_csv("before.csv", dtype=str, keep_default_na=False)
    df.loc[df["document_identifier"] == AIRPORTS, "labels"] = "finance"
    df.to_csv("after.csv", index=False)
    omni.change("PATCH", f"/api/v1/documents/{DELAYS}/labels", {"add": ["marketing"]})
    against_now = run("plan edits after.csv --reader documents").stdout
    assert "+finance" in against_now
    assert "-marketing" in against_now
    against_file = run("plan edits after.csv --reader documents --before before.csv").stdout
    assert against_file.splitlines()[1:] == ["safe  Busiest routes by airport  labels  +finance"]


def test_what_keeps_a_spreadsheet_from_running_a_name_is_no_edit(run, omni):
    omni.change("PUT", f"/api/v1/documents/{AIRPORTS}/labels/finance")
    run("read documents -o before.csv")
    text = Path("before.csv").read_text(encoding="utf-8")
    Path("after.csv").write_text(
        text.replace("Busiest routes", "'=Busiest routes"), encoding="utf-8"
    )
    Path("before.csv").write_text(
        text.replace("Busiest routes", "=Busiest routes"), encoding="utf-8"
    )
    done = run("plan edits after.csv --reader documents --before before.csv")
    assert done.stderr == "0 changes\n"


def test_what_somebody_changed_meanwhile_is_a_conflict_and_code_4(run, omni):
    run(f"plan labels {AIRPORTS} {CANCELLED} --add finance -o plan.csv")
    omni.change("PUT", f"/api/v1/documents/{AIRPORTS}/labels/marketing")
    for options in ("", "--no-dry-run"):
        done = run(f"apply plan.csv {options} -o report.csv", code=4)
        line = "conflict: labels of Busiest routes by airport: It is 'marketing' now.\n"
        assert line in done.stderr
        assert rows_of("report.csv")[0]["state"] == "conflict"
    assert "2 changes: 1 ok, 1 conflict; the journal" in done.stderr
    assert labels(omni)[AIRPORTS] == "marketing"
    assert "1 ok, 1 conflict" in run("journal plan.journal", code=4).stderr


def test_what_is_to_be_confirmed_is_sent_by_the_option_of_that_name_only(run, omni):
    run("plan move report-4 --folder /flights -o plan.csv")
    assert "`omnipd apply plan.csv --no-dry-run --confirm` sends" in run("apply plan.csv").stderr
    refused = run("apply plan.csv --no-dry-run", code=2).stderr
    assert "of the tier 'confirm'." in refused
    assert "Nothing was sent. Allow it with --confirm." in refused
    assert not Path("plan.journal").exists()
    made = run("apply plan.csv --no-dry-run --confirm --format csv").stdout
    assert [row["state"] for row in csv.DictReader(made.splitlines())] == ["ok"]
    moved = omnipd.read_documents(client=omni).set_index("document_identifier")["folder_path"]
    assert moved["report-4"] == "/flights"


def test_users_of_a_file_and_what_somebody_leaves_are_planned(run, omni):
    write("users.csv", ["email", "display_name"], ["new@sandbox.example", "Null"])
    assert run("plan users users.csv").stdout.splitlines()[1:] == [
        "safe  new@sandbox.example  exists  made"
    ]
    handed = run("plan transfer priya@sandbox.example --to grace@sandbox.example --kinds document")
    [row] = handed.stdout.splitlines()[1:]
    assert row.startswith("confirm  ")
    assert " owner_id  " in row


def test_what_is_refused_is_told_and_is_code_4_when_it_is_applied(run):
    planned = run(f"plan labels {AIRPORTS} no-such --add finanse -o plan.csv")
    assert planned.stderr.splitlines() == [
        "refused: labels of Busiest routes by airport: "
        "There is no label 'finanse'. Did you mean 'finance'?",
        "refused: labels of no-such: There is no such document.",
        "2 changes (2 refused) to plan.csv",
    ]
    assert "2 changes: 2 refused. Nothing was sent." in run("apply plan.csv", code=4).stderr


def test_the_same_command_goes_on_with_its_journal(run, omni, monkeypatch):
    run(f"plan labels {AIRPORTS} {CANCELLED} --add finance -o plan.csv")
    key = Path("key")
    key.write_text("omni_osk_0123456789abcdef")
    stopped = run("apply plan.csv --no-dry-run --api-key-file key", code=3)
    assert stopped.stderr.startswith("2 changes: 2 pending\nomnipd: ")
    assert "`omnipd journal` opens." in stopped.stderr
    broken_off = run("journal plan.journal", code=4).stderr
    assert broken_off == (
        "2 changes: 2 pending\nIt is not at its end: `omnipd apply` of its plan goes on with it.\n"
    )
    assert "2 changes: 2 ok" in run("apply plan.csv --no-dry-run").stderr
    again = run("apply plan.csv --no-dry-run")
    assert "It was at its end: nothing was sent." in again.stderr
    labelled = [one for one, found in labels(omni).items() if "finance" in found]
    assert sorted(labelled) == sorted([AIRPORTS, CANCELLED])


def test_a_journal_is_verified_again(run, omni):
    run(f"plan labels {AIRPORTS} --add finance -o plan.csv")
    run("apply plan.csv --no-dry-run")
    assert "1 ok" in run("journal plan.journal --verify").stderr
    omni.change("DELETE", f"/api/v1/documents/{AIRPORTS}/labels/finance")
    assert "1 ok" in run("journal plan.journal").stderr
    assert "unverified: labels of Busiest" in run("journal plan.journal --verify", code=4).stderr


def test_a_plan_that_was_edited_is_checked_again(run):
    run(f"plan labels {AIRPORTS} {CANCELLED} --add finance -o plan.csv")
    text = Path("plan.csv").read_text(encoding="utf-8")
    Path("plan.csv").write_text(text.replace('"finance"', '"marketing"', 1), encoding="utf-8")
    done = run("apply plan.csv")
    assert "omnipd: 1 row of plan.csv was edited since the plan was made" in done.stderr
    assert [line.split()[-1] for line in done.stdout.splitlines()[1:]] == ["+marketing", "+finance"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "plan labels x",
            "give --add or --remove or --set.\nOr a file with a column add or remove",
        ),
        ("plan labels x --add a -o plan.xlsx", "--output plan.xlsx has an unknown ending."),
        ("plan labels x --set a --add b", "--set says all labels: --add and --remove cannot"),
        ("plan edits some.csv", "Name it, such as --reader documents."),
        ("plan edits some.csv --reader document", "--reader document is none whose frame"),
        ("plan edits missing.csv --reader documents", "missing.csv cannot be read"),
        ("plan edits twice.csv --reader documents", "FILE has two rows of the document 'a'."),
        ("plan label x", "Did you mean labels?"),
        ("apply some.csv", "`omnipd plan edits` and its kin make one."),
        ("apply missing.csv", "The plan missing.csv cannot be read"),
        ("apply other.csv", "--base-url is of "),
        ("undo missing.journal", "There is no journal missing.journal."),
        ("undo some.csv", "some.csv is no journal, or damaged."),
        ("journal some.csv --timeout 3", "--timeout is for --verify: else Omni is not asked."),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_the_shell(run, line, said):
    write("some.csv", ["document_identifier", "name"], ["a", "b"])
    write("twice.csv", ["document_identifier", "labels"], ["a", "b"], ["a", "c"])
    run(f"plan labels {AIRPORTS} --add finance -o plan.csv")
    text = Path("plan.csv").read_text(encoding="utf-8")
    other = re.sub(r"http://[^\"]+", "https://other.example", text)
    Path("other.csv").write_text(other, encoding="utf-8")
    assert said in run(line, code=2).stderr


def test_a_plan_that_cannot_be_written_is_refused_before_anything_is_asked(run, omni):
    Path("there").write_text("a file")
    done = run(f"plan labels {AIRPORTS} --add finance -o there/plan.csv --timeout 1e-9", code=8)
    assert "there is a file, not a folder." in done.stderr


def test_a_table_of_80_letters_shows_what_changes(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    many = " ".join(
        f"--add '{name}'" for name in ("finance", "marketing", "operations", "Verified", "a/b test")
    )
    done = run(f"plan labels {AIRPORTS} {many}")
    heading, row = done.stdout.splitlines()
    assert heading.split() == ["tier", "name", "column", "change"]
    cut = "safe  Busiest routes by airport  labels  +finance, +marketing, +operations, +Ve…"
    assert (row, len(row)) == (cut, 80)


def test_the_lines_of_the_pages_are_understood():
    page = (Path(__file__).parents[2] / "docs" / "shell.md").read_text(encoding="utf-8")
    lines = re.findall(r"^omnipd (plan|apply|undo|journal) (.+)$", page, re.MULTILINE)
    assert {name for name, _ in lines} == {"plan", "apply", "undo", "journal"}
    for name, rest in lines:
        words = shlex.split(rest.split("#")[0])
        command = main.commands[name]
        if name == "plan":
            command = plan.get_command(None, words.pop(0))
        assert command.make_context(name, words).params


def test_identifiers_are_planned_from_pairs(run, omni):
    run(f"plan identifiers {DELAYS}=departures {AIRPORTS}=busiest -o plan.csv")
    assert {row["item"]: row["new"] for row in rows_of("plan.csv")} == {
        DELAYS: "departures",
        AIRPORTS: "busiest",
    }
    run("apply plan.csv --no-dry-run --confirm")
    assert {"departures", "busiest"} <= labels(omni).keys()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (f"{DELAYS}=a1 {DELAYS}=b2", f"{DELAYS} is given twice"),
        ("departures", "departures has no name, or no value"),
    ],
)
def test_identifiers_that_are_no_pairs_are_refused(run, given, said):
    assert said in run(f"plan identifiers {given}", code=2).output
