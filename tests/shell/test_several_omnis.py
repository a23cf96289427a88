"""Several profiles in one command: a fleet to what reads, two Omnis to compare and promote, else refused."""

import csv
import json

import pytest
from changes.two_omnis import IMPORT, two_omnis
from click.testing import CliRunner

import omnipd
from omnipd.shell.cli import main

BOTH = "--profile dev --profile prod"
TWO = ["report-22", "alnaul8d23"]


@pytest.fixture
def two(tmp_path, monkeypatch):
    """Dev and prod, each a profile of Omni's own command line; and one that is down."""
    with two_omnis(tmp_path) as two:
        addresses = {name: (one.url, one.api_key) for name, one in two.servers.items()}
        addresses["down"] = ("http://127.0.0.1:9", "omni_osk_of_one_that_is_down")
        profiles = {
            name: {"apiEndpoint": url, "authMethod": "apiKey", "apiKey": key}
            for name, (url, key) in addresses.items()
        }
        config = tmp_path / "config.json"
        config.write_text(json.dumps({"profiles": profiles}), encoding="utf-8")
        monkeypatch.setenv("OMNI_CONFIG_PATH", str(config))
        # A key of the environment is of neither, and is not sent to either.
        monkeypatch.setenv("OMNI_API_KEY", "omni_osk_of_the_environment")
        monkeypatch.chdir(tmp_path)
        yield two


def run(line, code=0):
    options = " --cache-dir cache --requests-per-minute 6000"
    done = CliRunner().invoke(main, (line + options).split())
    assert done.exit_code == code, done.output
    assert "omni_osk" not in done.output
    return done


def rows_of(text):
    return list(csv.DictReader(text.splitlines()))


def identifiers(two, name):
    listed = two.ask(name, "/api/v1/documents?pageSize=100")["records"]
    return {one["identifier"] for one in listed}


def test_what_reads_takes_several_profiles_and_says_which_a_row_is_of(two, tmp_path):
    rows = rows_of(run(f"read documents {BOTH} --format csv").stdout)
    for name in ("dev", "prod"):
        found = {row["document_identifier"] for row in rows if row["instance"] == name}
        assert found == identifiers(two, name)
    assert run(f"content {BOTH}").stdout.split()[0] == "instance"
    assert "dev" in run(f"estimate documents {BOTH}").stdout
    run(f"inventory {BOTH} -o inventory --include labels,documents --format csv")
    written = rows_of((tmp_path / "inventory" / "documents.csv").read_text(encoding="utf-8"))
    assert {row["instance"] for row in written} == {"dev", "prod"}
    said = run(f"export {BOTH} -o nightly --include labels").stderr
    assert said.count("1 frame in ") == 2
    for name in ("dev", "prod"):
        assert not omnipd.open_export(tmp_path / "nightly" / name)["labels"].empty


@pytest.mark.thorough
def test_a_question_is_asked_of_each(two):
    asked = rows_of(run(f"audit orphans {BOTH} --format csv", code=0).stdout)
    assert {row["instance"] for row in asked} <= {"dev", "prod"}
    assert asked


def test_one_that_is_down_is_named_and_missing_and_code_4(two):
    done = run("read labels --profile dev --profile down --format csv --timeout 2", code=4)
    assert {row["instance"] for row in rows_of(done.stdout)} == {"dev"}
    assert "down could not be read and is missing" in done.stderr


@pytest.mark.parametrize(
    ("line", "said", "code"),
    [
        (f"whoami {BOTH}", "It is given 2 times, and this command asks one Omni.", 2),
        (f"plan labels report-4 --add finance {BOTH}", "this command asks one Omni.", 2),
        (f"read labels {BOTH} --base-url x.omniapp.co", "--profile names several", 3),
        ("read labels --profile dev --profile dev", "names one Omni twice", 3),
        ("compare --profile dev", "--profile is given 1 time: name two", 2),
        (f"promote x -o out {BOTH} --profile down", "--profile is given 3 times: name two", 2),
        ("promote x -o out --profile dev --profile dev", "are the same Omni", 2),
        (
            f"promote x -o out {BOTH} --rights plan.txt",
            "--rights plan.txt has an unknown ending",
            2,
        ),
    ],
)
def test_as_many_profiles_as_a_command_takes_omnis(two, line, said, code):
    assert said in " ".join(run(line, code=code).stderr.split())
    assert two.dev.requests == two.prod.requests == []


def test_what_each_has_is_compared(two):
    rows = rows_of(run(f"compare {BOTH} --format csv").stdout)
    assert {row["document_identifier_left"] for row in rows} - {""} == identifiers(two, "dev")
    assert {row["document_identifier_right"] for row in rows} - {""} == identifiers(two, "prod")


def test_documents_are_promoted_by_the_second_command_and_once(two, tmp_path):
    before = identifiers(two, "prod")
    line = f"promote {' '.join(TWO)} -o out {BOTH}"
    tried = run(line)
    assert "2 documents: 2 pending. Nothing was sent." in tried.stderr
    assert identifiers(two, "prod") == before
    made = run(f"{line} --no-dry-run --rights rights.csv")
    assert "2 documents: 2 made." in made.stderr
    assert identifiers(two, "prod") - before == set(TWO)
    plan = rows_of((tmp_path / "rights.csv").read_text(encoding="utf-8"))
    assert {row["item"] for row in plan} == set(TWO)
    assert "2 already" in run(f"{line} --no-dry-run").stderr
    assert [one.path for one in two.prod.requests].count(IMPORT) == 2
    run("apply rights.csv --profile prod --no-dry-run --confirm")
    owners = {
        name: {
            one["identifier"]: one["owner"]["name"]
            for one in two.ask(name, "/api/v1/documents?pageSize=100")["records"]
            if one["identifier"] in TWO
        }
        for name in ("dev", "prod")
    }
    assert owners["dev"] == owners["prod"] != {}


def test_what_is_not_made_is_code_4_and_says_why(two):
    done = run(f"promote report-4 y0v3hb3u17 -o out {BOTH} --no-dry-run", code=4)
    assert "2 documents: 1 conflict, 1 refused." in done.stderr
    assert [one for one in two.prod.requests if one.method != "GET"] == []
