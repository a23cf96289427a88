"""A rectangle is cut up whole, in the areas that were asked for, and in few long strips."""

import sys

import pytest

from omnipd.audit.treemap import Rectangle, squarified

WHOLE = Rectangle(10, 20, 6, 4)


def longest(places):
    return max(max(one.width / one.height, one.height / one.width) for one in places)


def test_the_example_of_the_paper_is_cut_as_it_is_drawn_there():
    # Bruls, Huizing and van Wijk, figure 4: 6, 6, 4, 3, 2, 2, 1 in 6 x 4.
    first, second, third, fourth, *rest = squarified([6, 6, 4, 3, 2, 2, 1], WHOLE)
    assert first == pytest.approx((10, 20, 3, 2))
    assert second == pytest.approx((10, 22, 3, 2))
    assert third == pytest.approx((13, 20, 12 / 7, 7 / 3))
    assert fourth == pytest.approx((13 + 12 / 7, 20, 9 / 7, 7 / 3))
    assert [one.width * one.height for one in rest] == pytest.approx([2, 2, 1])


@pytest.mark.parametrize(
    "sizes",
    [[1], [5, 4, 3, 3, 2, 1], [1] * 501, [2**62, 1], [2.0**-each for each in range(900)]],
)
def test_areas_are_those_of_the_sizes_and_nothing_overlaps_or_is_left(sizes):
    places = squarified(sizes, WHOLE)
    share = WHOLE.width * WHOLE.height / sum(sizes)
    assert [one.width * one.height for one in places] == pytest.approx(
        [size * share for size in sizes], abs=1e-9
    )
    for one in places:
        assert one.x >= 10 - 1e-9
        assert one.x + one.width <= 16 + 1e-9
        assert one.y >= 20 - 1e-9
        assert one.y + one.height <= 24 + 1e-9
    seen = places[:60]
    for place, one in enumerate(seen):
        for other in seen[place + 1 :]:
            apart = max(
                one.x - other.x - other.width,
                other.x - one.x - one.width,
                one.y - other.y - other.height,
                other.y - one.y - one.height,
            )
            assert apart > -1e-9


def test_equal_sizes_are_nearly_square():
    assert longest(squarified([1] * 500, WHOLE)) < 3
    assert squarified([], WHOLE) == []


def test_many_sizes_of_which_each_is_half_the_one_before_need_no_deep_stack():
    sizes = [2.0**-each for each in range(sys.getrecursionlimit() + 20)]
    assert len(squarified(sizes, WHOLE)) == len(sizes)
