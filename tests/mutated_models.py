"""Reads the mutated models: ``python -m tests.mutated_models``, or ``… 4`` for every fourth."""

import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from sandbox.semantic import every_form, mutations


def _shard(number: int, of: int, each_nth: int) -> tuple[int, list[str]]:
    warehouse = every_form.shops()
    whole = every_form.read(warehouse, every_form.FILES)
    read, wrong = 0, []
    for place, each in enumerate(mutations.mutations()):
        if place % each_nth == 0 and place // each_nth % of == number:
            read += 1
            fault = mutations.what_is_wrong(each, warehouse, whole)
            if fault:
                wrong.append(f"{each}: {fault}")
    return read, wrong


def main() -> int:
    """Read them, and print what went wrong."""
    each_nth = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    count = os.cpu_count() or 1
    with ProcessPoolExecutor(count) as pool:
        found = list(pool.map(_shard, range(count), [count] * count, [each_nth] * count))
    wrong = [each for _, faults in found for each in faults]
    print("\n".join(wrong))
    kinds = Counter(each.rpartition(": ")[2][:60] for each in wrong)
    print(
        f"{sum(read for read, _ in found)} models, {len(wrong)} faults", dict(kinds.most_common(9))
    )
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
