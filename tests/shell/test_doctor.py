"""The doctor on the shell: a table, JSON, a block for a bug report, and an exit code."""

import json

import pytest
from click.testing import CliRunner
from scripted_server import answer

from omnipd.shell.cli import main


@pytest.fixture
def run(monkeypatch):
    def run_at(url, key, *arguments):
        monkeypatch.setenv("OMNI_BASE_URL", url)
        monkeypatch.setenv("OMNI_API_KEY", key)
        return CliRunner().invoke(main, ["doctor", *arguments])

    return run_at


def test_a_table_says_what_is_different_and_names_nobody(run, server):
    result = run(server.url, server.api_key)
    assert result.exit_code == 0
    assert result.stderr == "omnipd: Up to 39 GETs are sent, each once.\n"
    lines = result.stdout.splitlines()
    assert [line for line in lines if line and not line.startswith(" ")][:5] == [
        "local",
        "connection",
        "readers",
        "register",
        "specification",
    ]
    assert "  note     labels as a filter of content        refused (400)" in lines
    assert lines[-1].startswith("38 calls of at most 39; ")
    assert max(map(len, lines)) <= 100
    assert server.api_key not in result.output


def test_json_and_markdown_have_the_same_rows(run, scripted):
    scripted.script(answer({"detail": "Not Found", "status": 404}, status=404))
    told = run(scripted.url, "made-up-key", "--json")
    block = run(scripted.url, "made-up-key", "--markdown")
    assert told.exit_code == block.exit_code == 6
    report = json.loads(told.stdout)
    rows = block.stdout.splitlines()[4:]
    assert len(rows) == len(report["findings"])
    assert [row.split(" | ")[1] for row in rows] == [one["check"] for one in report["findings"]]
    assert "made-up-key" not in told.output + block.output


def test_a_refused_key_is_3_and_a_limit_5(run, scripted):
    scripted.script(answer({"detail": "Unauthorized"}, status=401))
    refused = run(scripted.url, "made-up-key")
    assert refused.exit_code == 3
    assert "  PROBLEM  key" in refused.stdout
    assert "→ Compare it with those in Omni" in refused.stdout
    scripted.script(answer(b"", status=429))
    assert run(scripted.url, "made-up-key").exit_code == 5
    assert len(scripted.requests) == 2


def test_without_settings_it_says_so_and_sends_nothing():
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 3
    assert "address or key is missing" in result.stdout
    assert result.stderr == ""
