"""Faults planted in omnipd, one at a time: each must fail the test that is named for it.

`python -m tests.mutants` tries all of them, `python -m tests.mutants --tenth 3` every tenth from the fourth
on. A test that passes with the fault in it promises nothing; so does one that fails without. What is
planted stands in `tests/mutations.py`. No program of the kind is used, since those plant thousands of faults
of syntax and name no test: here each fault is one that somebody could make, and has one test.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

from tests.mutations import MUTATIONS, Mutation

ROOT = Path(__file__).parent.parent
WORKERS = 2
#: A fault may let a test wait for ever; that is seen, too.
SECONDS = 120.0


class Copy:
    """A copy of the project in which faults are planted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        tracked = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout
        for name in filter(None, tracked.split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, folder / name)

    @contextmanager
    def planted(self, mutation: Mutation):
        """Have a fault in the copy within the block."""
        file = self.folder / mutation.file
        sound = file.read_text(encoding="utf-8")
        file.write_text(mutation.planted_in(sound), encoding="utf-8")
        try:
            yield
        finally:
            file.write_text(sound, encoding="utf-8")

    def passes(self, test: str) -> bool | None:
        """Run one test; None where it does not end, and an error where it cannot be run."""
        environment = os.environ | {
            "PYTHONPATH": str(self.folder),
            # A file is written twice within the second by which Python knows compiled files.
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test]
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
        if done.returncode not in {0, 1}:
            raise RuntimeError(f"{test} cannot be run:\n{done.stdout}{done.stderr}")
        return done.returncode == 0


def main() -> int:
    """Plant the faults, and say which ones no test saw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tenth", type=int, help="only every tenth, from this number on")
    given = parser.parse_args()
    chosen = MUTATIONS if given.tenth is None else MUTATIONS[given.tenth % 10 :: 10]
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as root, ThreadPoolExecutor(WORKERS) as pool:
        copies: SimpleQueue[Copy] = SimpleQueue()
        for number in range(WORKERS):
            copies.put(Copy(Path(root, str(number))))

        def with_copy(work, one):
            copy = copies.get()
            try:
                return work(copy, one)
            finally:
                copies.put(copy)

        def is_seen(copy: Copy, mutation: Mutation) -> bool:
            with copy.planted(mutation):
                return copy.passes(mutation.test) is not True

        tests = list(dict.fromkeys(one.test for one in chosen))
        sound = dict(
            zip(tests, pool.map(lambda one: with_copy(Copy.passes, one), tests), strict=True)
        )
        seen = list(pool.map(lambda one: with_copy(is_seen, one), chosen))
    killed = Counter()
    for mutation, was_seen in zip(chosen, seen, strict=True):
        if was_seen and sound[mutation.test]:
            killed[mutation.area] += 1
            continue
        why = "fails without it, too" if was_seen else "does not see it"
        print(f"{mutation.file}: {mutation.breaks}\n  {mutation.test} {why}")
    areas = ", ".join(f"{area} {number}" for area, number in sorted(killed.items()))
    print(
        f"{killed.total()} of {len(chosen)} faults were seen by their tests in "
        f"{time.monotonic() - began:.0f} s: {areas}"
    )
    return int(killed.total() < len(chosen))


if __name__ == "__main__":
    sys.exit(main())
