"""All cases, one after the other, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter

import duckdb
from tpch.case import Case
from tpch.compare import answered, by_hand, difference

import omnipd


def run_all(
    cases: Iterable[Case], omni: omnipd.Sandbox, connection: duckdb.DuckDBPyConnection
) -> int:
    """Run cases and print what came; return how many answers differ."""
    differ = 0
    print(f"{'rows':>9}  {'omnipd':>8}  {'by hand':>8}  query")
    for case in cases:
        started = perf_counter()
        wanted = by_hand(case, connection)
        between = perf_counter()
        try:
            wrong = difference(case, answered(case, omni), wanted)
        except (omnipd.OmniError, AssertionError) as error:
            wrong = f"{type(error).__name__}: {error}"
        ended = perf_counter()
        times = f"{ended - between:7.2f}s  {between - started:7.2f}s"
        print(f"{len(wanted):9,}  {times}  {case.name}", flush=True)
        if wrong is not None:
            differ += 1
            print(f"{'':9}  DIFFERENT: {wrong}", flush=True)
    return differ
