"""Compares large frames and says how long it takes: ``python -m tests.large_diff``, or ``… 1000000``."""

import sys
import time

import numpy as np
import pandas as pd

from omnipd.audit import diff


def large_frame(rows):
    """Return so many rows of twenty columns: texts, whole and other numbers, instants and flags."""
    chance = np.random.default_rng(0)
    begin = pd.Timestamp("2026-01-01", tz="UTC")
    columns = {"id": [f"doc-{number}" for number in range(rows)]}
    columns |= {f"text{n}": chance.integers(0, rows, rows).astype(str) for n in range(6)}
    columns |= {f"whole{n}": chance.integers(0, 1000, rows) for n in range(5)}
    columns |= {f"real{n}": chance.random(rows) for n in range(4)}
    seconds = chance.integers(0, 10**9, (2, rows))
    columns |= {f"at{n}": begin + pd.to_timedelta(seconds[n], unit="s") for n in range(2)}
    columns |= {f"flag{n}": chance.random(rows) < 0.5 for n in range(2)}
    return pd.DataFrame(columns)


def main() -> int:
    """Compare a frame with itself in another order, with a thousand changes, with and without a key."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    before = large_frame(rows)
    after = before.sample(frac=1, random_state=1)[before.columns[::-1]].reset_index(drop=True)
    after.loc[:999, "text0"] = "changed"
    others = after.astype({"whole0": float, "whole1": str, "real0": str, "text1": "category"})
    others["at0"] = others["at0"].dt.tz_convert("Asia/Tokyo")
    for what, other, key in (
        ("by a key", after, "id"),
        ("by a key, other dtypes", others, "id"),
        ("by all columns", after, []),
    ):
        begun = time.perf_counter()
        found = diff(before, other, key=key)
        took = time.perf_counter() - begun
        print(f"{rows:,} rows x {before.shape[1]} columns {what}: {len(found):,} in {took:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
