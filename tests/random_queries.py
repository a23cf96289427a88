"""Makes queries by chance: ``python -m tests.random_queries``, or ``… 20000``; holds each to plain SQL."""

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from sandbox.test_random_queries import Held


def _shard(numbers: range) -> list[str]:
    held = Held()
    wrong = []
    for number in numbers:
        try:
            held.hold(number)
        except Exception as error:
            wrong.append(f"query {number}: {type(error).__name__}: {error}")
    return wrong


def main() -> int:
    """Ask so many queries, or a thousand, and print those whose answers differ."""
    queries = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    count = os.cpu_count() or 1
    with ProcessPoolExecutor(count) as pool:
        shards = [range(number, queries, count) for number in range(count)]
        wrong = [each for found in pool.map(_shard, shards) for each in found]
    print("\n".join([*wrong, f"{queries:,} queries, {len(wrong)} faults"]))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
