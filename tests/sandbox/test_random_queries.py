"""Queries made by chance: as rows, pivots, with totals, periods, fills and calculations."""

from collections.abc import Iterator

import pytest
from sandbox.held_queries import Held

# tests/random_queries.py makes as many as it is told.
QUERIES = 12


@pytest.fixture(scope="module")
def held() -> Iterator[Held]:
    with Held() as opened:
        yield opened


@pytest.mark.parametrize("first", range(0, QUERIES, 3))
def test_a_query_made_by_chance_has_the_answer_worked_out_by_hand(first: int, held: Held) -> None:
    for number in range(first, first + 3):
        held.hold(number)
