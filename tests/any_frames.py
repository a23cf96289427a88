"""Writes frames of every kind and reads them back: ``python -m tests.any_frames``, or ``… 5000``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from export.test_any_frame import SETTINGS, any_frame, check
from hypothesis import Phase, given, settings


def main() -> int:
    """Write so many frames, or a thousand; the first that means something else is an error."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    quick = [Phase.generate, Phase.shrink]
    settings(max_examples=count, phases=quick, database=None, **SETTINGS)(
        given(any_frame())(check)
    )()
    print(f"{count:,} frames")
    return 0


if __name__ == "__main__":
    sys.exit(main())
