"""Kills sandboxes in the midst of changes: ``python -m tests.killed_sandboxes``, or ``… 500``."""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from sandbox.test_state import kill_in_the_midst_of_changes


def main() -> int:
    """Kill one so often, or a hundred times; a change that is lost, or half there, is an error."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as place:
        kill_in_the_midst_of_changes(kills, Path(place))
    print(f"{kills:,} kills, nothing lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
