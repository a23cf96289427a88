"""Damage answers at random and see what becomes of them: python -m tests.fuzz --minutes 30.

`--lists 5000 --queries 5000` tries so many of each, `--seed` one alone. Each trial is of one seed. What is
damaged may crash an interpreter, and a fault may wait for ever: so trials run in a process of their own, which
says which seed it is at, and has so long for each. Written without hypothesis, since one that crashes could not
tell what of, and since what a trial makes of its seed is all there is to keep.
"""

import argparse
import faulthandler
import subprocess
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
SECONDS = 30
KINDS = ("lists", "queries")


def work(kind: str, first: int, count: int, until: float) -> None:
    """Run trials in this process; print a line before and after each."""
    sys.path.insert(0, str(HERE.parent))
    from fuzz import list_trials, query_trials

    trials, server = {
        "lists": (list_trials, list_trials.Pages),
        "queries": (query_trials, query_trials.OneAnswer),
    }[kind]
    with server() as running:
        for seed in range(first, first + count):
            if time.time() > until:
                break
            print("at", seed, flush=True)
            faulthandler.dump_traceback_later(SECONDS, exit=True)
            running.requests.clear()
            try:
                came = trials.trial(seed, running)
            except BaseException:
                print("fault", seed, repr(traceback.format_exc(limit=-3)[-900:]), flush=True)
            else:
                print("came", came, flush=True)
            faulthandler.cancel_dump_traceback_later()


def run(kind: str, first: int, count: int, until: float) -> tuple[Counter[str], dict[int, str]]:
    """Run trials in processes of their own, a new one after each that ends before its time."""
    came: Counter[str] = Counter()
    faults: dict[int, str] = {}
    seed = first
    while seed < first + count and time.time() < until:
        command = [
            sys.executable,
            "-m",
            "tests.fuzz",
            "--work",
            kind,
            str(seed),
            str(first + count - seed),
            str(until),
        ]
        done = subprocess.run(
            command, cwd=HERE.parents[1], capture_output=True, text=True, check=False
        )
        at = seed - 1
        for text in done.stdout.splitlines():
            word, _, rest = text.partition(" ")
            if word == "at":
                at = int(rest)
            elif word == "came":
                came[rest] += 1
            elif word == "fault":
                number, _, said = rest.partition(" ")
                faults[int(number)] = said
        if done.returncode:
            faults[at] = f"the process ended with {done.returncode}: {done.stderr[-1500:]}"
        elif at < seed:
            raise RuntimeError(done.stderr[-2000:])
        seed = at + 1
    return came, faults


def main() -> int:
    """Run trials, and say what came of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, help="so long, half of it for lists")
    parser.add_argument("--lists", type=int, default=0)
    parser.add_argument("--queries", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--work", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        kind, first, count, until = given.work
        work(kind, int(first), int(count), float(until))
        return 0
    wrong = False
    for kind in KINDS:
        count = getattr(given, kind) or (10**9 if given.minutes else 0)
        until = time.time() + 30 * given.minutes if given.minutes else float("inf")
        began = time.monotonic()
        came, faults = run(kind, given.first, count, until)
        print(f"{kind}: {came.total() + len(faults):,} in {time.monotonic() - began:.0f} s")
        for what, number in sorted(came.items()):
            print(f"  {number:6,} {what}")
        for seed, said in faults.items():
            print(f"  FAULT of seed {seed}: {said}")
        wrong |= bool(faults)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
