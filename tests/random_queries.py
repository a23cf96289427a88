"""Makes queries by chance: ``python -m tests.random_queries``, or ``… 20000``; holds each to plain SQL."""

import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from sandbox.held_queries import Held


def _shard(numbers: range) -> tuple[list[str], Counter[str]]:
    wrong, features = [], Counter[str]()
    with Held() as held:
        for number in numbers:
            try:
                features.update(held.hold(number))
            except Exception as error:
                wrong.append(f"query {number}: {type(error).__name__}: {error}")
    return wrong, features


def main() -> int:
    """Ask so many queries, or a thousand; print what they had, and those whose answers differ."""
    queries = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    count = os.cpu_count() or 1
    wrong, features = [], Counter[str]()
    with ProcessPoolExecutor(count) as pool:
        shards = [range(number, queries, count) for number in range(count)]
        for found, had in pool.map(_shard, shards):
            wrong += found
            features += had
    print("\n".join(wrong))
    print("\n".join(f"{number:>7,} {feature}" for feature, number in sorted(features.items())))
    print(f"{queries:,} queries, {len(wrong)} differences")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
