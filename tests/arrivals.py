"""What the times at which requests arrived at a server say of the limit that they keep to."""

from bisect import bisect_right
from collections.abc import Sequence


def most_in_a_minute(arrivals: Sequence[float]) -> int:
    """Return the largest number of arrivals in any 60 seconds; they are in order."""
    return max(
        (n + 1 - bisect_right(arrivals, at - 60.0) for n, at in enumerate(arrivals)), default=0
    )


def used_of(
    limit: int,
    arrivals: Sequence[float],
    start: float,
    end: float,
    held: Sequence[tuple[float, float]] = (),
) -> float:
    """Return how much of a limit was used in the minutes that end between two times, on average.

    Those do not count that end while a server had told all to wait.
    """
    ends = [start + step / 10 for step in range(int(10 * (end - start)))]
    counts = [
        bisect_right(arrivals, one) - bisect_right(arrivals, one - 60.0)
        for one in ends
        if not any(begin <= one < over for begin, over in held)
    ]
    return sum(counts) / len(counts) / limit
