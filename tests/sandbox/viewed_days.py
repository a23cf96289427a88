"""What is viewed of some documents of the sandbox, and on which days, written down by hand."""

from datetime import UTC, datetime, timedelta

BEGUN = datetime(2026, 9, 1, 6, tzinfo=UTC)

# The views of one day, and the days, counted from 1, on which they are.
SCHEDULE = {
    "gz1lqftq5": (5, [1, 8, 15, 22, 29, 36, 43, 50, 57]),
    "report-22": (4, [15, 45]),
    "report-13": (3, [*range(1, 61)]),
    "v3spj1wn19": (6, [*range(3, 61, 3)]),
    "fmletwfnb": (5, [*range(2, 61, 2)]),
}


class Days:
    """A clock that stands still, so many days after it was first looked at."""

    passed = 0.0

    def __call__(self):
        return BEGUN + timedelta(days=self.passed)
