"""Tries long fan-outs against a sandbox that misbehaves: ``python -m tests.long_reads 500``.

The number is what the server allows in a minute. Each answer takes 150 ms, one in five a second longer,
one in twenty is a reset, and every now and then all are 429 for some seconds, with Retry-After or without.
The access lists of a thousand documents have to arrive as they are without all that.

The time that the limit allows is that of all requests that arrived, a minute for so many as it says. A
request that is answered 429 is one of them, since Omni may count it. A storm gives no further time: what
it held back may be sent in the same minute, as soon as it is over.

``--processes 6`` reads with six that share key and state folder, each a sixth of the documents of four
minutes with a checkpoint of its own; they are killed at random and go on. ``--redis`` counts in Redis:
every second process reaches it by another name, and has another state folder.
"""

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))

from arrivals import most_in_a_minute, used_of
from redis_server import RedisServer
from scripted_server import ScriptedServer, answer, reset

import omnipd
from omnipd_sandbox.server import Server

DOCUMENTS = 1000
MINUTES_OF_SEVERAL = 4
LATENCY, SLOW = 0.15, 1.0
#: Seconds from the end of a storm to the next, and before the first; how long one is.
BETWEEN_STORMS, BEFORE_STORMS, STORM, RETRY_AFTER = (30.0, 90.0), 10.0, 4.0, 3
#: Seconds after the first 429 of a storm in which nothing may arrive: what was under way has, and no
#: client comes back yet.
HELD = 0.5, 3.0
SLOWEST, LEAST_USED = 1.1, 0.9
WORK = """
import json, os, sys, warnings, omnipd
warnings.simplefilter("ignore", omnipd.OmniWarning)
names = json.loads(open(sys.argv[1]).read())
limit, checkpoint, target = int(sys.argv[2]), sys.argv[3], sys.argv[4]
client = omnipd.connect(cache=False, requests_per_minute=limit)
frame = omnipd.read_document_access(names, client=client, checkpoint=checkpoint)
frame.to_pickle(target + ".part")
os.replace(target + ".part", target)
"""


class Misbehaving:
    """Stands before a sandbox: passes its answers on, at first as they are, then in its own ways.

    What it has passed on once it knows, so that a sandbox that is slow counts for nothing afterwards.
    """

    def __init__(self, sandbox: Server) -> None:
        self.behaves = True
        self.arrived: list[float] = []
        self.refused = self.reset = 0
        #: When each storm began, and when it and the waits were over that it asked for.
        self.storms: list[tuple[float, float]] = []
        self._sandbox = sandbox
        self._known: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._random = random.Random(7)
        self._storm_from: float | None = None
        self._storm_until = 0.0

    def __call__(self, target: str):
        return self._passed_on(target) if self.behaves else self._spoiled(target)

    def _passed_on(self, target: str) -> bytes:
        if target not in self._known:
            key = {"Authorization": f"Bearer {self._sandbox.api_key}"}
            asked = urllib.request.Request(self._sandbox.url + target, headers=key)
            with urllib.request.urlopen(asked) as reply:
                self._known[target] = answer(reply.read())
        return self._known[target]

    def _spoiled(self, target: str):
        with self._lock:
            now = time.monotonic()
            self.arrived.append(now)
            chance = self._random.random()
            if self._storm_from is None:
                self._storm_from = now + BEFORE_STORMS
            # It begins with a request, so that it is met, whenever that comes.
            if now >= self._storm_from:
                self.storms.append((now, now + STORM))
                self._storm_until = now + STORM
                self._storm_from = now + STORM + self._random.uniform(*BETWEEN_STORMS)
            stormy, says_when = now < self._storm_until, len(self.storms) % 2 == 1
            self.refused += stormy
            self.reset += chance < 0.05 and not stormy
            if stormy and says_when:
                over = max(self._storm_until, now + LATENCY + RETRY_AFTER)
                self.storms[-1] = (self.storms[-1][0], over)
        time.sleep(LATENCY)
        if stormy:
            advice = {"Retry_After": str(RETRY_AFTER)} if says_when else {}
            return answer(b"<html>429</html>", 429, "text/html", **advice)
        if chance < 0.05:
            return reset
        if chance < 0.25:
            time.sleep(SLOW)
        return self._passed_on(target)

    def came_while_held(self) -> int:
        """Return how many arrived although the first 429 of a storm had told all to wait."""
        first, last = HELD
        return sum(
            began + first < at < began + last for began, _ in self.storms for at in self.arrived
        )


class Reader:
    """A process that reads the access lists of some documents, and goes on where it was killed."""

    def __init__(
        self, names: list[str], limit: int, folder: Path, settings: dict[str, str]
    ) -> None:
        folder.mkdir()
        (folder / "names").write_text(json.dumps(names), encoding="utf-8")
        self._result = folder / "result.pickle"
        self._errors = folder / "errors"
        files = (folder / "names", limit, folder / "checkpoint", self._result)
        self._command = [sys.executable, "-c", WORK, *map(str, files)]
        self._settings = os.environ | settings
        self._start()

    def _start(self) -> None:
        with self._errors.open("ab") as errors:
            self._process = subprocess.Popen(self._command, env=self._settings, stderr=errors)

    def goes_on(self) -> bool:
        """Whether it still reads; raise where it has ended in an error."""
        ended = self._process.poll()
        if ended:
            raise SystemExit(self._errors.read_text(encoding="utf-8"))
        return ended is None

    def kill(self) -> None:
        """Kill it, wherever it is, and start it again."""
        self.end()
        self._start()

    def end(self) -> None:
        """Kill it for good."""
        self._process.kill()
        self._process.wait()

    def frame(self) -> pd.DataFrame:
        """Return what it has read."""
        return pd.read_pickle(self._result)


def read_and_kill(readers: list[Reader]) -> tuple[int, float]:
    """Kill readers at random until all have read all; return how often, and when the first had."""
    kills, first_ended = 0, None
    chance = random.Random(11)
    next_kill = time.monotonic()
    while running := [reader for reader in readers if reader.goes_on()]:
        now = time.monotonic()
        if len(running) < len(readers) and first_ended is None:
            first_ended = now
        if len(readers) > 1 and now >= next_kill:
            # Of all, so that those that still read are not killed more often than before.
            if (one := chance.choice(readers)) in running:
                one.kill()
                kills += 1
            next_kill = now + chance.uniform(2.0, 10.0)
        time.sleep(0.05)
    return kills, first_ended or time.monotonic()


def settings_of(
    sandbox: Server, url: str, folder: Path, redis: RedisServer | None
) -> Iterator[dict[str, str]]:
    """Yield what each next process finds in its environment."""
    shared = {"OMNI_BASE_URL": url, "OMNI_API_KEY": sandbox.api_key}
    for host in itertools.cycle(("127.0.0.1", "localhost")):
        if redis is None:
            yield shared | {"OMNIPD_STATE_DIR": str(folder / "state")}
        else:
            yield shared | {
                "OMNIPD_STATE_DIR": str(folder / f"state-{host}"),
                "OMNIPD_LIMITER": f"redis://{host}:{redis.port}/0",
            }


def run(limit: int, processes: int, folder: Path, redis: RedisServer | None) -> int:
    """Run the trial, print what was found, and return 1 if it is not what was promised."""
    count = DOCUMENTS if processes == 1 else MINUTES_OF_SEVERAL * limit
    os.environ |= {f"OMNIPD_{name}_DIR": str(folder / name) for name in ("CACHE", "STATE")}
    with Server(size="tiny", documents=2 * count) as sandbox, ScriptedServer() as server:
        behavior = server.by_target = Misbehaving(sandbox)
        with omnipd.connect(server.url, sandbox.api_key, requests_per_minute=None) as client:
            names = omnipd.read_documents(limit=count, client=client)[
                "document_identifier"
            ].tolist()
            expected = omnipd.read_document_access(names, client=client)
        parts = [names[number::processes] for number in range(processes)]
        behavior.behaves = False
        settings = settings_of(sandbox, server.url, folder, redis)
        readers = [
            Reader(part, limit, folder / f"reader-{number}", next(settings))
            for number, part in enumerate(parts)
        ]
        try:
            kills, first_ended = read_and_kill(readers)
        finally:
            for reader in readers:
                reader.end()
        ended = time.monotonic()
    arrived = sorted(behavior.arrived)
    wrong = sum(
        not reader.frame().equals(_rows_of(part, expected))
        for reader, part in zip(readers, parts, strict=True)
    )
    most, late = most_in_a_minute(arrived), behavior.came_while_held()
    print(
        f"{len(expected):,} rows of {count:,} documents; wrong or missing in {wrong} of {processes} reads"
    )
    print(
        f"{len(arrived):,} requests: {behavior.refused} answered 429, in {len(behavior.storms)} storms;",
        end=" ",
    )
    print(f"{behavior.reset} reset. {late} came while a 429 held all. {kills} kills.")
    print(f"At most {most} of {limit} in any 60 s.")
    good = not wrong and not late and behavior.refused > 0 and most <= limit
    if processes == 1:
        took, allowed = ended - arrived[0], 60 * len(arrived) / limit
        print(
            f"{took:.0f} s; {limit} a minute allow so many in {allowed:.0f} s: {took / allowed:.3f} of that."
        )
        return int(not (good and took <= SLOWEST * allowed))
    used = used_of(limit, arrived, arrived[0] + 60.0, first_ended, behavior.storms)
    print(
        f"Used of the limit in {first_ended - arrived[0]:.0f} s, while all read and no 429 held: {used:.1%}."
    )
    return int(not (good and used >= LEAST_USED))


def _rows_of(names: list[str], frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of some documents, in their order."""
    groups = dict(list(frame.groupby("document_identifier", sort=False)))
    return pd.concat([groups[name] for name in names if name in groups], ignore_index=True)


def main() -> int:
    """Run it with what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("limit", type=int, nargs="?", default=500)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--redis", action="store_true")
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = stack.enter_context(RedisServer()) if asked.redis else None
        return run(asked.limit, asked.processes, folder, redis)


if __name__ == "__main__":
    sys.exit(main())
