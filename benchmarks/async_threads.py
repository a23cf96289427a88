"""Measure whether queries in threads of asyncio use what a key is allowed, beside `run_queries`.

    python benchmarks/async_threads.py [--queries 1000] [--limit 500] [--latency 0.15] [--threads 16]

Each program asks so many queries of a server that answers after so many seconds, under a limit that is
counted in a folder of its own. `to_thread` is `asyncio.gather` of `asyncio.to_thread(omnipd.run_query, …)`
with so many threads, by default as many as asyncio makes by itself; `run_queries` is the engine with 16 in
flight. The two run at the same time, each in a process of its own: they wait, and hardly compute.
"""

from __future__ import annotations

import argparse
import asyncio
import concurrent.futures
import os
import subprocess
import sys
import tempfile
import time
from unittest import mock

import run_query
import side_by_side


def measure(program: str, queries: int, limit: int, latency: float, threads: int | None) -> None:
    """Ask all queries as one program does, and print how long it took."""
    import omnipd

    ready = run_query.answer(run_query.arrow_stream(10), 10, emoji=False)

    def answer(_: bytes) -> bytes:
        time.sleep(latency)
        return ready

    server = side_by_side.ReadyServer(answer)
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.dict(os.environ, OMNIPD_STATE_DIR=folder),
    ):
        client = omnipd.connect(
            server.url, "k" * 40, requests_per_minute=limit, cache=False, cache_dir=folder
        )
        client.progress = False
        asked = [run_query.QUERY] * queries

        async def in_threads() -> None:
            if threads is not None:
                executor = concurrent.futures.ThreadPoolExecutor(threads)
                asyncio.get_running_loop().set_default_executor(executor)
            one = [asyncio.to_thread(omnipd.run_query, each, client=client) for each in asked]
            await asyncio.gather(*one)

        start = time.perf_counter()
        if program == "to_thread":
            asyncio.run(in_threads())
        else:
            omnipd.run_queries(asked, max_workers=16, client=client)
        seconds = time.perf_counter() - start
    print(f"{program}: {server.requests} requests in {seconds:.1f} s")


def main() -> None:
    """Run both programs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--limit", type=int, default=500)
    parser.add_argument("--latency", type=float, default=0.15)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--program", choices=["to_thread", "run_queries"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.program:
        measure(given.program, given.queries, given.limit, given.latency, given.threads)
        return
    counts = ["--queries", given.queries, "--limit", given.limit, "--latency", given.latency]
    running = []
    for program in ("to_thread", "run_queries"):
        counts += ["--threads", given.threads] if given.threads and program == "to_thread" else []
        command = [sys.executable, __file__, *map(str, counts), "--program", program]
        running.append(subprocess.Popen(command))
    if any(one.wait() for one in running):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
