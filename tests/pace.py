"""Tries the pace of a key under six processes: ``python -m tests.pace``, or ``… 400`` for as many seconds.

They share a key and two cache folders, and send as fast as they may. They are killed and started again
at random, and early on the request log is overwritten, deleted and locked. What counts is what arrives.
"""

import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from arrivals import most_in_a_minute, used_of
from scripted_server import ScriptedServer, answer

LIMIT = 60
PROCESSES = 6
LOCKED_SECONDS = 12.0
WINDOW = 60.5
LEAST_USED = 0.9
WORK = """
import os, random, time, omnipd
client = omnipd.connect(cache=False)
while True:
    client.get("/api/v1/whoami")
    # So that places become free one by one, and not all at once, when something goes wrong.
    if time.time() < float(os.environ["SLOW_UNTIL"]):
        time.sleep(random.uniform(2, 10))
"""


class Processes:
    """Six programs that send as fast as they may; half of them have another cache folder."""

    def __init__(self, url: str, folder: Path) -> None:
        self._folder = folder
        self._errors = (folder / "errors").open("wb")
        self._settings = {
            "OMNI_BASE_URL": url,
            "OMNI_API_KEY": "omni_osk_of_the_trial",
            "OMNIPD_STATE_DIR": str(folder / "state"),
            "SLOW_UNTIL": str(time.time() + 60),
        }
        self._running = [self._start(number) for number in range(PROCESSES)]
        self.killed = 0

    def _start(self, number: int) -> subprocess.Popen[bytes]:
        cache = {"OMNIPD_CACHE_DIR": str(self._folder / f"cache-{number % 2}")}
        return subprocess.Popen(
            [sys.executable, "-c", WORK],
            env=os.environ | self._settings | cache,
            stderr=self._errors,
        )

    def kill_one(self) -> None:
        """Kill any of them, wherever it is, and start another in its place."""
        number = random.randrange(PROCESSES)
        self._running[number].kill()
        self._running[number].wait()
        self._running[number] = self._start(number)
        self.killed += 1

    def end(self) -> list[str]:
        """Kill all, and return what they have complained of that is no warning."""
        for process in self._running:
            process.kill()
            process.wait()
        self._errors.close()
        return [
            line
            for line in (self._folder / "errors").read_text(encoding="utf-8").splitlines()
            if "Error" in line and "OmniWarning" not in line
        ]


def overwrite(log: Path, start: int, length: int) -> None:
    """Write junk over a part of the log."""
    with log.open("r+b") as file:
        file.seek(start)
        file.write(os.urandom(length))


def lock(log: Path) -> sqlite3.Connection:
    """Lock the log for everybody else."""
    connection = sqlite3.connect(log, timeout=5, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def run(seconds: float, folder: Path) -> int:
    """Run the trial, print what was found, and return 1 if it is not what was promised."""
    arrivals: list[float] = []
    with ScriptedServer() as server:

        def arrived(_target: str) -> bytes:
            arrivals.append(time.monotonic())
            return answer({})

        server.by_target = arrived
        processes = Processes(server.url, folder)
        began = time.monotonic()
        held = None
        wrongs = [
            (0.31, "overwritten at its head", lambda log: overwrite(log, 0, 100)),
            (0.37, "overwritten in its entries", lambda log: overwrite(log, 5000, 3000)),
            (0.43, "deleted", Path.unlink),
            (0.46, "locked", lock),
        ]
        next_kill = 0.0
        while (now := time.monotonic() - began) < seconds:
            if wrongs and now >= wrongs[0][0] * seconds:
                _, what, wrong = wrongs.pop(0)
                [log] = (folder / "state" / "limiter").glob("*.sqlite")
                held = wrong(log)
                print(f"{now:5.0f} s: {len(arrivals)} arrived, the log is {what}", flush=True)
                free_at = now + LOCKED_SECONDS if held else now
            if held and now >= free_at:
                held.close()
                held = None
                print(f"{now:5.0f} s: {len(arrivals)} arrived, the log is free", flush=True)
            if now >= next_kill:
                processes.kill_one()
                next_kill = now + random.uniform(1.0, 5.0)
            time.sleep(0.1)
        ended = time.monotonic()
        errors = processes.end()
    arrivals.sort()
    most = most_in_a_minute(arrivals)
    used = used_of(LIMIT, arrivals, began + free_at + WINDOW, ended)
    print(f"{len(arrivals)} arrived in {seconds:.0f} s; {processes.killed} processes were killed")
    print(f"most in any 60 s: {most} of {LIMIT}")
    print(f"used of the limit in a minute in which nothing was wrong: {used:.1%}")
    print("\n".join(errors[:20]) or "no errors")
    return int(most > LIMIT or used < LEAST_USED or bool(errors))


def main() -> int:
    """Run it for as long as the command line says."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 200.0
    if seconds < 200.0:
        print("The last fault has to be followed by minutes without one: give it 200 s or more.")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        return run(seconds, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
