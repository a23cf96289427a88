"""Every check there is, in one command: python -m tests. The tests come last.

`python -m tests types tests` runs only those that it names.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
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
    # The examples of a page build on each other, so a file stays with one worker.
    "tests": [sys.executable, "-m", "pytest", "-q", "-n", "auto", "--dist", "loadfile"],
}


def main() -> int:
    """Run all checks, or those that are named, go on after one that fails, and say which did."""
    unknown = set(sys.argv[1:]) - set(CHECKS)
    if unknown:
        sys.exit(f"no such check: {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}")
    scripts = Path(sys.executable).parent
    # Else every worker, and every process that a test starts, compiles all that it imports.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    failed = []
    for name in sys.argv[1:] or CHECKS:
        command = CHECKS[name]
        print(f"== {name}: {' '.join(Path(part).name for part in command)}", flush=True)
        program = scripts / command[0] if not Path(command[0]).is_absolute() else command[0]
        ran = subprocess.run([str(program), *command[1:]], cwd=ROOT, env=environment, check=False)
        if ran.returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", flush=True)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
