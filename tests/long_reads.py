"""Tries a long fan-out against a server that misbehaves: ``python -m tests.long_reads 500``.

The number is what the server allows in a minute; it counts what arrives. Each answer takes 150 ms, one in
five a second longer, one in twenty is a reset, and now and then all are 429 for some seconds. A thousand
access lists have to arrive complete, in the time that the limit allows plus a tenth, and never more than
the limit in any 60 s.
"""

import os
import random
import sys
import tempfile
import threading
import time
import warnings
from bisect import bisect_right
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from scripted_server import ScriptedServer, answer, reset

import omnipd

DOCUMENTS = 1000
LATENCY, SLOW = 0.15, 1.0
STORM_EVERY, STORM = 60.0, 2.0


class Misbehaving:
    """Answers one principal for each document, in its own time."""

    def __init__(self, limit: int) -> None:
        self.arrived: list[float] = []
        self.refused = self.reset = 0
        self._limit = limit
        self._lock = threading.Lock()
        self._random = random.Random(7)
        self._began = time.monotonic()

    def __call__(self, target: str):
        now = time.monotonic()
        with self._lock:
            self.arrived.append(now)
            chance = self._random.random()
        if (now - self._began) % STORM_EVERY > STORM_EVERY - STORM:
            self.refused += 1
            return answer({"detail": "Too many requests", "status": 429}, 429, Retry_After="1")
        if chance < 0.05:
            self.reset += 1
            return reset
        time.sleep(LATENCY + (SLOW if chance < 0.25 else 0.0))
        name = target.split("/")[4]
        who = {"id": f"m-{name}", "type": "user", "role": "VIEWER", "accessSource": "direct"}
        info = {"hasNextPage": False, "nextCursor": None, "pageSize": 100, "totalRecords": 1}
        return answer({"principals": [who], "pageInfo": info})

    def most_in_a_minute(self) -> int:
        """Return the largest number of requests that arrived in any 60 s."""
        times = sorted(self.arrived)
        return max(bisect_right(times, at + 60.0) - place for place, at in enumerate(times))


def main() -> int:
    """Run the trial and say what came of it."""
    limit = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    names = [f"d{number}" for number in range(DOCUMENTS)]
    behavior = Misbehaving(limit)
    with tempfile.TemporaryDirectory() as folder, ScriptedServer() as server:
        server.by_target = behavior
        os.environ["OMNIPD_STATE_DIR"] = str(Path(folder) / "state")
        client = omnipd.connect(
            server.url,
            "omni_osk_of_the_trial",
            cache=False,
            requests_per_minute=limit,
        )
        began = time.monotonic()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", omnipd.OmniWarning)
            frame = omnipd.read_document_access(
                names, client=client, checkpoint=Path(folder) / "checkpoint"
            )
        took = time.monotonic() - began
    requests, most = len(behavior.arrived), behavior.most_in_a_minute()
    # The first minute's requests need not wait.
    allowed = 60 * requests / limit
    print(f"{len(frame):,} rows of {DOCUMENTS:,} in {took:.0f} s; {requests:,} requests", end=" ")
    print(
        f"({behavior.refused} answered 429, {behavior.reset} reset), which {limit} a minute allow in"
    )
    print(f"{allowed:.0f} s: {took / allowed:.2f} of that. At most {most} in 60 s.")
    whole = frame["document_identifier"].tolist() == names
    return 0 if whole and most <= limit and took <= 1.1 * allowed else 1


if __name__ == "__main__":
    sys.exit(main())
