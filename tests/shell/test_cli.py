"""The shell: data on standard output, everything else on standard error, documented exit codes."""

import csv
import io
import json
import logging
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from fsspec.implementations.memory import MemoryFileSystem

import omnipd
from omnipd.shell.cli import main

QUERY = {
    "join_paths_from_topic_name": "flights",
    "fields": ["flights.origin", "flights.count"],
    "sorts": [{"column_name": "flights.count", "sort_descending": True}],
}


@pytest.fixture
def shell(server, monkeypatch, tmp_path):
    """Run a command against the shared sandbox."""
    monkeypatch.setenv("OMNI_BASE_URL", server.url)
    monkeypatch.setenv("OMNI_API_KEY", server.api_key)
    monkeypatch.chdir(tmp_path)

    def run(*arguments, stdin=None):
        return CliRunner().invoke(
            main,
            [
                *arguments,
                *(
                    ["--requests-per-minute", "100000"]
                    if arguments[0] in {"content", "fields", "query", "topics"}
                    else []
                ),
            ],
            input=stdin,
        )

    return run


def test_content_as_csv_is_the_whole_list(shell, server):
    result = shell("content", "--format", "csv", "--raw")
    assert result.exit_code == 0, result.stderr
    rows = list(csv.DictReader(io.StringIO(result.stdout_bytes.decode(), newline="")))
    with omnipd.connect(requests_per_minute=None):
        df = omnipd.read_content()
    assert [row["name"] for row in rows] == df["name"].tolist()


def test_content_as_json_lines(shell):
    result = shell(
        "content", "--format", "jsonl", "--limit", "3", "--sort", "favorites", "--direction", "desc"
    )
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(rows) == 3
    favorites = [row["count_favorites"] for row in rows]
    assert favorites == sorted(favorites, reverse=True)


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_a_file_by_its_ending(shell, tmp_path, ending):
    result = shell("content", "--limit", "5", "-o", f"out.{ending}")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "5 rows" in result.stderr
    path = tmp_path / f"out.{ending}"
    read = {
        "parquet": pd.read_parquet,
        "csv": pd.read_csv,
        "jsonl": lambda file: pd.read_json(file, lines=True),
    }
    assert len(read[ending](path)) == 5


def test_a_table_shows_what_fits_and_says_what_does_not(shell):
    result = shell("content")
    lines = result.stdout.splitlines()
    assert lines[0].split()[:2] == ["name", "type"]
    assert "more rows" in lines[-2]
    assert "more columns" in lines[-1]
    assert "550 rows" in result.stderr


def test_no_name_can_write_to_the_terminal(tmp_path, monkeypatch, scripted):
    from scripted_server import page

    scripted.script(
        page({"type": "document", "identifier": "d", "name": "\x1b[2J\u202ehidden\r\n"})
    )
    monkeypatch.setenv("OMNI_BASE_URL", scripted.url)
    monkeypatch.setenv("OMNI_API_KEY", "key")
    result = CliRunner().invoke(main, ["content"])
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout
    assert "\\x1b[2J\\u202ehidden  " in result.stdout


def test_a_query_from_a_file_and_from_standard_input(shell, server, tmp_path):
    text = json.dumps({"query": QUERY | {"modelId": next(iter(server.models.values()))}})
    Path("query.json").write_text(text)
    from_file = shell("query", "query.json", "--format", "csv")
    from_stdin = shell("query", "-", "--format", "csv", stdin=text)
    wanted = '"flights.origin","flights.count"\n"EWR","120835"\n"JFK","111279"\n"LGA","104662"\n'
    assert from_file.stdout == from_stdin.stdout == wanted


def test_a_query_takes_a_model_a_limit_and_labels(shell, server):
    model = next(iter(server.models.values()))
    result = shell(
        "query",
        "-",
        "--model",
        model,
        "--limit",
        "2",
        "--names",
        "label",
        "--format",
        "csv",
        stdin=json.dumps(QUERY),
    )
    assert result.stdout.splitlines() == ['"Origin","Flights"', '"EWR","120835"', '"JFK","111279"']
    assert "exactly 2 rows" in result.stderr


def test_values_are_shown_as_omni_shows_them(shell):
    query = {
        "modelId": "flights",
        "join_paths_from_topic_name": "flights",
        "fields": ["flights.carrier", "flights.total_distance"],
        "filters": {"flights.carrier": {"type": "string", "kind": "EQUALS", "values": ["HA"]}},
    }
    asked = ("query", "-", "--format", "csv", "--formatted")
    shown = shell(*asked, stdin=json.dumps(query)).stdout.splitlines()
    # 342 flights of 4,983 miles to Honolulu.
    assert shown == ['"flights.carrier","flights.total_distance"', '"HA","1,704,186"']


def test_a_pivot_is_wide_or_long(shell):
    query = {
        "modelId": "flights",
        "join_paths_from_topic_name": "flights",
        "fields": ["flights.carrier", "flights.origin", "flights.count"],
        "pivots": ["flights.origin"],
        "filters": {
            "flights.carrier": {"type": "string", "kind": "EQUALS", "values": ["HA", "AS"]}
        },
    }
    asked = ("query", "-", "--format", "csv", "--names", "label")
    wide, long = (
        shell(*asked, *form, stdin=json.dumps(query)).stdout.splitlines()
        for form in ((), ("--pivot", "long"))
    )
    assert wide == ['"Carrier Code","EWR · Flights","JFK · Flights"', '"AS","714",', '"HA",,"342"']
    assert long == ['"Carrier Code","Origin","Flights"', '"AS","EWR","714"', '"HA","JFK","342"']
    assert "--pivot tall is not" in shell("query", "-", "--pivot", "tall", stdin="{}").stderr


def test_a_query_file_is_written_from_topics_and_fields(shell, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    topics = shell("topics").stdout.splitlines()
    assert topics[0].split() == ["topic", "label", "base_view", "model_id"]
    names = [line.split()[0] for line in topics[1:5]]
    assert names == ["flights", "completed_orders", "orders", "users"]
    flights = "6f1c2a9e-0b47-4d3a-9c58-2e7d41f0a613"
    assert topics[1].split()[-1] == flights
    fields = shell("fields", "flights").stdout.splitlines()
    assert fields[0].split() == ["fully_qualified_name", "label", "kind", "data_type"]
    assert ["flights.origin", "Origin", "dimension", "STRING"] in map(str.split, fields)
    assert ["flights.count", "Flights", "measure", "NUMBER"] in map(str.split, fields)
    assert (
        "dest_airport.average_altitude" in fields[-2]
    )  # all of them, also more than fit on a screen
    # With a model no list of topics is needed, and both say the same.
    of_model = shell("fields", "flights", "--model", "flights", "--format", "csv").stdout
    assert of_model == shell("fields", "flights", "--format", "csv").stdout
    one = shell("topics", "--model", "flights", "--format", "csv").stdout
    assert [line.split(",")[1] for line in one.splitlines()] == ['"topic"', '"flights"']


def test_a_topic_that_no_model_or_several_have_is_named(shell, server, monkeypatch):
    done = shell("fields", "flihgts")
    assert done.exit_code == 2
    assert done.stderr == (
        "omnipd: No shared model has a topic 'flihgts'.\nDid you mean 'flights'?\n"
    )
    done = shell("fields", "x")
    assert done.stderr.endswith("There are completed_orders, flights, orders, users.\n")
    done = shell("topics", "--branch-id", "b")
    assert done.stderr == "omnipd: --branch-id b is of one model.\nName it: --model.\n"
    twice = pd.DataFrame({"topic": ["flights"] * 2, "model_id": ["m1", "m2"]})
    monkeypatch.setattr("omnipd.shell.topics.read_topics", lambda *_, **__: twice)
    done = shell("fields", "flights")
    assert done.exit_code == 2
    assert "2 shared models have a topic 'flights': m1, m2.\nSay of which: --model." in done.stderr


def test_a_query_is_held_against_its_topic_before_it_is_sent(shell, server):
    mistyped = QUERY | {"modelId": "flights", "fields": ["flights.orgin"], "sorts": []}
    since = len(server.requests)
    done = shell("query", "-", stdin=json.dumps(mistyped))
    assert done.exit_code == 2
    assert done.stderr == (
        "omnipd: The topic flights has no field flights.orgin.\n"
        "Did you mean flights.origin? With --no-check the query is sent as it is.\n"
    )
    assert "/api/v1/query/run" not in {one.path for one in server.requests[since:]}


def test_whoami_names_the_key_but_not_its_secret(shell, server):
    result = shell("whoami")
    assert "organization" in result.stdout
    assert "ORG_ADMIN" in result.stdout
    assert server.api_key not in result.output


def test_the_cache_is_shown_and_cleared(shell):
    shell("content")
    assert "6 stored answers" in shell("cache").stdout
    assert "6 stored answers deleted" in shell("cache", "--clear").stdout
    assert "0 stored answers" in shell("cache").stdout


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "words"),
    [
        (["content", "--sort", "updatedAt"], None, 2, "Did you mean 'updated_at'"),
        (["content", "--limit", "many"], None, 2, "Invalid value"),
        (["content", "--no-such-flag"], None, 2, "No such option"),
        (["content", "-o", "out.xls"], None, 2, "It takes .parquet, .xlsx, .csv or .jsonl"),
        (["content", "-o", "out.parquet.gz"], None, 2, "unknown ending"),
        (["content", "-o", "s33://bucket/out.csv"], None, 2, "--output 's33://…' is an address"),
        (["content", "--cache-dir", "~no such"], None, 3, "--cache-dir '~no such' needs"),
        (
            ["content", "--api-key-file", "~no such"],
            None,
            3,
            "--api-key-file '~no such' needs the home directory of 'no such'",
        ),
        (["sandbox", "--state", "~no such"], None, 2, "home directory of 'no such'"),
        (["sandbox", "--org", "s3://bucket/org"], None, 2, "is an address"),
        (["sandbox", "init", "s3://bucket/org"], None, 2, "is an address"),
        (["demo", "-o", "s3://bucket/demo"], None, 2, "is an address"),
        (["query", "missing.json"], None, 2, "There is no file"),
        (["query", "-", "--limit", "few"], "{}", 2, "whole number"),
        (["content", "--api-key-file", "missing"], None, 3, "missing cannot be read: No such file"),
        (["content", "--base-url", "http://example.com"], None, 3, "clear text"),
    ],
)
def test_errors_go_to_standard_error_with_their_exit_code(shell, arguments, stdin, code, words):
    result = shell(*arguments, stdin=stdin)
    assert result.exit_code == code
    assert words in result.stderr
    assert result.stdout == ""


def test_a_failed_query_has_its_own_exit_code(shell, server):
    model = next(iter(server.models.values()))
    result = shell(
        "query",
        "-",
        "--no-check",
        stdin=json.dumps(QUERY | {"modelId": model, "fields": ["flights.nope"], "sorts": []}),
    )
    assert result.exit_code == 7
    assert "flights.nope" in result.stderr


def test_a_key_file_is_used_and_a_wrong_key_is_code_3(shell, server, tmp_path, monkeypatch):
    monkeypatch.delenv("OMNI_API_KEY")
    assert shell("whoami").exit_code == 3
    assert "export OMNI_API_KEY" in shell("whoami").stderr
    (tmp_path / "key").write_text(server.api_key + "\n")
    assert shell("whoami", "--api-key-file", "key").exit_code == 0
    (tmp_path / "key").write_text("omni_osk_wrong")
    result = shell("whoami", "--api-key-file", "key")
    assert result.exit_code == 3
    assert "omni_osk_wrong" not in result.output
    (tmp_path / "key").write_bytes(b"omni_osk_\xff")
    result = shell("whoami", "--api-key-file", "key")
    assert result.exit_code == 3
    assert result.stderr == "omnipd: The key file key cannot be read: it is not UTF-8.\n"


def test_an_unreachable_omni_is_code_5(shell, monkeypatch, tmp_path):
    monkeypatch.setenv("OMNI_BASE_URL", "http://127.0.0.1:1")
    result = shell("content", "--timeout", "0.3")
    assert result.exit_code == 5


def test_an_answer_that_does_not_add_up_is_code_6(scripted, monkeypatch):
    from scripted_server import document, page

    scripted.script(page(document("a"), total=2))
    monkeypatch.setenv("OMNI_BASE_URL", scripted.url)
    monkeypatch.setenv("OMNI_API_KEY", "key")
    result = CliRunner().invoke(main, ["content"])
    assert result.exit_code == 6
    assert "counts 2 and sent 1" in result.stderr


@pytest.mark.failure("refused")
def test_gaps_that_were_allowed_are_code_4(scripted, monkeypatch, tmp_path):
    from scripted_server import document, page

    scripted.script(page(document("a"), total=2))
    monkeypatch.setenv("OMNI_BASE_URL", scripted.url)
    monkeypatch.setenv("OMNI_API_KEY", "key")
    for output in ([], ["-o", str(tmp_path / "out.csv")]):
        result = CliRunner().invoke(main, ["content", "--no-strict", *output])
        assert result.exit_code == 4
        assert "marked incomplete" in result.stderr
    assert (tmp_path / "out.csv").exists()


def test_the_demo_prints_both_frames_and_leaves_four_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["demo"])
    assert result.exit_code == 0, result.output
    assert "550 documents and folders" in result.stdout
    assert "United Air Lines Inc." in result.stdout
    files = sorted(os.listdir("omnipd-demo"))
    assert files == ["content.csv", "content.parquet", "flights.csv", "flights.parquet"]
    flights = pd.read_parquet("omnipd-demo/flights.parquet")
    assert flights["flights.count"].sum() == 336_776
    assert len(pd.read_parquet("omnipd-demo/content.parquet")) == 550


def test_help_needs_neither_pandas_nor_the_http_library():
    code = "import sys; sys.argv = ['omnipd', 'content', '--help']\nfrom omnipd.shell.cli import main\ntry: main()\nexcept SystemExit: pass\nprint(sorted({'pandas', 'pyarrow', 'requests', 'duckdb'} & set(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM"])
def test_the_sandbox_command_serves_until_it_is_ended_and_leaves_nothing(
    tmp_path, monkeypatch, how
):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    process = subprocess.Popen(
        [sys.executable, "-m", "omnipd.shell.cli", "sandbox", "--port", "0", "--documents", "3"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        address = process.stdout.readline().strip().removeprefix("export OMNI_BASE_URL=")
        key = process.stdout.readline().strip().removeprefix("export OMNI_API_KEY=")
        with omnipd.connect(address, key, cache_dir=tmp_path):
            assert omnipd.whoami().key_scope == "organization"
        secret = process.stdout.readline().strip().removeprefix("export OMNI_EMBED_SECRET=")
        signed = omnipd.embed_url("/dashboards/abc", "u1", "Ann", url=address, secret=secret)
        with urllib.request.urlopen(signed, timeout=30) as page:
            assert page.status == 200
        of_member = process.stdout.readline().strip().removeprefix("# a member's key: ")
        with omnipd.connect(address, of_member, cache_dir=tmp_path):
            assert omnipd.whoami().key_scope == "user"
        assert len(os.listdir(tmp_path / "temporary")) == 1
        # Python ends by the signal itself where it interrupts an import that runs code of a text.
        assert any("Ctrl-C ends it" in line for line in process.stderr)
        process.send_signal(getattr(signal, how))
        _, err = process.communicate(timeout=20)
        assert process.returncode == 0, err
        assert "Stopped." in err
        assert os.listdir(tmp_path / "temporary") == []
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("export -o afile", "omnipd: afile is a file, not a folder."),
        ("inventory -o afile --include labels", "omnipd: afile is a file, not a folder."),
        ("demo -o afile/demo", "omnipd: afile is a file, not a folder."),
        (
            "read document-access ID --checkpoint afile",
            "The checkpoint afile cannot be used: afile is a file, not a folder.",
        ),
        ("sandbox init afile", "  it is a file, not a folder"),
        ("sandbox init afile/init", "  it cannot be made"),
    ],
)
def test_a_file_where_a_folder_is_to_be_is_named_before_anything_is_read(
    shell, server, command, words
):
    Path("afile").touch()
    before = len(server.requests)
    result = shell(*command.split())
    assert result.exit_code in {2, 3, 8}
    assert words in result.stderr
    assert len(server.requests) == before
    assert os.listdir() == ["afile"]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("content --format jsonl -o y.csv", "--format jsonl is not the form of --output y.csv."),
        ("content --format table -o y.csv.gz", "--format table is not the form of --output"),
        ("inventory --format csv -o y.xlsx", "--format csv is not the form of --output y.xlsx."),
        ("content --raw -o y.jsonl", "--raw is for CSV, and none is written here."),
        ("content --raw", "--raw is for CSV, and none is written here."),
        ("inventory --raw -o audit", "--raw is for CSV, and none is written here."),
        ("inventory --raw -o y.xlsx", "--raw is for CSV, and none is written here."),
        ("export --full-every 12h -o exports", "--full-every 12h needs --since last."),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(shell, server, command, words):
    before = len(server.requests)
    result = shell(*command.split())
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(server.requests) == before
    assert os.listdir() == []


@pytest.mark.parametrize("file", ["y.csv", "y.csv.gz"])
def test_a_form_that_the_file_has_may_be_named_too(shell, file):
    done = shell("content", "--labels", "finance", "--format", "csv", "--raw", "-o", file)
    assert done.exit_code == 0, done.stderr
    assert [one for one in os.listdir() if one.startswith("y.")] == [file]


def test_an_inventory_that_cannot_be_written_names_a_file_that_was_asked_for(shell, server):
    Path("audit/labels.parquet").mkdir(parents=True)
    before = len(server.requests)
    result = shell("inventory", "-o", "audit", "--include", "labels")
    assert result.exit_code == 8
    assert str(Path("audit/labels.parquet")) in result.stderr
    assert len(server.requests) == before


@pytest.mark.parametrize(
    ("file", "code", "words"),
    [
        ("land.txt", 2, "unknown ending"),
        ("file/no/out.parquet", 8, "omnipd: file is a file, not a folder.\n"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_read(
    shell, server, file, code, words
):
    Path("file").touch()
    before = len(server.requests)
    result = shell("content", "-o", file)
    assert result.exit_code == code
    assert words in result.stderr
    assert len(server.requests) == before


@pytest.mark.parametrize(
    ("file", "read"),
    [
        ("content.xlsx", pd.read_excel),
        ("new/folder/Content.CSV.GZ", pd.read_csv),
        ("content.jsonl.xz", lambda path: pd.read_json(path, lines=True)),
    ],
)
def test_a_file_is_written_as_its_name_says(shell, tmp_path, file, read):
    result = shell("content", "--limit", "3", "-o", file)
    assert result.exit_code == 0, result.stderr
    assert result.stderr.endswith(f"3 rows to {file}\n")
    assert len(read(tmp_path / file)) == 3


def test_an_address_takes_what_a_file_or_folder_would(shell, monkeypatch):
    monkeypatch.setattr(MemoryFileSystem, "store", {})
    result = shell("content", "--limit", "3", "-o", "memory://audit/content.csv")
    assert result.exit_code == 0, result.stderr
    assert result.stderr.endswith("3 rows to memory://audit/content.csv\n")
    assert len(pd.read_csv("memory://audit/content.csv")) == 3
    result = shell("inventory", "--include", "labels", "-o", "memory://audit")
    assert result.exit_code == 0, result.stderr
    assert "1 frame, 1 file in memory://audit" in result.stderr
    assert sorted(MemoryFileSystem.store) == ["/audit/content.csv", "/audit/labels.parquet"]


def test_a_model_goes_by_name_too(shell):
    result = shell("query", "-", "--model", "flights", stdin=json.dumps(QUERY))
    assert result.exit_code == 0
    result = shell("query", "-", "--model", "flihgts", stdin=json.dumps(QUERY))
    assert result.exit_code == 2
    assert "no shared model named 'flihgts'.\nDid you mean 'flights'?" in result.stderr
    assert " on model " in shell("whoami", "--model", "flights").stdout


def test_a_cut_result_names_the_option(shell):
    cut = QUERY | {"modelId": "6f1c2a9e-0b47-4d3a-9c58-2e7d41f0a613", "limit": 1}
    result = shell("query", "-", stdin=json.dumps(cut))
    assert result.exit_code == 0
    assert "Pass --limit all for all of them." in result.stderr


def test_verbose_shows_the_log_on_standard_error_and_no_longer_than_it_runs(shell):
    done = shell("-v", "whoami")
    assert "omnipd: GET /api/v1/whoami: 200 after " in done.stderr
    assert logging.getLogger("omnipd").level == logging.NOTSET
    assert "GET" not in shell("whoami").stderr
