"""Tries datasets that are killed at random: ``python -m tests.killed_datasets``, or ``… 50`` for so many.

Each is written by a process of its own, and killed up to three times, after some of its requests; then the same call goes on. It has to have the bytes of one that nobody has disturbed. No piece may be
asked for again that was written, so that a kill costs at most what was under way. Until the end nothing has
the name of the folder.
"""

import multiprocessing
import random
import signal
import sys
import tempfile
from pathlib import Path

import omnipd
from omnipd_sandbox.server import Server

KILLS = 3
WORKERS = 2
#: What is asked beside the pieces: the columns, and where the times begin and end.
BESIDE = 3
QUERIES = "/api/v1/query/run"


def write(url, key, folder):
    """Write a dataset, or go on with one."""
    query = (
        omnipd.Query("flights", "flights")
        .select("flights.date[date]", "flights.origin", "flights.count")
        .sort("flights.date[date]", "flights.origin")
    )
    with omnipd.connect(url, key, requests_per_minute=None):
        omnipd.query_to_dataset(query, folder, split_on="flights.date", max_workers=WORKERS)


def asked(server):
    """Return how many queries came."""
    return sum(one.path == QUERIES for one in server.requests)


def bytes_of(folder):
    """Return the files of a dataset."""
    return {one.name: one.read_bytes() for one in folder.iterdir()}


def run(count, top):
    """Run the trials, print what was found, and return 1 if it is not what was promised."""
    faults, kills, again = [], 0, 0
    chance = random.Random(5)
    fork = multiprocessing.get_context("fork")
    with Server(size="tiny") as server:
        write(server.url, server.api_key, top / "undisturbed")
        expected = bytes_of(top / "undisturbed")
        for number in range(count):
            folder, since, had = top / f"dataset-{number}", asked(server), 0
            while not folder.exists():
                child = fork.Process(target=write, args=(server.url, server.api_key, folder))
                child.start()
                if had < KILLS:
                    until = asked(server) + chance.randrange(len(expected) // 2)
                    while child.is_alive() and asked(server) <= until:
                        child.join(0.001)
                    child.join(chance.uniform(0.0, 0.03))
                    child.kill()
                child.join()
                had += child.exitcode == -signal.SIGKILL
                if child.exitcode not in {0, -signal.SIGKILL}:
                    faults.append(f"{folder.name} ended with {child.exitcode}")
                    break
            kills += had
            more = asked(server) - since - len(expected) - BESIDE
            again += max(0, more)
            # What was asked beside the pieces is asked again until the first of them is written.
            if more > had * (WORKERS + BESIDE):
                faults.append(f"{folder.name}: {more} queries too many, {had} kills")
            if bytes_of(folder) != expected:
                faults.append(f"{folder.name} is not the dataset that nobody disturbed")
            left = [one.name for one in top.iterdir() if one.name.startswith(".")]
            faults += [f"{name} was left" for name in left]
    print(
        f"{count} datasets of {len(expected)} pieces, {kills} kills, {again} queries made again.",
        *faults,
        sep="\n",
    )
    return int(bool(faults))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as named:
        raise SystemExit(run(int(sys.argv[1]) if len(sys.argv) > 1 else 20, Path(named)))
