"""Every check there is, in one command: python -m tests. The tests come last, and alone.

The others run beside each other, and what each says is shown when it has ended.

`python -m tests types tests` runs only those that it names. `python -m tests thorough` runs the tests that
take long, which are in no other run, and `python -m tests packages` those that show what the versions of
other packages do: the example of every public function and of every page, and the tests of what stands on
packages most.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parent.parent
# The examples of a page build on each other, so a file stays with one worker.
PYTEST = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "--dist", "loadfile"]
PACKAGES = [
    *("README.md", "docs", "omnipd"),
    *(f"tests/{folder}" for folder in ("cache", "client", "cluster", "export", "frames", "lists")),
    *("tests/queries/answers", "tests/sandbox/semantic"),
]
CHECKS = {
    "lint": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy"],
    "import contracts": ["lint-imports"],
    "documentation": [
        "sphinx-build",
        "-W",
        "--keep-going",
        "-q",
        "-b",
        "html",
        "docs",
        "docs/_build/html",
    ],
    "tests": [*PYTEST, "-m", "not thorough"],
    "thorough": [*PYTEST, "-m", "thorough"],
    "packages": [*PYTEST, "-m", "not thorough", *PACKAGES],
}
ALONE = ("tests", "thorough", "packages")


def main() -> int:
    """Run all checks, or those that are named, go on after one that fails, and say which did."""
    unknown = set(sys.argv[1:]) - set(CHECKS)
    if unknown:
        sys.exit(f"no such check: {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}")
    scripts = Path(sys.executable).parent
    # Else every worker, and every process that a test starts, compiles all that it imports.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

    def run(name: str, *, shown: bool) -> subprocess.CompletedProcess[str]:
        """Run one check; its words go to the terminal, or are kept."""
        command = CHECKS[name]
        program = scripts / command[0] if not Path(command[0]).is_absolute() else command[0]
        return subprocess.run(
            [str(program), *command[1:]],
            cwd=ROOT,
            env=environment,
            check=False,
            stdout=None if shown else subprocess.PIPE,
            stderr=None if shown else subprocess.STDOUT,
            text=True,
        )

    def title(name: str) -> None:
        print(f"== {name}: {' '.join(Path(part).name for part in CHECKS[name])}", flush=True)

    names = sys.argv[1:] or [name for name in CHECKS if name not in {"thorough", "packages"}]
    beside = [name for name in names if name not in ALONE]
    failed = []
    with ThreadPoolExecutor() as pool:
        for name, ran in zip(beside, pool.map(partial(run, shown=False), beside), strict=True):
            title(name)
            print(ran.stdout, end="", flush=True)
            if ran.returncode:
                failed.append(name)
    for name in ALONE:
        if name in names:
            title(name)
            if run(name, shown=True).returncode:
                failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", flush=True)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
