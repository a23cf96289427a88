"""Tries exports to a disk that is full: ``python -m tests.full_disks``.

The disk is a real one, of memory, in a namespace of this process (Linux, ``unshare``; root is not
needed). It holds an export, and something else fills it at a moment of the next one: before it begins, in
the middle of the answers that it keeps, at each table, at the CSV files, the manifest, the pointer. The
shell has to say so in one line that names a file, with exit code 8; what is there stays as it is; and when
there is room again, the same line goes on without asking twice for what it has.
"""

import contextlib
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from omnipd.shell.cli import main as command
from omnipd_sandbox.server import Server

#: What says that this process is in the namespace.
INSIDE = "OMNIPD_TESTS_OWN_MOUNTS"
INCLUDE = ["documents", "document_access", "folder_permissions", "labels"]
#: Where the disk is filled: at so many calls of a function, and which file cannot be written then.
MOMENTS = [
    ("FolderSnapshots.begin", 1, r"\..*\.unfinished|checkpoint\.sqlite"),
    ("Checkpoint._connected", 1, r"checkpoint\.sqlite"),
    ("Checkpoint.keep", 1, r"checkpoint\.sqlite"),
    ("Checkpoint.keep", 20, r"checkpoint\.sqlite"),
    ("TableFile.__exit__", 1, r"documents\.parquet"),
    ("TableFile.__exit__", 3, r"document_access\.parquet"),
    ("TableFile.__exit__", 4, r"folder_permissions\.parquet"),
    ("write_as", 1, r".*\.csv"),
    ("Snapshots.finish", 1, r"manifest\.json"),
    ("FolderSnapshots.publish", 1, r"\..*\.waiting"),
]
#: Requests that are under way together: what comes of them when the disk is full is asked for again.
UNDER_WAY = 4
_TIME = re.compile(r'"(begun_at|finished_at|fetched_at|full_at)": "[^"]*"')
_NO_ROOM = re.compile(r"No space left on device|database or disk is full")


def fill(disk):
    """Fill a disk to the last page."""
    with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


def shell(arguments, environment, said, disk, function, number):
    """Run a line of the shell in this process, which ends with its exit code."""
    calls = Counter()

    def look(frame, event, _):
        if event == "call" and frame.f_code.co_qualname == function:
            calls[function] += 1
            if calls[function] == number:
                fill(disk)

    os.environ.update(environment)
    os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    sys.setprofile(look)
    command(arguments)


def last_export(root):
    """Return the files of the export that the pointer names, the manifest without its times."""
    export = root / json.loads((root / "latest.json").read_bytes())["export"]
    files = {one.name: one.read_bytes() for one in export.iterdir()}
    files["manifest.json"] = _TIME.sub("", files["manifest.json"].decode()).encode()
    return files


def seen(root):
    """Return all that is there under a final name, with its bytes."""
    files = {}
    for one in root.rglob("*"):
        path = one.relative_to(root)
        if one.is_file() and not any(part.startswith(".") for part in path.parts):
            files[str(path)] = one.read_bytes()
    return files


class Trial:
    """A disk that is filled, and what came of it."""

    def __init__(self, server, top):
        self._server = server
        self._top = top
        self._disk = top / "disk"
        self._disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", self._disk], check=True)
        self._export("first")
        since = len(server.requests)
        self._export("second")
        self._calls = len(server.requests) - since
        self._whole = last_export(self._disk / "omni")

    def faults_of(self, function, number, named):
        """Fill the disk at a moment; return what is wrong, what was said, and what was asked again."""
        faults, home = [], f"{function}-{number}"
        root, since = self._disk / "omni", len(self._server.requests)
        before = seen(root)
        code, said = self._run(home, function, number)
        (self._disk / "filler").unlink()
        lines = [line for line in said.splitlines() if not line.startswith("Warning:")]
        first = lines[0] if lines else ""
        found = re.search(rf"{re.escape(str(root))}(?:/\S+)?/({named})\b", first)
        if code != 8 or found is None or not _NO_ROOM.search(first):
            faults.append(f"exit code {code}")
        if seen(root) != before:
            faults.append("what was there is not as it was")
        self._export(home)
        if last_export(root) != self._whole:
            faults.append("what went on has other bytes")
        if set(seen(root)) <= set(before):
            faults.append("there is no new export")
        repeated = len(self._server.requests) - since - self._calls
        if repeated > UNDER_WAY:
            faults.append(f"{repeated} requests were sent again")
        return faults, said, repeated

    def _export(self, home):
        code, said = self._run(home, None, 0)
        if code != 0:
            raise SystemExit(f"With room on the disk: exit code {code}\n{said}")

    def _run(self, home, function, number):
        """Export as the shell does; return the exit code and what was said."""
        arguments = ["export", "--to", f"{self._disk}/omni"]
        arguments += ["--scope", "organization", "--format", "csv"]
        for name in INCLUDE:
            arguments += ["--include", name]
        environment = {
            "OMNI_BASE_URL": self._server.url,
            "OMNI_API_KEY": self._server.api_key,
            "OMNIPD_STATE_DIR": f"{self._top}/{home}/state",
            "OMNIPD_CACHE_DIR": f"{self._top}/{home}/cache",
            "OMNIPD_REQUESTS_PER_MINUTE": "100000",
        }
        said = self._top / f"{home}.txt"
        given = (arguments, environment, said, self._disk, function, number)
        child = multiprocessing.get_context("fork").Process(target=shell, args=given)
        child.start()
        child.join()
        return child.exitcode, said.read_text()


def main() -> int:
    """Run the trial and say what came of it."""
    if INSIDE not in os.environ:
        again = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-m"]
        environment = {**os.environ, INSIDE: "1"}
        return subprocess.run([*again, "tests.full_disks"], env=environment, check=False).returncode
    wrong = 0
    with (
        tempfile.TemporaryDirectory() as top,
        Server(size="tiny", documents=30, folders=6) as server,
    ):
        trial = Trial(server, Path(top))
        try:
            for moment in MOMENTS:
                faults, said, repeated = trial.faults_of(*moment)
                wrong += bool(faults)
                print(
                    f"{moment[0]}, call {moment[1]}: {'; '.join(faults) or 'as promised'}", end=""
                )
                print(f"; {repeated} requests again\n  {said.strip()}".replace("\n", "\n  "))
        finally:
            subprocess.run(["umount", Path(top) / "disk"], check=False)
    print(f"{len(MOMENTS)} full disks; {wrong} with faults.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
