"""A rectangle cut into smaller ones of given areas, none of them much longer than wide.

This is the layout of Bruls, Huizing and van Wijk, "Squarified Treemaps". The package ``squarify`` has it
too; it calls itself for each row of rectangles, and fails at a thousand sizes of which each is half the
one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple


class Rectangle(NamedTuple):
    """Where a rectangle is, and how wide and high."""

    x: float
    y: float
    width: float
    height: float


def squarified(sizes: Sequence[float], within: Rectangle) -> list[Rectangle]:
    """Return a rectangle for each size, in their order.

    Parameters
    ----------
    sizes : sequence of float
        Each more than 0, the largest first.
    within : Rectangle
        What they fill: its area stands for their sum.

    Examples
    --------
    >>> [tuple(each) for each in squarified([2, 1, 1], Rectangle(0, 0, 4, 2))]
    [(0, 0, 2.0, 2.0), (2.0, 0, 2.0, 1.0), (2.0, 1.0, 2.0, 1.0)]
    """
    placed: list[Rectangle] = []
    # From the smallest up, so that what is left after each size is not lost in rounding.
    left = [*accumulate(reversed(sizes))][::-1]
    while (start := len(placed)) < len(sizes):
        end, total = start + 1, sizes[start]
        short, long = sorted(within[2:])
        # What a float cannot tell from nothing has no shape.
        shape = short / long if short > 0 else 1.0
        while end < len(sizes) and _longest(
            sizes[start], sizes[end], total + sizes[end], left[start], shape
        ) <= _longest(sizes[start], sizes[end - 1], total, left[start], shape):
            total += sizes[end]
            end += 1
        row, within = _cut(sizes[start:end], total, left[start], within)
        placed += row
    return placed


def _longest(largest: float, smallest: float, total: float, left: float, shape: float) -> float:
    """Return how many times longer than wide the worst of a row of rectangles is.

    Of a rectangle whose longer side is 1, `shape` is the shorter one, along which the row is.
    """
    deep = total / left
    return max(shape * largest / total / deep, deep / (shape * smallest / total))


def _cut(
    row: Sequence[float], total: float, left: float, within: Rectangle
) -> tuple[list[Rectangle], Rectangle]:
    """Return a row of rectangles along the shorter side, and what remains."""
    placed = []
    x, y, width, height = within
    if width >= height:
        deep = width * min(total / left, 1.0)
        for size in row:
            placed.append(Rectangle(x, y, deep, height * size / total))
            y += height * size / total
        return placed, Rectangle(x + deep, within.y, width - deep, height)
    deep = height * min(total / left, 1.0)
    for size in row:
        placed.append(Rectangle(x, y, width * size / total, deep))
        x += width * size / total
    return placed, Rectangle(within.x, y + deep, width, height - deep)
