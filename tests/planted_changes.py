"""Plants random changes in frames and looks for them: ``python -m tests.planted_changes``, or ``… 5000``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from audit.test_compare import check, check_texts, planted
from export.test_any_frame import SETTINGS, any_frame
from hypothesis import Phase, given, settings


def main() -> int:
    """Compare so many pairs of frames, or a thousand; the first that is not as planted is an error."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    quick = [Phase.generate, Phase.shrink]
    for drawn, test in ((planted(), check), (any_frame(), check_texts)):
        settings(max_examples=count, phases=quick, database=None, **SETTINGS)(given(drawn)(test))()
        print(f"{count:,} pairs of frames: {test.__name__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
