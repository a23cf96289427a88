"""Time read_content() beside requests + json() + pandas.json_normalize on the same pages.

    python benchmarks/read_content.py [--records 10000 100000] [--rounds 7]

The server costs next to nothing: pages are made and compressed beforehand, and sent from memory
over one connection. Each measurement is a process of its own; the two take turns, and the ratios
are those of the same round. Peak memory is counted above what the process held after its imports.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

PAGE = 100


def record(number: int) -> dict[str, object]:
    """Return a content record with everything that Omni sends of a document."""
    return {
        "type": "document",
        "identifier": f"doc{number:08x}",
        "name": f"Monthly metrics {number}, region {number % 97}",
        "scope": "organization",
        "owner": {
            "id": f"{number % 211:08x}-0000-4000-8000-000000000000",
            "name": f"Person {number % 211}",
        },
        "connectionId": "1d7fb2e6-c340-4958-a92d-6b8f03e17ca5",
        "deleted": False,
        "description": None if number % 3 else f"What happened in month {number % 12}.",
        "folder": None
        if number % 7 == 0
        else {
            "id": f"{number % 61:08x}-0000-4000-8000-000000000000",
            "name": f"Folder {number % 61}",
            "path": f"finance/folder-{number % 61}",
            "scope": "organization",
        },
        "hasDashboard": bool(number % 4),
        "hasApp": False,
        "labels": ["finance", "weekly"][: number % 3],
        "_count": {"favorites": number % 17, "views": number % 1999},
        "visits": number % 5003,
        "lastViewedAt": f"2025-{number % 12 + 1:02d}-{number % 28 + 1:02d}T08:30:00.{number % 1000:03d}Z",
        "updatedAt": f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d}T10:15:00.{number % 1000:03d}Z",
        "url": f"https://acme.omniapp.co/dashboards/doc{number:08x}",
    }


class Pages:
    """A server that has every answer ready."""

    def __init__(self, records: int) -> None:
        self._answers = [self._answer(start, records) for start in range(0, records, PAGE)]
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests = self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @staticmethod
    def _answer(start: int, records: int) -> bytes:
        end = min(start + PAGE, records)
        more = end < records
        info = {
            "hasNextPage": more,
            "nextCursor": str(end // PAGE) if more else None,
            "pageSize": PAGE,
            "totalRecords": records,
        }
        page = {"records": [record(number) for number in range(start, end)], "pageInfo": info}
        body = gzip.compress(json.dumps(page).encode(), 6)
        head = f"Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}"
        return f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + body

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            self.connections += 1
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            while first := stream.readline():
                while stream.readline() not in {b"\r\n", b""}:
                    """Skip the headers."""
                self.requests += 1
                _, _, cursor = first.partition(b"cursor=")
                number = int(cursor.split(b"&")[0].split(b" ")[0]) if cursor else 0
                connection.sendall(self._answers[number])


def peak_mb() -> float:
    """Return the largest memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def with_omnipd(url: str) -> int:
    """Read the list with omnipd, without its cache."""
    import omnipd

    client = omnipd.connect(
        url, "key", cache=False, requests_per_minute=None, cache_dir=tempfile.gettempdir()
    )
    return len(omnipd.read_content(client=client))


def by_hand(url: str) -> int:
    """Read the list as one would without omnipd."""
    import pandas as pd
    import requests

    session = requests.Session()
    session.headers["Authorization"] = "Bearer key"
    records: list[object] = []
    params = {"include": "_count,labels", "pageSize": str(PAGE)}
    while True:
        page = session.get(f"{url}/api/v1/content", params=params).json()
        records += page["records"]
        if not page["pageInfo"]["hasNextPage"]:
            return len(pd.json_normalize(records))
        params["cursor"] = page["pageInfo"]["nextCursor"]


def measure(who: str, url: str) -> None:
    """Do the work of one process, and print rows, seconds and MB."""
    import numpy  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow.compute  # noqa: F401
    import requests  # noqa: F401

    import omnipd.content  # noqa: F401

    before, start = peak_mb(), time.perf_counter()
    rows = {"omnipd": with_omnipd, "by hand": by_hand}[who](url)
    print(rows, time.perf_counter() - start, peak_mb() - before)


def main() -> None:
    """Compare the two at every size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(*given.measure)
        return
    print(
        "| records | by hand, s | omnipd, s | ratio | by hand, MB | omnipd, MB | ratio | requests | connections |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for records in given.records:
        server = Pages(records)
        rounds: list[dict[str, tuple[float, float]]] = []
        for _ in range(given.rounds):
            took: dict[str, tuple[float, float]] = {}
            for who in ("by hand", "omnipd"):
                before = server.requests, server.connections
                command = [sys.executable, __file__, "--measure", who, server.url]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                rows, seconds, megabytes = done.stdout.split()
                if int(rows) != records:
                    raise SystemExit(f"{who} read {rows} of {records}")
                took[who] = float(seconds), float(megabytes)
                counted = server.requests - before[0], server.connections - before[1]
            rounds.append(took)
        columns = [
            f"{statistics.median(took[who][what] for took in rounds):.2f}"
            for what in (0, 1)
            for who in ("by hand", "omnipd")
        ]
        ratios = [
            f"{statistics.median(took['omnipd'][what] / took['by hand'][what] for took in rounds):.2f}"
            for what in (0, 1)
        ]
        cells = [
            f"{records:,}",
            *columns[:2],
            ratios[0],
            *columns[2:],
            ratios[1],
            *map(str, counted),
        ]
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
