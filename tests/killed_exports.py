"""Tries exports that are killed at random: ``python -m tests.killed_exports``, or ``… 10`` for so many.

Each is killed three times, at any moment, and goes on. It has to have the bytes of one that nobody has
disturbed, table by table, with at most one repeated call for each kill and request that was under way,
and nothing half under a final name.
"""

import multiprocessing
import os
import random
import signal
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import omnipd
from omnipd_sandbox.server import Server

KILLS = 3
INCLUDE = ["content", "documents", "document_access", "folder_permissions", "labels", "models"]


def export(url: str, key: str, folder: Path) -> None:
    """Make an export, or go on with one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with omnipd.connect(url, key, requests_per_minute=None) as client:
            omnipd.export_inventory(folder, include=INCLUDE, scope="organization", client=client)


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Return the tables of the one export in a folder."""
    [export] = [one for one in folder.iterdir() if one.is_dir()]
    return {one.name: one.read_bytes() for one in export.glob("*.parquet")}


def main() -> int:
    """Run the trial and say what came of it."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    faults, most, kills = 0, 0, 0
    chance = random.Random(11)
    fork = multiprocessing.get_context("fork")
    with (
        Server(size="tiny", documents=30, folders=6) as server,
        tempfile.TemporaryDirectory() as top,
    ):
        os.environ["OMNIPD_STATE_DIR"] = f"{top}/state"
        os.environ["OMNIPD_CACHE_DIR"] = f"{top}/cache"
        export(server.url, server.api_key, Path(top) / "undisturbed")
        expected = bytes_of(Path(top) / "undisturbed")
        undisturbed = len(server.requests)
        for number in range(count):
            folder, since = Path(top) / f"export-{number}", len(server.requests)
            os.environ["OMNIPD_CACHE_DIR"] = f"{top}/cache-{number}"
            for _ in range(KILLS):
                child = fork.Process(target=export, args=(server.url, server.api_key, folder))
                child.start()
                until = len(server.requests) + chance.randrange(undisturbed // 2)
                while child.is_alive() and len(server.requests) < until:
                    child.join(0.001)
                child.join(chance.uniform(0.0, 0.02))
                child.kill()
                child.join()
                kills += child.exitcode == -signal.SIGKILL
                if folder.is_dir() and any(one.name[0] != "." for one in folder.iterdir()):
                    break
            finished = folder.is_dir() and any(
                one.is_dir() and one.name[0] != "." for one in folder.iterdir()
            )
            if not finished:
                child = fork.Process(target=export, args=(server.url, server.api_key, folder))
                child.start()
                child.join()
            asked = Counter((one.path, one.query) for one in list(server.requests)[since:])
            repeated = sum(asked.values()) - undisturbed
            most = max(most, repeated)
            if bytes_of(folder) != expected or repeated > KILLS:
                faults += 1
                print(f"{folder.name}: {repeated} repeated calls")
    print(f"{count} exports, {kills} kills; at most {most} repeated calls; {faults} faults.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
