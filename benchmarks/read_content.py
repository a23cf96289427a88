"""Time read_content() beside requests + json() + pandas.json_normalize on the same pages.

    python benchmarks/read_content.py [--records 10000 100000] [--rounds 7]

The server costs next to nothing: pages are made and compressed beforehand, and sent from memory
over one connection. Peak memory is counted above what the process held after its imports.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
import time

import side_by_side

PAGE = 100


def record(number: int) -> dict[str, object]:
    """Return a content record as live servers send it: labels as objects, and a key more than known."""
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
        "labels": [
            {"name": "finance", "verified": True},
            {"name": "weekly", "verified": False},
        ][: number % 3],
        "pinned": number % 5 == 0,
        "_count": {"favorites": number % 17, "views": number % 1999},
        "visits": number % 5003,
        "lastViewedAt": f"2025-{number % 12 + 1:02d}-{number % 28 + 1:02d}T08:30:00.{number % 1000:03d}Z",
        "updatedAt": f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d}T10:15:00.{number % 1000:03d}Z",
        "url": f"https://acme.omniapp.co/dashboards/doc{number:08x}",
    }


class Pages:
    """The answers to a list of so many records, page by page."""

    def __init__(self, records: int) -> None:
        self._answers = [self._page(start, records) for start in range(0, records, PAGE)]

    @staticmethod
    def _page(start: int, records: int) -> bytes:
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
        return side_by_side.ok(body, "Content-Type: application/json", "Content-Encoding: gzip")

    def answer(self, first: bytes) -> bytes:
        """Return the page that a request asks for."""
        _, _, cursor = first.partition(b"cursor=")
        return self._answers[int(cursor.split(b"&")[0].split(b" ")[0]) if cursor else 0]


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

    import omnipd.readers.content  # noqa: F401

    peak, start = side_by_side.Peak(), time.perf_counter()
    rows = {"omnipd": with_omnipd, "by hand": by_hand}[who](url)
    side_by_side.report(rows, time.perf_counter() - start, peak)


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
        server = side_by_side.ReadyServer(Pages(records).answer)
        found = side_by_side.rounds(
            __file__, ("by hand", "omnipd"), [server.url], records, given.rounds
        )
        cells = [f"{records:,}"]
        for what in (0, 1):
            cells += [
                f"{side_by_side.median(found, who, what):.2f}" for who in ("by hand", "omnipd")
            ]
            cells.append(f"{side_by_side.ratio(found, 'omnipd', 'by hand', what):.2f}")
        reads = 2 * given.rounds
        cells += [f"{server.requests / reads:g}", f"{server.connections / reads:g}"]
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
