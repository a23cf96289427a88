"""The sketches of a nightly export: what cron, Airflow and Dagster run is run here, without any of them."""

import os
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import omnipd
from omnipd.shell.cli import main
from omnipd_sandbox.server import Server

NIGHTLY = Path(__file__).parents[2] / "docs" / "nightly"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="a script of a POSIX shell")


@pytest.fixture
def exports(monkeypatch, tmp_path):
    """Exports go to a folder of their own, from a small sandbox."""
    with (
        Server(size="tiny") as running,
        omnipd.connect(running.url, running.api_key, requests_per_minute=None),
    ):
        monkeypatch.setenv("OMNI_EXPORTS", str(tmp_path / "omni"))
        yield tmp_path / "omni"


def decorator(taken):
    """Stand for what is called with options and gives a decorator."""

    def called(**options):
        taken.append(options)
        return lambda function: function

    return called


def test_the_task_of_airflow_makes_an_export(exports, monkeypatch):
    dags, tasks, made = [], [], []

    def task(**options):
        tasks.append(options)
        return lambda function: lambda: made.append(function())

    sdk = ModuleType("airflow.sdk")
    sdk.dag, sdk.task = decorator(dags), task
    monkeypatch.setitem(sys.modules, "airflow", ModuleType("airflow"))
    monkeypatch.setitem(sys.modules, "airflow.sdk", sdk)
    runpy.run_path(str(NIGHTLY / "airflow_dag.py"))
    assert dags[0]["schedule"] == "0 2 * * *"
    assert tasks[0]["retries"] > 0
    assert made == [str(omnipd.open_export(exports).path)]


def test_the_asset_of_dagster_makes_an_export_and_tells_its_rows(exports, monkeypatch):
    given = []
    dagster = ModuleType("dagster")
    dagster.asset = decorator(given)
    dagster.RetryPolicy = dagster.ScheduleDefinition = dagster.Definitions = SimpleNamespace
    dagster.MaterializeResult = SimpleNamespace
    monkeypatch.setitem(sys.modules, "dagster", dagster)
    names = runpy.run_path(str(NIGHTLY / "dagster_asset.py"))
    assert names["nightly"].target is names["omni_export"]
    assert given[0]["retry_policy"].max_retries > 0
    told = names["omni_export"]().metadata
    opened = omnipd.open_export(exports)
    assert told["export"] == opened.path.name
    assert told["rows"] == {name: len(frame) for name, frame in opened.items()}


@pytest.fixture
def cron(tmp_path, monkeypatch):
    """Run the line of the crontab as cron does, with stand-ins that note what they are called with."""
    for name, body in {
        "omnipd": 'read code < codes; sed -i 1d codes; echo "omnipd $*" >> called; exit $code',
        "sleep": 'echo "sleep $*" >> called',
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    *settings, line = (NIGHTLY / "crontab").read_text(encoding="utf-8").splitlines()
    given = dict(one.split("=", 1) for one in settings)
    command = re.fullmatch(r"0 2 \* \* \* (.*)", line)[1]
    command = command.replace("/opt/omnipd/export.sh", shlex.quote(str(NIGHTLY / "export.sh")))
    command = command.replace("/var/log/omnipd.log", "log")

    def run(*codes):
        (tmp_path / "codes").write_text("".join(f"{code}\n" for code in codes))
        (tmp_path / "called").unlink(missing_ok=True)
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            env={**given, "PATH": f"{tmp_path}:/usr/bin:/bin"},
            cwd=tmp_path,
            check=False,
        )
        return done.returncode, (tmp_path / "called").read_text().splitlines()

    return run


def test_cron_goes_on_only_after_what_may_pass(cron):
    code, [called] = cron(0)
    assert code == 0
    assert called == (
        "omnipd export -o /data/omni --api-key-file /etc/omnipd/key --since last --keep 30"
    )
    for code in (1, 2, 3, 4, 8, 130, 143):
        assert cron(code, 0) == (code, [called])
    assert cron(5, 6, 0) == (0, [called, "sleep 60", called, "sleep 600", called])
    code, lines = cron(5, 5, 5, 5)
    assert code == 5
    assert lines == [called, "sleep 60", called, "sleep 600", called, "sleep 3600", called]


def test_the_line_of_cron_is_one_that_the_shell_takes(cron, tmp_path):
    _, [called] = cron(0)
    _, *words = shlex.split(called)
    command = main.commands[words[0]]
    context = command.make_context("export", words[1:], resilient_parsing=False)
    assert context.params["since"] == "last"
    assert context.params["keep"] == 30
    assert context.params["folder"] == Path("/data/omni")
