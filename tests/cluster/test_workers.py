"""Workers that are processes read through one limit, survive a kill, and leave no key with the scheduler."""

import os
import re
import subprocess
import sys
from pathlib import Path

import dask
import pytest
from distributed import Client
from queries.query_cases import flights

import omnipd

ROOT = Path(__file__).parents[2]
COUNT = "flights.count"


@pytest.mark.thorough
def test_three_workers_of_which_one_is_killed_read_what_one_query_does():
    command = [sys.executable, "-m", "tests.dask_cluster", "1000", "--by", "month"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[0] == (
        "24 pieces, 3 workers, one killed: 1,095 rows, the same as those of one query."
    )


def memory_of(process):
    """Return what a process has in its memory, where it may be looked at."""
    maps = Path(f"/proc/{process}/maps").read_text(encoding="utf-8")
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        for line in maps.splitlines():
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if found:
                first, last = (int(one, 16) for one in found.groups())
                memory.seek(first)
                yield memory.read(last - first)


@pytest.mark.thorough
@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="memory is no file here")
def test_the_memory_of_a_scheduler_has_the_query_and_no_key(server, tmp_path, monkeypatch):
    without = dict(os.environ)
    with_key = without | {"OMNI_BASE_URL": server.url, "OMNI_API_KEY": server.api_key}
    file = str(tmp_path / "scheduler.json")
    commands = (
        (["scheduler", "--no-dashboard", "--port", "0"], without),
        (["worker", "--no-dashboard", "--no-nanny", "--nthreads", "2"], with_key),
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "dask", *command, "--scheduler-file", file],
            env=settings,
            stderr=subprocess.DEVNULL,
        )
        for command, settings in commands
    ]
    try:
        monkeypatch.setenv("OMNI_BASE_URL", server.url)
        monkeypatch.setenv("OMNI_API_KEY", server.api_key)
        with Client(scheduler_file=file) as cluster, dask.config.set(scheduler=cluster):
            cluster.wait_for_workers(1)
            frame = omnipd.dask_frame(
                flights(["flights.date[date]", COUNT]),
                split_on="flights.date",
                by="quarter",
                between=("2013", "2014"),
            ).persist()
            assert frame[COUNT].sum().compute() == 336_776
            scheduler, worker = (b"".join(memory_of(one.pid)) for one in processes)
        key = server.api_key.encode()
        assert key in worker  # or this would look in vain
        assert b"flights.count" in scheduler
        assert key not in scheduler
    finally:
        for one in processes:
            one.kill()
            one.wait()
