"""Counts what an export since the last one costs where nothing has changed: ``python -m tests.unchanged_exports``.

Or ``… 50 500`` for Omnis of so many documents. Each export begins without a cache, as on the next night.
"""

import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import omnipd
from omnipd_sandbox.server import Server

SIZES = [50, 500, 5000]
ASKED: list[dict[str, Any]] = [{}, {"scope": "organization"}, {"include": "all"}]


def requests_of(server: Server, folder: Path, number: int, asked: dict[str, Any]) -> int:
    """Make an export since the last one, and return how many requests it took."""
    cache = folder / f"cache-{number}"
    with omnipd.connect(
        server.url, server.api_key, requests_per_minute=None, cache_dir=cache
    ) as client:
        # A connection may be to a database that knows no dbt.
        omnipd.export_inventory(
            folder / "exports", since="last", errors="collect", client=client, **asked
        )
        return client.requests_sent


def main() -> int:
    """Count, and print a table."""
    warnings.simplefilter("ignore", omnipd.OmniWarning)
    print("| Documents | Folders | Asked for | All | Nothing has changed | Share |")
    print("|---|---|---|---|---|---|")
    for size in map(int, sys.argv[1:] or SIZES):
        with Server(documents=size, folders=size // 10) as server:
            for asked in ASKED:
                with tempfile.TemporaryDirectory() as top:
                    full, same = (
                        requests_of(server, Path(top), number, asked) for number in range(2)
                    )
                said = ", ".join(f"`{name}={value!r}`" for name, value in asked.items())
                print(
                    f"| {size:,} | {size // 10:,} | {said or 'what is usual'} "
                    f"| {full:,} | {same:,} | {same / full:.1%} |",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
