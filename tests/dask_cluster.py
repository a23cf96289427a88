"""Reads a query with the workers of a Dask cluster: ``python -m tests.dask_cluster``, or ``… 1000 --by month``.

The number is what Omni allows in a minute, 240 by default. Three worker processes read the flights of 2013
and 2014 in pieces through one limit, 730 days or 24 months; one of them is killed in the middle. What comes
has to be the one query, row for row, in their order. In no 60 s may more than the limit arrive; from the end
of the first minute on, should there be more than one, 90 % of it have to. No key may be in the tasks, nor in
what the scheduler holds.
"""

import argparse
import logging
import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import cloudpickle
import pandas as pd
from arrivals import most_in_a_minute, used_of
from distributed import Client, LocalCluster

import omnipd
from omnipd_sandbox.server import Server

WORKERS = 3
LEAST_USED = 0.9
#: Seconds between two looks at what has been answered.
LOOK = 0.01
DAY, ORIGIN = "flights.date[date]", "flights.origin"


def held_by_scheduler(dask_scheduler) -> bytes:
    """Return what a scheduler holds of its tasks and what it has noted, as bytes."""
    tasks = [
        (task.key, task.run_spec, task.annotations, task.exception_text)
        for task in dask_scheduler.tasks.values()
    ]
    return cloudpickle.dumps((tasks, dask_scheduler.get_events(), repr(dask_scheduler.identity())))


def kill_one(cluster: Client, server: Server, after: int) -> None:
    """Kill a worker when so many requests have been answered."""
    processes = cluster.run(os.getpid)
    while len(server.requests) < after:
        time.sleep(LOOK)
    os.kill(next(iter(processes.values())), signal.SIGKILL)


def run(limit: int, by: str, folder: Path) -> int:
    """Run the trial, print what was found, and return 1 if it is not what was promised."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    query = (
        omnipd.Query("flights", "flights")
        .select(DAY, ORIGIN, "flights.count", "flights.average_dep_delay")
        .sort(DAY, ORIGIN)
    )
    os.environ |= {f"OMNIPD_{name}_DIR": str(folder / name) for name in ("CACHE", "STATE")}
    with Server(size="tiny") as server:
        os.environ |= {"OMNI_BASE_URL": server.url, "OMNI_API_KEY": server.api_key}
        with omnipd.connect(requests_per_minute=None):
            whole = omnipd.run_query(query, limit="all")
        with (
            LocalCluster(
                n_workers=WORKERS, threads_per_worker=2, dashboard_address=None
            ) as workers,
            Client(workers) as cluster,
        ):
            before = len(server.requests)
            frame = omnipd.dask_frame(
                query,
                split_on="flights.date",
                by=by,
                between=("2013", "2015"),
                connect=lambda: omnipd.connect(requests_per_minute=limit),
            )
            middle = before + frame.npartitions // 2
            killer = threading.Thread(target=kill_one, args=(cluster, server, middle), daemon=True)
            killer.start()
            kept = frame.persist()
            came = kept.compute().reset_index(drop=True)
            killer.join()
            times = sorted(one.came_at for one in server.requests[before:])
            sent = cloudpickle.dumps((frame, frame.optimize().__dask_graph__()))
            held = cluster.run_on_scheduler(held_by_scheduler)
        key = server.api_key.encode()
    same = True
    try:
        pd.testing.assert_frame_equal(came, whole)
    except AssertionError as error:
        same = False
        print(error)
    most = most_in_a_minute(times)
    full, last = times[0] + 60.0, times[-1]
    used = used_of(limit, times, full, last) if last > full + 1.0 else None
    keyless = b"flights.count" in held and key not in sent and key not in held
    print(
        f"{frame.npartitions} pieces, {WORKERS} workers, one killed: {len(came):,} rows, "
        f"{'the same as' if same else 'NOT'} those of one query."
    )
    shown = "in less than a minute" if used is None else f"{used:.1%} used"
    print(f"{len(times)} requests; at most {most} of {limit} in any 60 s, {shown}.")
    print(f"{'No key' if keyless else 'A KEY'} in {len(sent) + len(held):,} bytes of tasks.")
    good = same and keyless and most <= limit and (used is None or used >= LEAST_USED)
    return int(not good)


def main() -> int:
    """Run one trial."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("limit", type=int, nargs="?", default=240)
    parser.add_argument("--by", choices=["month", "date"], default="date")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return run(given.limit, given.by, Path(folder))


if __name__ == "__main__":
    raise SystemExit(main())
