"""Tries exports that are killed at random: ``python -m tests.killed_exports``, or ``… 10`` for so many.

Each is killed three times and goes on with the same call. The phase in which it is killed is drawn evenly
from all that an export goes through, from the first request to the deletion of older exports, and the
moment evenly from all that are in it: a request, or a line of Python. It has to have the bytes of one that
nobody has disturbed, but for the times in its manifest, with at most one repeated call for each kill. After
each kill nothing half is under a final name, and ``latest.json`` names an export that is whole.

One that a late kill finds finished has had fewer kills than three; it is looked at, and counted apart.
"""

import json
import multiprocessing
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

import omnipd
from omnipd_sandbox.server import Server

KILLS = 3
INCLUDE = ["content", "documents", "document_access", "folder_permissions", "labels", "models"]
READING = "reading"
#: What an export goes through in which functions, in their usual order.
PHASES = {
    "delete_all_but_checkpoint": "begin",
    READING: READING,
    "TableFile.__init__": "tables",
    "TableFile.add": "tables",
    "TableFile.__exit__": "tables",
    "write_as": "formats",
    "Snapshots.finish": "manifest",
    "Checkpoint.delete": "checkpoint",
    "FolderSnapshots.publish": "name",
    "FolderSnapshots._let_point": "pointer",
    "FolderSnapshots.keep": "older ones",
}
ORDER = list(dict.fromkeys(PHASES.values()))
_TIME = re.compile(r'"(begun_at|finished_at|fetched_at|full_at)": "[^"]*"')


class Lines:
    """Counts the lines of each phase, and kills this process at one of them."""

    def __init__(self, at=None):
        self.counts = Counter()
        self._at = at
        self._open = []

    def __call__(self, frame, event, _):
        phase = PHASES.get(frame.f_code.co_qualname)
        if phase is None and not self._open:
            return None
        inside = phase or self._open[-1]
        if phase is not None:
            self._open.append(phase)

        def line(_, event, __):
            if event == "line":
                self.counts[inside] += 1
                if self._at == (inside, self.counts[inside]):
                    os.kill(os.getpid(), signal.SIGKILL)
            elif event == "return" and phase is not None:
                self._open.pop()
            return line

        return line


def export(url, key, folder, lines=None):
    """Make an export, or go on with one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with omnipd.connect(url, key, requests_per_minute=None) as client:
            client.in_flight = lambda: (
                1
            )  # a kill costs what is under way, however slow the machine is
            before = sys.gettrace()
            sys.settrace(lines)
            try:
                omnipd.export_inventory(
                    folder,
                    include=INCLUDE,
                    scope="organization",
                    format="csv",
                    keep=1,
                    client=client,
                )
            finally:
                sys.settrace(before)


def named(folder):
    """Return the exports that have their names."""
    return {one.name: one for one in folder.iterdir() if one.is_dir() and one.name[0] != "."}


def bytes_of(export):
    """Return the files of an export, the manifest without its times."""
    files = {one.name: one.read_bytes() for one in export.iterdir()}
    files["manifest.json"] = _TIME.sub("", files["manifest.json"].decode()).encode()
    return files


def faults_in(folder, before, expected):
    """Return what is wrong in a folder of exports, whatever was killed in it."""
    faults = []
    exports = named(folder)
    for name, export in exports.items():
        if name != before and bytes_of(export) != expected:
            faults.append(f"{name} is not the export that nobody disturbed")
    if json.loads((folder / "latest.json").read_bytes())["export"] not in exports:
        faults.append("latest.json names none that is there")
    others = {one.name for one in folder.iterdir() if one.name[0] != "."}
    if others != {*exports, "latest.json"}:
        faults.append(f"there is more: {sorted(others)}")
    return faults


class Trial:
    """Exports to be killed, and what came of them."""

    def __init__(self, server, top):
        self._server = server
        self._top = top
        self._chance = random.Random(11)
        self._fork = multiprocessing.get_context("fork")
        self.kills = Counter()
        self.repeated = Counter()
        self.faults = []
        self._first = top / "first"
        self._empty_cache("first")
        export(server.url, server.api_key, self._first)
        [self._before] = named(self._first)
        self._wait()
        since, lines, undisturbed = len(server.requests), Lines(), top / "undisturbed"
        shutil.copytree(self._first, undisturbed)
        self._empty_cache("undisturbed")
        export(server.url, server.api_key, undisturbed, lines)
        [whole] = named(undisturbed).values()
        self._expected = bytes_of(whole)
        self._calls = len(server.requests) - since
        self.lines = lines.counts

    def run(self, number):
        """Kill an export until it has had its kills, or is finished; return how many it had."""
        folder, since = self._top / f"export-{number}", len(self._server.requests)
        shutil.copytree(self._first, folder)
        self._empty_cache(number)
        phases = sorted(self._chance.choices(ORDER, k=KILLS), key=ORDER.index)
        had, tries = 0, 0
        while had < KILLS and not self._is_finished(folder):
            phase = phases[had]
            had += self._killed(folder, phase)
            self.faults += [
                f"{folder.name}, {phase}: {one}"
                for one in faults_in(folder, self._before, self._expected)
            ]
            tries += 1
        if not self._is_finished(folder):
            child = self._child(folder)
            child.join()
        if not self._is_finished(folder):
            self.faults.append(f"{folder.name} is not finished")
        self.faults += faults_in(folder, self._before, self._expected)
        asked = len(self._server.requests) - since
        self.repeated[asked - self._calls] += 1
        if asked - self._calls > had:
            self.faults.append(f"{folder.name}: {asked - self._calls} repeated calls, {had} kills")
        shutil.rmtree(folder)
        return had

    def _killed(self, folder, phase):
        """Kill an export in a phase, if it comes to it; return whether it was killed."""
        if phase == READING:
            until = len(self._server.requests) + self._chance.randrange(1, self._calls)
            child = self._child(folder)
            while child.is_alive() and len(self._server.requests) < until:
                child.join(0.001)
            child.join(self._chance.uniform(0.0, 0.02))
            child.kill()
        else:
            line = self._chance.randrange(1, self.lines[phase] + 1)
            child = self._child(folder, Lines((phase, line)))
        child.join()
        killed = child.exitcode == -signal.SIGKILL
        self.kills[phase] += killed
        return killed

    def _child(self, folder, lines=None):
        given = (self._server.url, self._server.api_key, folder, lines)
        child = self._fork.Process(target=export, args=given)
        child.start()
        return child

    def _is_finished(self, folder):
        latest = json.loads((folder / "latest.json").read_bytes())["export"]
        return latest != self._before

    def _empty_cache(self, name):
        os.environ["OMNIPD_CACHE_DIR"] = f"{self._top}/cache-{name}"

    @staticmethod
    def _wait():
        """Let the next export have another name than the one before it."""
        time.sleep(1.0 - time.time() % 1.0)


def main() -> int:
    """Run the trial and say what came of it."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    with (
        Server(size="tiny", documents=30, folders=6) as server,
        tempfile.TemporaryDirectory() as top,
    ):
        os.environ["OMNIPD_STATE_DIR"] = f"{top}/state"
        trial = Trial(server, Path(top))
        had = Counter()
        number = 0
        while had[KILLS] < count:
            had[trial.run(number)] += 1
            number += 1
    for fault in trial.faults:
        print(fault)
    print("Lines by phase:", dict(trial.lines))
    print("Kills by phase:", {phase: trial.kills[phase] for phase in ORDER})
    print("Exports by kills:", dict(sorted(had.items())))
    print("Exports by repeated calls:", dict(sorted(trial.repeated.items())))
    print(f"{number} exports, {trial.kills.total()} kills; {len(trial.faults)} faults.")
    return 1 if trial.faults else 0


if __name__ == "__main__":
    sys.exit(main())
