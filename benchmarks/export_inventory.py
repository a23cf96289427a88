"""Measure what an export of a large organization takes, above what its process held after its imports.

    python benchmarks/export_inventory.py [--include content documents] [--scope all]

The organization is that of ``Server(size="large")``, with 100,000 documents and 10,000 folders, or with
`--documents` and `--folders` of them, in a process of its own. Peak memory is that of the exporting
process alone, where it has loaded all that an export needs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import side_by_side


def serve(knobs: dict[str, Any], said: Any) -> None:
    """Serve an organization until something is said."""
    from omnipd_sandbox.server import Server

    with Server(size="large", **knobs) as server:
        said.send((server.url, server.api_key))
        said.recv()


def load_all() -> None:
    """Load what an export needs, so that it is no part of the figure."""
    import openpyxl  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow.compute
    import pyarrow.csv
    import pyarrow.parquet  # noqa: F401

    import omnipd.admin.export_inventory
    import omnipd.admin.open_export
    import omnipd.pytest_plugin  # noqa: F401


def measure(url: str, key: str, scope: str, format_: str, *include: str) -> None:
    """Do the work of one process, and print rows, seconds, MB and CPU seconds."""
    load_all()
    import omnipd

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", omnipd.OmniWarning)
        client = omnipd.connect(url, key, requests_per_minute=None, cache_dir=f"{folder}/cache")
        peak, start = side_by_side.Peak(), time.perf_counter()
        export = omnipd.export_inventory(
            f"{folder}/omni",
            include=list(include) or None,
            scope=scope,
            format=format_,
            errors="collect",
            client=client,
        )
        seconds = time.perf_counter() - start
        megabytes, cpu = peak.megabytes(), time.process_time() - peak.started
        tables = omnipd.open_export(Path(folder) / "omni").manifest["tables"]
        for name, table in tables.items():
            size = (Path(export) / table["file"]).stat().st_size / 1e6
            print(
                f"  {name}: {table['rows']:,} rows, {table['requests']:,} requests, {size:.1f} MB"
            )
        requests = sum(table["requests"] for table in tables.values())
    print(f"{requests:,} requests, {seconds:.0f} s ({cpu:.0f} s of CPU), peak {megabytes:.0f} MB")


def main() -> None:
    """Serve, and measure one export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--include", nargs="*", default=["content", "documents", "folders"])
    parser.add_argument("--scope", default="organization", choices=["all", "organization"])
    parser.add_argument("--format", default="parquet", choices=["parquet", "csv", "xlsx"])
    parser.add_argument("--documents", type=int)
    parser.add_argument("--folders", type=int)
    parser.add_argument("--server", nargs=2, metavar=("URL", "KEY"), help="one that runs already")
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(*given.measure)
        return
    knobs = {
        name: getattr(given, name) for name in ("documents", "folders") if getattr(given, name)
    }
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(knobs, there))
    if given.server is None:
        process.start()
        given.server = here.recv()
    command = [sys.executable, __file__, "--measure", *given.server, given.scope, given.format]
    try:
        subprocess.run([*command, *given.include], check=True)
    finally:
        if process.pid is not None:
            here.send("done")
            process.join()


if __name__ == "__main__":
    main()
